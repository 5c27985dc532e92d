/* bench/cast.c: the lower bound for casts to 16-bit floats: a loop of pread, cast and pwrite on several threads.
 * SPDX-License-Identifier: Apache-2.0
 *
 * cast THREADS INPUT OUTPUT [f8]: casts INPUT, all of it, from f32 to f16, or with f8 from f8_e4m3 to bf16.  Headers are
 * cast like values.  Returns when OUTPUT is on disk. */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

enum
{
  CHUNK = 1 << 18, /* values */
  MAX_THREADS = 64
};

static int input, output;
static int item = 4; /* bytes of an input value */
static int64_t values;
static _Atomic int64_t next_chunk;
static _Atomic int failed;

/* Takes the upper half, on processors without an instruction for the cast: no cast is faster. */
static void
cast_plain (const float *from, uint16_t *to, int64_t count)
{
  for (int64_t i = 0; i < count; i++)
    {
      union
      {
        float value;
        uint32_t bits;
      } u = { .value = from[i] };
      to[i] = (uint16_t) (u.bits >> 16);
    }
}

#ifdef __x86_64__
__attribute__ ((target ("avx,f16c"))) static void
cast_f16c (const float *from, uint16_t *to, int64_t count)
{
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128 ((__m128i *) (void *) (to + i), _mm256_cvtps_ph (_mm256_loadu_ps (from + i), 0));
  for (; i < count; i++)
    to[i] = (uint16_t) _mm_extract_epi16 (_mm_cvtps_ph (_mm_set_ss (from[i]), 0), 0);
}
#endif

/* Casts subnormals and NaN as if they were normal numbers: no cast is faster. */
static void
cast_f8 (const uint8_t *from, uint16_t *to, int64_t count)
{
  typedef uint8_t narrow __attribute__ ((vector_size (16), aligned (1)));
  typedef uint16_t wide __attribute__ ((vector_size (32), aligned (2)));
  for (int64_t i = 0; i + 16 <= count; i += 16)
    {
      wide x = __builtin_convertvector(*(const narrow *) (from + i), wide);
      *(wide *) (to + i) = (x & 0x80) << 8 | (((x & 0x7f) << 4) + (120 << 7));
    }
}

static void
cast (const void *from, uint16_t *to, int64_t count)
{
  if (item == 1)
    {
      cast_f8 (from, to, count);
      return;
    }
#ifdef __x86_64__
  if (__builtin_cpu_supports ("avx2")) /* has F16C, too; clang does not know that name here */
    {
      cast_f16c (from, to, count);
      return;
    }
#endif
  cast_plain (from, to, count);
}

static void *
work (void *arg)
{
  void *from = malloc (CHUNK * sizeof (float));
  uint16_t *to = malloc (CHUNK * sizeof *to);
  int64_t start;
  (void) arg;
  while (from && to && (start = atomic_fetch_add (&next_chunk, 1) * CHUNK) < values)
    {
      int64_t count = values - start < CHUNK ? values - start : CHUNK;
      if (pread (input, from, (size_t) (count * item), start * item) != count * item)
        failed = 1;
      cast (from, to, count);
      if (pwrite (output, to, (size_t) count * 2, start * 2) != count * 2)
        failed = 1;
    }
  if (!from || !to)
    failed = 1;
  free (from);
  free (to);
  return NULL;
}

int
main (int argc, char **argv)
{
  int threads = argc >= 4 ? atoi (argv[1]) : 0, started = 0;
  pthread_t thread[MAX_THREADS];
  struct stat st;
  input = argc >= 4 ? open (argv[2], O_RDONLY) : -1;
  output = argc >= 4 ? open (argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;
  if (input < 0 || output < 0 || fstat (input, &st))
    {
      fputs ("Usage: cast THREADS INPUT OUTPUT [f8]\n", stderr);
      return 2;
    }
  item = argc == 5 ? 1 : 4;
  values = st.st_size / item;
  while (started < threads && started < MAX_THREADS
         && pthread_create (&thread[started], NULL, work, NULL) == 0)
    started++;
  for (int i = 0; i < started; i++)
    pthread_join (thread[i], NULL);
  if (failed || !started || fsync (output))
    {
      perror (argv[3]);
      return 1;
    }
  return 0;
}

/* tests/interop/quantize.c: the kernels of block types as a program, for test_quant.py and bench/bench_quant.py.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   quantize encode TYPE LEVEL COLUMNS INPUT OUTPUT [IMPORTANCE]   f32 to blocks; COLUMNS of a row
 *   quantize decode TYPE ELEMENTS INPUT OUTPUT                     blocks to f32
 *   quantize time TYPE LEVEL INPUT                                 seconds of the processor, of the fastest of 20 runs
 *
 * TYPE is ggml's number, LEVEL one of core/kernel/cpu.h, files are raw.  Prints the level that was used. */
#include "core/kernel/cpu.h"
#include "core/kernel/quant.h"
#include <fmtconv/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum
{
  WIDEST = 8 /* no block has more bytes an element than this */
};

/* Returns the content of a file, aligned as by malloc. */
static void *
load (const char *path, size_t *size)
{
  FILE *file = fopen (path, "rb");
  if (!file || fseek (file, 0, SEEK_END) != 0)
    return NULL;
  *size = (size_t) ftell (file);
  rewind (file);
  void *bytes = malloc (*size + 1);
  const size_t got = bytes ? fread (bytes, 1, *size, file) : 0;
  fclose (file);
  if (got == *size)
    return bytes;
  free (bytes);
  return NULL;
}

static int
save (const char *path, const void *bytes, size_t size)
{
  FILE *file = fopen (path, "wb");
  const int failed = !file || fwrite (bytes, 1, size, file) != size;
  return file && fclose (file) == 0 && !failed ? 0 : 1;
}

/* Returns the bytes of n elements in blocks, by a table that does not depend on the library. */
static size_t
bytes_of (uint32_t dtype, size_t n)
{
  static const struct
  {
    uint32_t dtype, elements, bytes;
  } shapes[] = { { FMTCONV_Q4_0, 32, 18 },   { FMTCONV_Q4_1, 32, 20 },   { FMTCONV_Q5_0, 32, 22 },
                 { FMTCONV_Q5_1, 32, 24 },   { FMTCONV_Q8_0, 32, 34 },   { FMTCONV_Q2_K, 256, 84 },
                 { FMTCONV_Q3_K, 256, 110 }, { FMTCONV_Q4_K, 256, 144 }, { FMTCONV_Q5_K, 256, 176 },
                 { FMTCONV_Q6_K, 256, 210 }, { FMTCONV_IQ4_NL, 32, 18 }, { FMTCONV_IQ4_XS, 256, 136 },
                 { FMTCONV_TQ1_0, 256, 54 }, { FMTCONV_TQ2_0, 256, 66 }, { FMTCONV_MXFP4, 32, 17 } };
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    if (shapes[i].dtype == dtype)
      return n / shapes[i].elements * shapes[i].bytes;
  return n * WIDEST;
}

/* Encodes row by row if there is an importance, else all rows at once. */
static int
encode (uint32_t dtype, size_t columns, char **files, const char *importance_path)
{
  size_t size, importance_size;
  float *x = load (files[0], &size),
        *importance = importance_path ? load (importance_path, &importance_size) : NULL;
  const size_t n = x ? size / sizeof *x : 0, bytes = bytes_of (dtype, n);
  unsigned char *out = malloc (bytes + 1);
  const int good = x && out && (importance || !importance_path);
  if (good && !importance)
    fci_quant_encode (dtype, x, n, NULL, out);
  for (size_t at = 0; good && importance && at < n; at += columns)
    fci_quant_encode (dtype, x + at, columns, importance, out + bytes_of (dtype, at));
  const int status = good ? save (files[1], out, bytes) : 1;
  free (out);
  free (importance);
  free (x);
  return status;
}

static int
decode (uint32_t dtype, size_t n, char **files)
{
  size_t size;
  void *blocks = load (files[0], &size);
  float *out = malloc (n * sizeof *out + 1);
  if (blocks && out)
    fci_quant_decode (dtype, blocks, n, out);
  const int status = blocks && out ? save (files[1], out, n * sizeof *out) : 1;
  free (out);
  free (blocks);
  return status;
}

static double
now (void)
{
  struct timespec time;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double) time.tv_sec + (double) time.tv_nsec * 1e-9;
}

static int
measure (uint32_t dtype, const char *path)
{
  size_t size;
  double best = 1e9;
  float *x = load (path, &size);
  unsigned char *out = malloc ((x ? size : 0) * 2 + 1);
  for (int run = 0; run < 20 && x && out; run++)
    {
      const double begin = now ();
      fci_quant_encode (dtype, x, size / sizeof *x, NULL, out);
      const double seconds = now () - begin;
      best = seconds < best ? seconds : best;
    }
  printf ("%.9f\n", best);
  const int status = x && out ? 0 : 1;
  free (out);
  free (x);
  return status;
}

int
main (int argc, char **argv)
{
  if (argc == 1) /* as one of the programs that are run under valgrind */
    {
      puts ("see tests/interop/test_quant.py");
      return 0;
    }
  const uint32_t dtype = argc > 2 ? FMTCONV_GGML + (uint32_t) atoi (argv[2]) : 0;
  if (argc == 6 && strcmp (argv[1], "decode") == 0 && fci_quant_can_decode (dtype))
    return decode (dtype, (size_t) atoll (argv[3]), argv + 4);
  if (argc < 5 || !fci_quant_can_encode (dtype))
    return 2;
  fci_kernel_force (atoi (argv[3]));
  printf ("%d\n", fci_kernel_level ());
  if (argc == 5 && strcmp (argv[1], "time") == 0)
    return measure (dtype, argv[4]);
  if ((argc == 7 || argc == 8) && strcmp (argv[1], "encode") == 0)
    return encode (dtype, (size_t) atoll (argv[4]), argv + 5, argv[7]);
  return 2;
}

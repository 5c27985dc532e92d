/* bench/copy.c: the lower bound for copies: by the kernel, or by a loop of pread and pwrite, with or without a CRC.
 * SPDX-License-Identifier: Apache-2.0
 *
 * copy LETTERS KIB INPUT OUTPUT [nosync]: copies INPUT in blocks of KIB KiB.  LETTERS:
 *   k copy in the kernel (copy_file_range); w pread and pwrite (the default); r read only, write nothing
 *   c compute a CRC of every block, read in small steps while it is in the cache (with k: of a pread after the copy)
 *   f reserve the output first (fallocate)
 *   s start to write back after every block (sync_file_range)
 *   2 copy on two threads; 1 on one (the default)
 *   l write on one thread at a time
 * Returns when OUTPUT is on disk, with nosync at once. */
#include "config.h"

#include "core/kernel/crc32.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  STEP = 256 << 10 /* bytes of a CRC step, which stay in the cache */
};

static int input, output;
static int64_t size, block;
static bool kernel, dry, crc, reserve, flush_early, two, locked;
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int64_t next_block;
static _Atomic int failed;
static _Atomic uint32_t sums;

static void
read_block (unsigned char *to, int64_t at, int64_t n, int64_t step)
{
  uint32_t sum = 0;
  for (int64_t done = 0; done < n; done += step)
    {
      int64_t take = n - done < step ? n - done : step;
      if (pread (input, to + done, (size_t) take, at + done) != take)
        failed = 1;
      if (crc)
        sum = fci_crc32 (sum, to + done, (size_t) take);
    }
  sums ^= sum;
}

static void
write_block (const unsigned char *from, int64_t at, int64_t n)
{
  if (locked)
    pthread_mutex_lock (&writing);
  if (kernel)
    for (off_t in = at, out = at; in < at + n && !failed;)
      failed |= copy_file_range (input, &in, output, &out, (size_t) (at + n - in), 0) <= 0;
  else if (pwrite (output, from, (size_t) n, at) != n)
    failed = 1;
  if (locked)
    pthread_mutex_unlock (&writing);
  if (flush_early)
    sync_file_range (output, at, n, SYNC_FILE_RANGE_WRITE);
}

static void *
work (void *arg)
{
  unsigned char *buffer = aligned_alloc (4096, (size_t) block);
  int64_t at;
  (void) arg;
  if (!buffer)
    failed = 1;
  while (buffer && (at = atomic_fetch_add (&next_block, 1) * block) < size)
    {
      int64_t n = size - at < block ? size - at : block;
      if (kernel && !dry)
        write_block (NULL, at, n);
      if (!kernel || crc)
        read_block (buffer, at, n, crc && n > STEP ? STEP : n);
      if (!kernel && !dry)
        write_block (buffer, at, n);
    }
  free (buffer);
  return NULL;
}

int
main (int argc, char **argv)
{
  struct stat st;
  pthread_t thread;
  input = argc > 4 ? open (argv[3], O_RDONLY) : -1;
  output = argc > 4 ? open (argv[4], O_RDWR | O_CREAT | O_TRUNC, 0644) : -1;
  block = argc > 2 ? atoll (argv[2]) * 1024 : 0;
  if (input < 0 || output < 0 || block <= 0 || block % 4096 || fstat (input, &st))
    {
      fputs ("Usage: copy LETTERS KIB INPUT OUTPUT [nosync]\n", stderr);
      return 2;
    }
  size = st.st_size;
  kernel = strchr (argv[1], 'k');
  dry = strchr (argv[1], 'r');
  crc = strchr (argv[1], 'c');
  reserve = strchr (argv[1], 'f');
  flush_early = strchr (argv[1], 's');
  two = strchr (argv[1], '2');
  locked = strchr (argv[1], 'l');
  if (reserve && fallocate (output, 0, 0, size))
    failed = 1;
  two = two && pthread_create (&thread, NULL, work, NULL) == 0;
  work (NULL);
  if (two)
    pthread_join (thread, NULL);
  if (failed || (argc < 6 && fsync (output)))
    {
      perror (argv[4]);
      return 1;
    }
  return 0;
}

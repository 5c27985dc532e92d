/* core/exec/worker/write.c: how workers write bytes of files, and what they note of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/worker/crc-ranges.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/write.h"
#include "core/kernel/crc32.h"
#include <errno.h>

/* Bytes are written by small calls: the kernel takes memory for the page cache in pieces as large as a call writes, and
 * large pieces are mostly those that nobody used for long, which a virtual machine may have to ask its host for.
 * 3.4 GB cost 5 s of the processor in calls of 512 KiB on such a machine, 2 s in calls of 128 KiB, 1.3 s in these, and
 * 1.1 s in cp. */
enum
{
  WRITE_CALL = 32 << 10
};

int
fci_worker_write (fci_worker *worker, uint32_t file, const uint8_t *bytes, size_t n, uint64_t at)
{
  const fci_pool *pool = worker->pool;
  while (n > 0)
    {
      size_t take = n < WRITE_CALL ? n : WRITE_CALL;
      ssize_t done = pool->io->pwrite (pool->fds[file], bytes, take, (off_t) at);
      if (done < 0 && errno == EINTR)
        continue;
      if (done <= 0)
        return fci_fault_write (worker, file, done < 0 ? errno : EIO);
      bytes += done;
      at += (uint64_t) done;
      n -= (size_t) done;
    }
  return 0;
}

int
fci_note_written (fci_worker *worker, uint32_t region, uint64_t at, uint64_t n, uint32_t crc)
{
  fci_crc_ranges *pieces = &worker->written;
  fci_crc_range *last = pieces->n ? &pieces->at[pieces->n - 1] : NULL;
  if (last && last->of == region && last->end == at)
    {
      last->crc = fci_crc32_combine (last->crc, crc, n);
      last->end += n;
      return 0;
    }
  return fci_crc_range_add (worker, pieces,
                            (fci_crc_range){ .start = at, .end = at + n, .of = region, .crc = crc });
}

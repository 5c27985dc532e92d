/* core/exec/check/stamps.c: puts checksums of 4 bytes into written files, those near each other at once.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An archive of 100 000 small members has 200 000 checksums.  To read what lies between near ones and write it again takes a
 * twentieth of the time of that many calls. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/check/stamps.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/reread.h"
#include "core/exec/worker/write.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum
{
  RANGE = 64 << 10, /* bytes that are read and written at once */
  NEAR = 512,       /* bytes between two checksums that are cheaper than a call */
  MOST = 2048       /* checksums of a range */
};

/* A checksum in a range. */
typedef struct stamp
{
  uint32_t skip; /* bytes of the range before it */
  uint8_t le[4];
} stamp;

struct fci_stamps
{
  fci_pool *pool;
  bool compares;
  bool is_single; /* each is handled by itself, as the files are not written */
  uint32_t file;  /* of the range, which begins … */
  uint64_t at;    /* … here … */
  size_t size;    /* … and ends after the last checksum */
  size_t n;       /* checksums */
  stamp all[MOST];
  uint8_t bytes[RANGE];
};

fci_stamps *
fci_stamps_new (fci_pool *pool, bool compares)
{
  fci_stamps *stamps = malloc (sizeof *stamps);
  if (!stamps)
    {
      fci_nomem (pool->ctx);
      return NULL;
    }
  stamps->pool = pool;
  stamps->compares = compares;
  stamps->is_single = pool->memory || pool->against;
  stamps->n = stamps->size = 0;
  return stamps;
}

/* Writes n bytes at the start of the range. */
static int
write_range (const fci_stamps *s, const uint8_t *bytes, size_t n)
{
  fci_pool *pool = s->pool;
  if (fci_worker_write (&pool->workers[0], s->file, bytes, n, s->at) == 0)
    return 0;
  pool->fault = pool->workers[0].fault;
  return fci_fault_report (pool);
}

static int
read_range (fci_stamps *s)
{
  const int error = fci_reread_bytes (s->pool->fds[s->file], s->at, s->bytes, s->size);
  return error ? fci_fail_reread (s->pool->ctx, s->pool->display[s->file], error) : 0;
}

/* Compares the checksums with those that the range holds. */
static int
compare (const fci_stamps *s)
{
  for (size_t i = 0; i < s->n; i++)
    if (memcmp (s->bytes + s->all[i].skip, s->all[i].le, sizeof s->all[i].le) != 0)
      return fci_fail_file (
          s->pool->ctx, FMTCONV_E_FORMAT, s->pool->display[s->file],
          &(fmtconv_where){ .hint = "nothing was published; check the disk and the memory" },
          "the checksum at byte %" PRIu64 " is not that which was written there", s->at + s->all[i].skip);
  return 0;
}

/* Writes all checksums of the range, with what lies between them. */
static int
stamp_all (fci_stamps *s)
{
  for (size_t i = 0; i < s->n; i++)
    memcpy (s->bytes + s->all[i].skip, s->all[i].le, sizeof s->all[i].le);
  return write_range (s, s->bytes, s->size);
}

int
fci_stamps_flush (fci_stamps *s)
{
  int code = 0;
  if (s->n == 1 && !s->compares)
    code = write_range (s, s->all[0].le, sizeof s->all[0].le);
  else if (s->n)
    {
      code = read_range (s);
      if (code == 0)
        code = s->compares ? compare (s) : stamp_all (s);
    }
  s->n = s->size = 0;
  return code;
}

/* Returns whether a checksum fits the range. */
static bool
is_near (const fci_stamps *s, uint32_t file, uint64_t at)
{
  return s->n < MOST && file == s->file && at >= s->at + s->size && at - (s->at + s->size) <= NEAR
         && at - s->at <= RANGE - FCI_CRC32_BYTES;
}

int
fci_stamps_put (fci_stamps *s, uint32_t file, uint64_t at, uint32_t crc)
{
  if (s->n && (s->is_single || !is_near (s, file, at)) && fci_stamps_flush (s))
    return fmtconv_ctx_failed (s->pool->ctx);
  if (s->n == 0)
    {
      s->file = file;
      s->at = at;
    }
  s->all[s->n++] =
      (stamp){ .skip = (uint32_t) (at - s->at),
               .le = { (uint8_t) crc, (uint8_t) (crc >> 8), (uint8_t) (crc >> 16), (uint8_t) (crc >> 24) } };
  s->size = (size_t) (at - s->at) + FCI_CRC32_BYTES;
  return 0;
}

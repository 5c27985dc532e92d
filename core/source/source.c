/* core/source/source.c: reading from sources, windows of them, and bytes in memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/size.h"
#include "core/source/descriptors.h"
#include "core/source/disk.h"
#include "core/source/source.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static int
read_fd (int fd, uint64_t at, uint8_t *to, size_t n)
{
  while (n > 0)
    {
      ssize_t got = pread (fd, to, n, (off_t) at);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return errno;
      if (got == 0)
        return FCI_READ_SHORT;
      to += got;
      at += (uint64_t) got;
      n -= (size_t) got;
    }
  return 0;
}

static int
read_disk (const fmtconv_source *source, uint64_t offset, uint8_t *to, size_t n)
{
  int fd, error = fci_disk_acquire (source->disk, &fd);
  if (error != 0)
    return error;
  error = read_fd (fd, source->start + offset, to, n);
  fci_disk_release (source->disk);
  return error;
}

int
fci_source_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  assert (fci_size_within (offset, n, source->size));
  if (n == 0)
    return 0;
  if (source->disk)
    return read_disk (source, offset, to, n);
  if (source->computed && source->computed->read)
    return source->computed->read (source, offset, to, n);
  if (!source->memory)
    return ENODATA;
  memcpy (to, source->memory + offset, n);
  return 0;
}

int
fci_source_load (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  int error = fci_source_read (source, offset, to, n);
  if (error == 0)
    return 0;
  const fmtconv_where where = { .source = source, .offset = offset, .hint = FCI_HINT_TRUNCATED };
  if (error == FCI_READ_SHORT)
    return fmtconv_fail_at (source->ctx, FMTCONV_E_IO, &where,
                            "the file became shorter during the conversion");
  if (error == FCI_READ_CHANGED)
    return fci_fail_changed (source->ctx, fci_source_name (source));
  errno = error;
  return fci_fail_io (source->ctx, fci_source_name (source), "cannot be read");
}

fmtconv_source *
fci_source_memory (fmtconv_ctx *ctx, const void *bytes, uint64_t size, const char *name)
{
  fmtconv_source *source = fci_source_new (ctx, NULL, fci_strdup (ctx, name));
  if (source)
    {
      source->memory = bytes;
      source->size = size;
    }
  return source;
}

fmtconv_source *
fmtconv_source_memory (fmtconv_ctx *ctx, const void *bytes, uint64_t size, const char *name)
{
  return !ctx || fmtconv_ctx_failed (ctx) || !bytes ? NULL : fci_source_memory (ctx, bytes, size, name);
}

uint64_t
fmtconv_source_size (fmtconv_source *source)
{
  return source ? source->size : 0;
}

int
fci_source_check_crc (const fmtconv_source *source, const void *bytes, size_t n)
{
  if (!source->has_crc)
    return 0;
  uint32_t crc = (uint32_t) crc32_z (crc32_z (0, NULL, 0), bytes, n);
  if (crc == source->crc)
    return 0;
  return fci_source_bad_crc (source, crc);
}

int
fci_source_bad_crc (const fmtconv_source *source, uint32_t crc)
{
  const fmtconv_where where = { .source = source,
                                .hint = "the file is damaged: copy it again, or read it with crc=ignore" };
  return fmtconv_fail_at (source->ctx, FMTCONV_E_FORMAT, &where,
                          "checksum mismatch: the archive records %08" PRIx32 ", the data has %08" PRIx32,
                          source->crc, crc);
}

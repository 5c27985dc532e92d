/* core/exec/patch.c: changes a few bytes of a file where they lie.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file must never be seen, or found after a loss of power, with some of the changed bytes and not the others.  One call
 * that writes into one page is done or not done for every reader and for a kill, and a disk writes a sector as a whole.  So
 * only changes inside one sector are made in place; all others make a new file (publish.c). */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/exec/patch.h"
#include "core/exec/worker/io.h"
#include "core/source/disk.h"
#include "core/source/source.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  STEP = 16 << 10 /* bytes that are compared at once */
};

/* Returns whether the region is the bytes of the file at the same place. */
static bool
stays (const fci_region *region, const fmtconv_source *file)
{
  const fmtconv_source *source = region->u.source;
  return source->disk == file->disk && !source->computed && source->start == file->start + region->at;
}

/* Writes n bytes of a region, from its byte `skip`, to `to`.  Returns 0 or a code. */
static int
load (const fci_region *region, uint64_t skip, uint8_t *to, size_t n)
{
  if (region->kind == FCI_REGION_SOURCE)
    return fci_source_load (region->u.source, skip, to, n);
  if (region->kind == FCI_REGION_FILL)
    memset (to, region->u.fill, n);
  else
    memcpy (to, region->u.bytes + skip, n);
  return 0;
}

/* The bytes that differ so far, from the first to the last. */
typedef struct difference
{
  uint64_t first, last;
  bool any;
} difference;

static bool
is_in_sector (const difference *d)
{
  return !d->any || d->first / FCI_SECTOR == d->last / FCI_SECTOR;
}

static void
compare (difference *d, uint64_t at, const uint8_t *old, const uint8_t *new, size_t n)
{
  if (memcmp (old, new, n) == 0)
    return;
  for (size_t i = 0; i < n; i++)
    if (old[i] != new[i])
      {
        d->first = d->any ? d->first : at + i;
        d->last = at + i;
        d->any = true;
      }
}

/* Compares a region with the file, until more than a sector differs.  Returns 0 or a code. */
static int
compare_region (const fci_region *region, fmtconv_source *file, difference *d)
{
  uint8_t old[STEP], new[STEP];
  int code = 0;
  if (region->kind == FCI_REGION_SOURCE && stays (region, file))
    return 0;
  for (uint64_t skip = 0, n; skip < region->size && code == 0 && is_in_sector (d); skip += n)
    {
      n = region->size - skip < STEP ? region->size - skip : STEP;
      code = load (region, skip, new, (size_t) n);
      if (code == 0)
        code = fci_source_load (file, region->at + skip, old, (size_t) n);
      if (code == 0)
        compare (d, region->at + skip, old, new, (size_t) n);
    }
  return code;
}

/* Copies the new bytes of a region that the patch covers.  Returns 0 or a code. */
static int
take (const fci_region *region, fci_patch *patch)
{
  const uint64_t end = patch->at + patch->n, region_end = region->at + region->size;
  const uint64_t from = region->at > patch->at ? region->at : patch->at,
                 to = region_end < end ? region_end : end;
  return from < to ? load (region, from - region->at, patch->bytes + (from - patch->at), (size_t) (to - from))
                   : 0;
}

int
fci_patch_find (fmtconv_ctx *ctx, const fmtconv_layout *layout, fmtconv_source *file, fci_patch *patch)
{
  difference d = { 0 };
  int code = fmtconv_ctx_failed (ctx);
  *patch = (fci_patch){ 0 };
  if (layout->first->size != file->size || !file->disk)
    return code;
  for (const fci_region *r = layout->first->first; r && code == 0 && is_in_sector (&d); r = r->next)
    code = compare_region (r, file, &d);
  patch->fits = code == 0 && is_in_sector (&d);
  if (!patch->fits || !d.any)
    return code;
  patch->at = d.first;
  patch->n = (size_t) (d.last - d.first) + 1;
  for (const fci_region *r = layout->first->first; r && code == 0; r = r->next)
    code = take (r, patch);
  return code == 0 ? fci_source_load (file, patch->at, patch->old, patch->n) : code;
}

/* Writes and flushes the new bytes, or the old ones, in one call.  Returns 0, or -1 with errno. */
static int
put (int fd, const fci_patch *patch, const uint8_t *bytes, uint64_t start)
{
  ssize_t n;
  do
    n = fci_io_system.pwrite (fd, bytes, patch->n, (off_t) (start + patch->at));
  while (n < 0 && errno == EINTR);
  if (n >= 0 && (size_t) n != patch->n)
    errno = EIO;
  return n >= 0 && (size_t) n == patch->n ? fci_io_system.fsync (fd) : -1;
}

/* Writes the patch, and restores the old bytes if that fails.  Returns 0 or a code. */
static int
put_or_restore (fmtconv_ctx *ctx, int fd, const fci_patch *patch, uint64_t start, const char *path)
{
  if (put (fd, patch, patch->bytes, start) == 0)
    return 0;
  const int code = fci_fail_io (ctx, path, "cannot write the change");
  if (put (fd, patch, patch->old, start) != 0)
    fmtconv_note (ctx, "%s: the old bytes could not be restored: check the file with 'fmtconv verify'", path);
  return code;
}

/* Returns a locked descriptor of the file that was read, which nobody has changed since; -1: an error was recorded. */
static int
open_same (fmtconv_ctx *ctx, const fmtconv_source *file, const char *path)
{
  struct stat st;
  const int fd = open (path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd < 0 || fstat (fd, &st) != 0)
    fci_fail_io (ctx, path, "cannot be opened for writing");
  else if (st.st_dev != file->disk->opened.st_dev || st.st_ino != file->disk->opened.st_ino)
    fci_fail_changed (ctx, path);
  else if (fci_os_lock (fd) != 0 && errno == EWOULDBLOCK)
    fci_fail_system (ctx, FMTCONV_E_OUTPUT, EWOULDBLOCK, path,
                     &(fmtconv_where){ .hint = "wait for it to finish" },
                     "another process is changing this file");
  else if (fci_sources_unchanged (ctx) == 0)
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}

int
fci_patch_write (fmtconv_ctx *ctx, const fci_patch *patch, const fmtconv_source *file, const char *path)
{
  if (fci_check_cancel (ctx))
    return fmtconv_ctx_failed (ctx);
  const int fd = open_same (ctx, file, path);
  const int code = fd >= 0 ? put_or_restore (ctx, fd, patch, file->start, path) : fmtconv_ctx_failed (ctx);
  if (fd >= 0)
    close (fd); /* all is on the disk */
  return code;
}

/* core/layout/archive.c: zip archives that writers describe member by member.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/argument.h"
#include "core/base/scratch.h"
#include "core/kernel/crc32.h"
#include "core/layout/archive.h"
#include "core/layout/deflate.h"
#include "core/zip/names.h"
#include <inttypes.h>
#include <string.h>

enum
{
  MAX_ALIGNMENT = 4096,
  FEW = 8 /* members whose names are compared one by one */
};

fmtconv_archive *
fmtconv_archive_begin (fmtconv_file *file, unsigned flags)
{
  fmtconv_ctx *ctx = file ? file->layout->ctx : NULL;
  if (!ctx || fmtconv_ctx_failed (ctx))
    return NULL;
  if (file->archive && !file->archive->is_ended)
    {
      fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "the archive '%s' was not ended before the next begins",
                    file->name);
      return NULL;
    }
  fmtconv_archive *archive = fci_new (ctx, fmtconv_archive);
  if (!archive)
    return NULL;
  *archive = (fmtconv_archive){ .ctx = ctx,
                                .file = file,
                                .start = file->size,
                                .scratch = ctx->scratch,
                                .is_crc_after = (flags & FMTCONV_ARCHIVE_CRC_AFTER) != 0 };
  file->archive = archive;
  return archive;
}

/* Returns whether the archive can be continued. */
static bool
is_open (const fmtconv_archive *archive)
{
  if (!archive || fmtconv_ctx_failed (archive->ctx))
    return false;
  if (archive->is_ended)
    fmtconv_fail (archive->ctx, FMTCONV_E_INTERNAL, "the archive '%s' was ended before", archive->file->name);
  return !archive->is_ended;
}

/* Ends the current member: its content must have the announced size. */
static int
close_member (fmtconv_archive *archive)
{
  fci_archive_member *m = archive->last;
  const uint64_t found = fci_archive_size (archive) - (m ? m->data : 0), expected = m ? m->packed : 0;
  if (found != expected)
    return fmtconv_fail (archive->ctx, FMTCONV_E_INTERNAL,
                         m ? "member '%s' of '%s' has %" PRIu64 " bytes instead of %" PRIu64
                           : "%s'%s' has bytes before its first member: %" PRIu64 " instead of %" PRIu64,
                         m ? m->name : "", archive->file->name, found, expected);
  archive->is_own_last = m && (m->is_known || archive->is_crc_after);
  if (!m || m->is_known)
    return 0;
  m->n_regions = archive->file->n_regions - m->first;
  if (archive->is_crc_after)
    fci_archive_put_descriptor (archive, m);
  else if (m->crc)
    {
      m->crc->u.digest.number = m->first;
      m->crc->u.digest.n = m->n_regions;
    }
  return fmtconv_ctx_failed (archive->ctx);
}

/* Adds a name to those of the archive.  Returns false if it is there, or without memory. */
static bool
add_name (fmtconv_archive *archive, const char *name)
{
  if (archive->names)
    return fci_map_add (archive->names, name, strlen (name), 1, NULL);
  for (const fci_archive_member *m = archive->first; m; m = m->next)
    if (strcmp (m->name, name) == 0)
      return false;
  if (archive->n < FEW)
    return true;
  archive->names = fci_map_new (archive->ctx);
  for (const fci_archive_member *m = archive->first; m && archive->names; m = m->next)
    fci_map_add (archive->names, m->name, strlen (m->name), 1, NULL);
  return archive->names && fci_map_add (archive->names, name, strlen (name), 1, NULL);
}

/* Checks the name of a new member.  Returns 0 or a code. */
static int
check_name (fmtconv_archive *archive, const char *name)
{
  const size_t n = strlen (name);
  const char *fault = n ? fci_zip_name_fault (name, n) : "is empty";
  if (n > UINT16_MAX)
    return fmtconv_fail (archive->ctx, FMTCONV_E_LIMIT, "'%s' is too long for the name in an archive", name);
  if (fault)
    return fmtconv_fail (archive->ctx, FMTCONV_E_FORMAT, "'%s' cannot be the name in an archive: it %s", name,
                         fault);
  if (!add_name (archive, name))
    return fmtconv_ctx_failed (archive->ctx)
               ? fmtconv_ctx_failed (archive->ctx)
               : fmtconv_fail (archive->ctx, FMTCONV_E_FORMAT, "two members of '%s' have the name '%s'",
                               archive->file->name, name);
  return 0;
}

int
fci_archive_begin_member (fmtconv_archive *archive, fci_archive_member *m, const char *name,
                          uint64_t alignment)
{
  fci_scratch *const before = fci_scratch_switch (archive->ctx, archive->scratch);
  m->name = fci_scratch_strndup (archive->ctx, name, strlen (name));
  fci_scratch_switch (archive->ctx, before);
  if (!m->name || check_name (archive, m->name))
    return fmtconv_ctx_failed (archive->ctx);
  if (!alignment || alignment > MAX_ALIGNMENT || (alignment & (alignment - 1)))
    return fmtconv_fail (archive->ctx, FMTCONV_E_INTERNAL, "cannot align a member to %" PRIu64 " bytes",
                         alignment);
  if (archive->last)
    archive->last->next = m;
  else
    archive->first = m;
  archive->last = m;
  archive->n++;
  fci_archive_put_local (archive, m, alignment);
  m->first = archive->file->n_regions;
  return fmtconv_ctx_failed (archive->ctx);
}

/* Ends the member before.  Returns a new one, or NULL: an error was recorded. */
static fci_archive_member *
next_member (fmtconv_archive *archive, const char *call, const char *name)
{
  if (!is_open (archive) || !fci_has_argument (archive->ctx, call, "name", name) || close_member (archive))
    return NULL;
  fci_scratch *const before = fci_scratch_switch (archive->ctx, archive->scratch);
  fci_archive_member *m = fmtconv_scratch_alloc (archive->ctx, 1, sizeof *m);
  fci_scratch_switch (archive->ctx, before);
  return m;
}

void
fmtconv_archive_member (fmtconv_archive *archive, const char *name, uint64_t size, uint64_t alignment)
{
  fci_archive_member *m = next_member (archive, "fmtconv_archive_member", name);
  if (!m)
    return;
  m->size = m->packed = size;
  m->is_known = size == 0;
  fci_archive_begin_member (archive, m, name, alignment);
}

void
fmtconv_archive_store (fmtconv_archive *archive, const char *name, const void *bytes, size_t n,
                       uint64_t alignment)
{
  fci_archive_member *m = next_member (archive, "fmtconv_archive_store", name);
  if (!m || (n && !fci_has_argument (archive->ctx, "fmtconv_archive_store", "bytes", bytes)))
    return;
  m->size = m->packed = n;
  m->is_known = true;
  m->known_crc = fci_crc32 (0, bytes, n);
  if (fci_archive_begin_member (archive, m, name, alignment) == 0)
    fci_file_emit_more (archive->file, bytes, n);
}

void
fmtconv_archive_deflate (fmtconv_archive *archive, const char *name, const void *bytes, size_t n)
{
  fci_archive_member *m = next_member (archive, "fmtconv_archive_deflate", name);
  if (!m || (n && !fci_has_argument (archive->ctx, "fmtconv_archive_deflate", "bytes", bytes)))
    return;
  const void *packed = fci_archive_pack (archive->ctx, m, bytes, n);
  if (packed && fci_archive_begin_member (archive, m, name, 1) == 0)
    fci_file_emit_more (archive->file, packed, (size_t) m->packed);
}

void
fmtconv_archive_end (fmtconv_archive *archive)
{
  if (!is_open (archive) || close_member (archive))
    return;
  fci_archive_put_directory (archive);
  archive->end = archive->file->size;
  archive->is_ended = true;
}

int
fci_archives_check (const fmtconv_layout *layout)
{
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    if (file->archive && (!file->archive->is_ended || file->archive->end != file->size))
      return fmtconv_fail (layout->ctx, FMTCONV_E_INTERNAL,
                           file->archive->is_ended ? "bytes follow the end of the archive '%s'"
                                                   : "the archive '%s' was not ended",
                           file->name);
  return 0;
}

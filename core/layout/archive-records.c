/* core/layout/archive-records.c: the records of a zip archive around the bytes of its members.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Numbers above 32 bits go to a zip64 field; the 64-bit end record is present in every
 * archive with members.  A padding
 * field, which torch calls FB, aligns the bytes of a member. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/layout/archive.h"
#include "core/zip/zip.h"
#include <string.h>

enum
{
  LOCAL = 30,
  CENTRAL = 46,
  END = 56 + 20 + 22,
  FIELD = 4,   /* header of an extra field */
  BRIEF = 512, /* bytes of most records */
  ZIP64 = 1,   /* field with sizes and offset of 64 bits */
  PADDING = 0x4246,
  VERSION = 20,   /* of zip that a reader must support … */
  VERSION64 = 45, /* … with fields of 64 bits */
  JANUARY_1_1980 = 1 << 5 | 1
};

/* Consecutive little-endian numbers. */
typedef struct record
{
  uint8_t *at;
} record;

static void
put (record *r, unsigned bytes, uint64_t number)
{
  for (; bytes > 0; bytes--, number >>= 8)
    *r->at++ = (uint8_t) number;
}

static void
put_bytes (record *r, const void *bytes, size_t n)
{
  memcpy (r->at, bytes, n);
  r->at += n;
}

static bool
is_long (uint64_t number)
{
  return number >= UINT32_MAX;
}

/* Returns the number in 32 bits, or the value that refers to the 64-bit field. */
static uint64_t
short_of (uint64_t number)
{
  return is_long (number) ? UINT32_MAX : number;
}

static void
emit (fmtconv_archive *archive, const uint8_t *bytes, const record *end)
{
  if (archive->is_own_last)
    fci_file_emit_more (archive->file, bytes, (size_t) (end->at - bytes));
  else
    fmtconv_file_emit (archive->file, bytes, (size_t) (end->at - bytes));
  archive->is_own_last = true;
}

/* Returns room for n bytes: `brief`, which has BRIEF, or more; NULL: out of memory. */
static uint8_t *
room (const fmtconv_archive *archive, uint8_t *brief, size_t n)
{
  return n <= BRIEF ? brief : fmtconv_scratch_alloc (archive->ctx, n, 1);
}

/* Returns whether checksum and sizes follow the bytes of a member. */
static bool
has_descriptor (const fmtconv_archive *archive, const fci_archive_member *m)
{
  return archive->is_crc_after && !m->is_known;
}

/* Puts the fields that local header and directory entry share: from the version to the date. */
static void
put_common (record *r, const fmtconv_archive *archive, const fci_archive_member *m, bool is_wide)
{
  put (r, 2, is_wide ? VERSION64 : VERSION);
  put (r, 2, FCI_ZIP_UTF8 | (has_descriptor (archive, m) ? FCI_ZIP_DESCRIPTOR : 0));
  put (r, 2, m->method);
  put (r, 2, 0);
  put (r, 2, JANUARY_1_1980);
}

/* Puts what follows the checksum in a local header: sizes, name and extra fields, with `padding` bytes in the last. */
static void
put_local_rest (record *r, const fci_archive_member *m, bool is_later, size_t extra, const size_t *padding)
{
  const size_t n = strlen (m->name);
  put (r, 4, is_later ? 0 : short_of (m->packed));
  put (r, 4, is_later ? 0 : short_of (m->size));
  put (r, 2, n);
  put (r, 2, extra);
  put_bytes (r, m->name, n);
  if (is_long (m->size))
    {
      put (r, 4, ZIP64 | 16 << 16);
      put (r, 8, m->size);
      put (r, 8, m->packed);
    }
  if (!padding)
    return;
  put (r, 4, PADDING | *padding << 16);
  memset (r->at, 'Z', *padding);
  r->at += *padding;
}

void
fci_archive_put_local (fmtconv_archive *archive, fci_archive_member *m, uint64_t alignment)
{
  const bool is_later = has_descriptor (archive, m), is_padded = alignment > 1;
  const size_t name = strlen (m->name), wide = is_long (m->size) ? FIELD + 16 : 0;
  const size_t fields = wide + (is_padded ? FIELD : 0);
  m->header = fci_archive_size (archive);
  const size_t padding = (size_t) - (archive->file->size + LOCAL + name + fields) % alignment;
  uint8_t brief[BRIEF], *bytes = room (archive, brief, LOCAL + name + fields + padding);
  record r = { .at = bytes };
  if (!bytes)
    return;
  put_bytes (&r, "PK\3\4", 4);
  put_common (&r, archive, m, wide);
  if (is_later || m->is_known)
    put (&r, 4, m->known_crc);
  else
    {
      emit (archive, bytes, &r);
      m->crc = fci_file_emit_digest_more (archive->file);
      r.at = bytes;
    }
  put_local_rest (&r, m, is_later, fields + padding, is_padded ? &padding : NULL);
  emit (archive, bytes, &r);
  m->data = fci_archive_size (archive);
}

/* Puts the checksum of a member that is complete. */
static void
put_crc (fmtconv_archive *archive, const fci_archive_member *m)
{
  fci_region *crc = fci_file_emit_digest_more (archive->file);
  if (crc)
    {
      crc->u.digest.number = m->first;
      crc->u.digest.n = m->n_regions;
    }
}

void
fci_archive_put_descriptor (fmtconv_archive *archive, const fci_archive_member *m)
{
  uint8_t bytes[16];
  record r = { .at = bytes };
  const unsigned width = is_long (m->size) ? 8 : 4;
  fmtconv_file_emit (archive->file, "PK\7\10", 4);
  put_crc (archive, m);
  put (&r, width, m->size);
  put (&r, width, m->size);
  emit (archive, bytes, &r);
}

/* Puts what follows the checksum in an entry of the directory. */
static void
put_entry_rest (record *r, const fci_archive_member *m)
{
  const size_t sizes = is_long (m->size) ? 16 : 0, wide = sizes + (is_long (m->header) ? 8 : 0);
  const size_t n = strlen (m->name);
  put (r, 4, short_of (m->packed));
  put (r, 4, short_of (m->size));
  put (r, 2, n);
  put (r, 2, wide ? wide + FIELD : 0);
  put (r, 10, 0); /* comment, disk, attributes */
  put (r, 4, short_of (m->header));
  put_bytes (r, m->name, n);
  if (wide)
    put (r, 4, ZIP64 | wide << 16);
  if (sizes)
    {
      put (r, 8, m->size);
      put (r, 8, m->packed);
    }
  if (is_long (m->header))
    put (r, 8, m->header);
}

static void
put_entry (fmtconv_archive *archive, const fci_archive_member *m)
{
  const bool is_wide = is_long (m->size) || is_long (m->header);
  uint8_t brief[BRIEF], *bytes = room (archive, brief, CENTRAL + strlen (m->name) + FIELD + 24);
  record r = { .at = bytes };
  if (!bytes)
    return;
  put_bytes (&r, "PK\1\2", 4);
  put (&r, 2, is_wide ? VERSION64 : VERSION);
  put_common (&r, archive, m, is_wide);
  if (m->is_known)
    put (&r, 4, m->known_crc);
  else
    {
      emit (archive, bytes, &r);
      put_crc (archive, m);
      r.at = bytes;
    }
  put_entry_rest (&r, m);
  emit (archive, bytes, &r);
}

/* Puts the 64-bit end record of a directory from byte `start` to `end`, and its locator. */
static void
put_end64 (record *r, uint64_t n, uint64_t start, uint64_t end)
{
  put_bytes (r, "PK\6\6", 4);
  put (r, 8, 44); /* bytes that follow */
  put (r, 2, VERSION64);
  put (r, 2, VERSION64);
  put (r, 8, 0); /* disks */
  put (r, 8, n);
  put (r, 8, n);
  put (r, 8, end - start);
  put (r, 8, start);
  put_bytes (r, "PK\6\7", 4);
  put (r, 4, 0);
  put (r, 8, end);
  put (r, 4, 1);
}

static void
put_end (record *r, uint64_t n, uint64_t start, uint64_t end)
{
  const uint64_t few = n < UINT16_MAX ? n : UINT16_MAX;
  put_bytes (r, "PK\5\6", 4);
  put (r, 4, 0);
  put (r, 2, few);
  put (r, 2, few);
  put (r, 4, short_of (end - start));
  put (r, 4, short_of (start));
  put (r, 2, 0); /* comment */
}

void
fci_archive_put_directory (fmtconv_archive *archive)
{
  uint8_t bytes[END];
  record r = { .at = bytes };
  const uint64_t start = fci_archive_size (archive);
  for (const fci_archive_member *m = archive->first; m && !fmtconv_ctx_failed (archive->ctx); m = m->next)
    put_entry (archive, m);
  if (archive->n) /* an archive without members is known by the mark of its end record */
    put_end64 (&r, archive->n, start, fci_archive_size (archive));
  put_end (&r, archive->n, start, fci_archive_size (archive));
  emit (archive, bytes, &r);
}

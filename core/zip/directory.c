/* core/zip/directory.c: the central directory of a zip archive, read in pieces.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/base/size.h"
#include "core/zip/directory.h"
#include "core/zip/names.h"
#include "core/zip/zip.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum
{
  ENTRY = 46,
  BUFFER = 256 * 1024, /* holds the longest entry */
  ZIP64 = 1
};

/* The part of the directory that is in memory. */
typedef struct stream
{
  fmtconv_zip *zip;
  uint8_t *buffer;
  size_t used; /* of the `have` bytes in the buffer */
  size_t have;
  uint64_t at; /* offset in the archive of the byte at `used` */
} stream;

/* One record of the directory and its variable part. */
typedef struct record
{
  uint64_t at;
  const uint8_t *fixed;
  const uint8_t *extra;
  size_t name_len;
  size_t extra_len;
} record;

/* Makes at least n bytes of the directory available at buffer + used. */
static int
need (stream *s, size_t n)
{
  fmtconv_zip *zip = s->zip;
  if (s->have - s->used >= n)
    return 0;
  if (n > zip->dir_start + zip->dir_size - s->at)
    return fci_zip_bad (zip, s->at, "the central directory ends in the middle of an entry");
  memmove (s->buffer, s->buffer + s->used, s->have - s->used);
  s->have -= s->used;
  s->used = 0;
  const uint64_t next = s->at + s->have, remaining = zip->dir_start + zip->dir_size - next;
  const size_t capacity = BUFFER - s->have, more = remaining < capacity ? (size_t) remaining : capacity;
  int code = fci_source_load (zip->source, next, s->buffer + s->have, more);
  s->have += more;
  return code != 0 ? code : fci_check_cancel (zip->ctx);
}

static int
next_record (stream *s, record *r)
{
  int code = need (s, ENTRY);
  if (code != 0)
    return code;
  const uint8_t *p = s->buffer + s->used;
  if (memcmp (p, "PK\1\2", 4) != 0)
    return fci_zip_bad (s->zip, s->at, "an entry of the central directory is missing here");
  const size_t name = fci_le16 (p + 28), extra = fci_le16 (p + 30), comment = fci_le16 (p + 32);
  const size_t whole = ENTRY + name + extra + comment;
  code = need (s, whole);
  if (code != 0)
    return code;
  p = s->buffer + s->used;
  *r = (record){ .at = s->at, .fixed = p, .extra = p + ENTRY + name, .name_len = name, .extra_len = extra };
  s->used += whole;
  s->at += whole;
  return 0;
}

int
fci_zip_find_zip64 (fmtconv_zip *zip, uint64_t at, const uint8_t *extra, size_t len, const uint8_t **field,
                    size_t *field_len)
{
  *field = NULL;
  *field_len = 0;
  while (len > 0)
    {
      const size_t n = len < 4 ? SIZE_MAX : fci_le16 (extra + 2);
      if (n == SIZE_MAX || n > len - 4)
        return fci_zip_bad (zip, at, "the extra fields of this header are malformed");
      if (fci_le16 (extra) == ZIP64)
        {
          if (*field)
            return fci_zip_bad (zip, at, "this header has two zip64 fields");
          *field = extra + 4;
          *field_len = n;
        }
      extra += 4 + n;
      len -= 4 + n;
    }
  return 0;
}

/* Replaces a 32-bit field with all bits set by the next value of the zip64 field. */
static bool
widen (uint64_t *value, const uint8_t **field, size_t *remaining)
{
  if (*value != UINT32_MAX)
    return true;
  if (*remaining < 8)
    return false;
  *value = fci_le64 (*field);
  *field += 8;
  *remaining -= 8;
  return true;
}

/* Reads sizes and offset; only one disk is supported. */
static int
read_numbers (fmtconv_zip *zip, const record *r, fci_zip_entry *entry)
{
  const uint8_t *p = r->fixed, *field;
  size_t remaining;
  int code = fci_zip_find_zip64 (zip, r->at, r->extra, r->extra_len, &field, &remaining);
  if (code != 0)
    return code;
  entry->crc = fci_le32 (p + 16);
  entry->packed = fci_le32 (p + 20);
  entry->size = fci_le32 (p + 24);
  entry->header = fci_le32 (p + 42);
  bool fine = widen (&entry->size, &field, &remaining) && widen (&entry->packed, &field, &remaining)
              && widen (&entry->header, &field, &remaining);
  if (!fine)
    return fci_zip_bad (zip, r->at, "member '%s': its zip64 field is missing or too short", entry->name);
  if (remaining > 0)
    return fci_zip_bad (zip, r->at, "member '%s': its zip64 field is longer than the header requires",
                        entry->name);
  if (fci_le16 (p + 34) != 0)
    return fci_zip_refuse (zip, FMTCONV_E_UNSUPPORTED, r->at, "join the parts of the archive first",
                           "member '%s' is on another disk", entry->name);
  return 0;
}

static int
check_method (fmtconv_zip *zip, uint64_t at, const fci_zip_entry *entry)
{
  enum
  {
    ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
  };
  if (entry->flags & ENCRYPTED)
    return fci_zip_refuse (zip, FMTCONV_E_UNSUPPORTED, at, "decrypt the archive first",
                           "member '%s' is encrypted", entry->name);
  if (entry->flags & ~(FCI_ZIP_DESCRIPTOR | FCI_ZIP_UTF8 | FCI_ZIP_LEVELS))
    return fci_zip_refuse (zip, FMTCONV_E_UNSUPPORTED, at, NULL, "member '%s' has unknown flags: 0x%04x",
                           entry->name, entry->flags);
  if (entry->method != FCI_ZIP_STORED && entry->method != FCI_ZIP_DEFLATED)
    return fci_zip_refuse (
        zip, FMTCONV_E_UNSUPPORTED, at, "repack the archive with stored or deflated members",
        "member '%s' uses compression method %u; only stored and deflated members are supported", entry->name,
        entry->method);
  return 0;
}

static int
check_sizes (fmtconv_zip *zip, uint64_t at, const fci_zip_entry *entry)
{
  const bool folder = entry->name[strlen (entry->name) - 1] == '/';
  uint64_t most;
  if (!fci_size_within (entry->header, entry->packed, zip->dir_start))
    return fci_zip_refuse (zip, FMTCONV_E_FORMAT, at, FCI_HINT_TRUNCATED,
                           "member '%s': %" PRIu64 " bytes from 0x%" PRIx64
                           " extend into the central directory at 0x%" PRIx64,
                           entry->name, entry->packed, entry->header, zip->dir_start);
  if (folder && entry->size != 0)
    return fci_zip_bad (zip, at, "member '%s' is a folder but has data", entry->name);
  if (entry->method == FCI_ZIP_STORED && entry->packed != entry->size)
    return fci_zip_bad (zip, at, "member '%s' is stored, but its two sizes differ: %" PRIu64 " and %" PRIu64,
                        entry->name, entry->packed, entry->size);
  if (fci_size_mul (entry->packed, FCI_ZIP_MAX_RATIO, &most) && entry->size > most)
    return fci_zip_bad (zip, at, "member '%s': %" PRIu64 " bytes cannot inflate to %" PRIu64, entry->name,
                        entry->packed, entry->size);
  return 0;
}

static int
read_entry (stream *s, fci_zip_entry *entry)
{
  fmtconv_zip *zip = s->zip;
  record r = { 0 };
  int code = next_record (s, &r);
  if (code != 0)
    return code;
  entry->name = fci_scratch_strndup (zip->ctx, r.fixed + ENTRY, r.name_len);
  if (!entry->name)
    return FMTCONV_E_NOMEM;
  entry->flags = fci_le16 (r.fixed + 8);
  entry->method = fci_le16 (r.fixed + 10);
  code = fci_zip_check_name (zip, r.at, entry->name, r.name_len);
  if (code == 0)
    code = check_method (zip, r.at, entry);
  if (code == 0)
    code = read_numbers (zip, &r, entry);
  if (code == 0)
    code = check_sizes (zip, r.at, entry);
  if (code == 0 && entry->size / FCI_ZIP_USUAL_RATIO > entry->packed
      && !fci_size_add (zip->unusual, entry->size, &zip->unusual))
    zip->unusual = UINT64_MAX;
  return code;
}

int
fci_zip_read_directory (fmtconv_zip *zip)
{
  stream s = { .zip = zip, .at = zip->dir_start, .buffer = malloc (BUFFER) };
  zip->entries = fmtconv_scratch_alloc (zip->ctx, zip->n, sizeof *zip->entries);
  if (!s.buffer || !zip->entries)
    {
      fci_nomem (zip->ctx);
      free (s.buffer);
      return FMTCONV_E_NOMEM;
    }
  int code = 0;
  for (uint32_t i = 0; i < zip->n && code == 0; i++)
    code = read_entry (&s, &zip->entries[i]);
  free (s.buffer);
  if (code == 0 && s.at != zip->dir_start + zip->dir_size)
    code = fci_zip_bad (zip, s.at, "extra bytes follow the last entry of the central directory");
  return code;
}

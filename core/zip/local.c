/* core/zip/local.c: local headers and data descriptors must agree with the central directory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/size.h"
#include "core/base/sort.h"
#include "core/zip/directory.h"
#include "core/zip/gap.h"
#include "core/zip/local.h"
#include "core/zip/zip.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum
{
  HEADER = 30,
  GUESS = 512,      /* bytes of most headers with name and padding, and the descriptor before */
  SMALL = 4096,     /* after fewer bytes of data, the next header is read with this one */
  MANY = 64 * 1024, /* bytes of the headers of many small members */
  BUFFER = HEADER + 2 * 0xFFFF,
  DESCRIPTOR = 16,
  DESCRIPTOR64 = 24
};

/* A local header. */
typedef struct local
{
  const uint8_t *fixed;
  const uint8_t *name;
  const uint8_t *extra;
  size_t name_len;
  size_t extra_len;
  bool is_zip64;
} local;

/* The part of the archive that is in memory. */
typedef struct window
{
  fmtconv_zip *zip;
  uint8_t *buffer;
  uint64_t at;
  size_t n;
} window;

/* Returns n bytes at `at`, which are before the directory, valid until the next call; reads up to `more`
 * bytes with them. NULL: an error (recorded). */
static const uint8_t *
inspect (window *w, uint64_t at, size_t n, size_t more)
{
  if (at < w->at || !fci_size_within (at - w->at, n, w->n))
    {
      const uint64_t remaining = w->zip->dir_start - at;
      const size_t want = n < more ? more : n;
      w->at = at;
      w->n = remaining < want ? (size_t) remaining : want;
      if (fci_source_load (w->zip->source, at, w->buffer, w->n) != 0)
        return NULL;
    }
  return w->buffer + (at - w->at);
}

/* Returns n bytes of the entry's local header; NULL: an error (recorded). */
static const uint8_t *
inspect_header (window *w, const fci_zip_entry *entry, size_t n)
{
  if (fci_size_within (entry->header, n, w->zip->dir_start))
    return inspect (w, entry->header, n, entry->packed < SMALL ? MANY : GUESS);
  fci_zip_refuse (w->zip, FMTCONV_E_FORMAT, entry->header, FCI_HINT_TRUNCATED,
                  "member '%s': its local header extends into the directory", entry->name);
  return NULL;
}

static int
read_local (window *w, const fci_zip_entry *entry, local *l)
{
  const uint8_t *p = inspect_header (w, entry, HEADER);
  if (!p)
    return fmtconv_ctx_failed (w->zip->ctx);
  if (memcmp (p, "PK\3\4", 4) != 0)
    return fci_zip_bad (w->zip, entry->header, "member '%s': its local header is missing here", entry->name);
  const size_t name = fci_le16 (p + 26), extra = fci_le16 (p + 28);
  p = inspect_header (w, entry, HEADER + name + extra);
  if (!p)
    return fmtconv_ctx_failed (w->zip->ctx);
  *l = (local){
    .fixed = p, .name = p + HEADER, .extra = p + HEADER + name, .name_len = name, .extra_len = extra
  };
  return 0;
}

/* Returns whether a number in the header is valid; if a descriptor follows the data, the header may omit
 * it. */
static bool
number_fits (const fci_zip_entry *entry, uint64_t number, uint64_t central)
{
  return number == central || (number == 0 && (entry->flags & FCI_ZIP_DESCRIPTOR));
}

/* Checks a number that may be stored in the zip64 field. */
static bool
long_number_fits (const fci_zip_entry *entry, uint64_t number, uint64_t central, const uint8_t **field,
                  size_t *remaining)
{
  if (number == UINT32_MAX)
    {
      if (*remaining < 8)
        return false;
      number = fci_le64 (*field);
      *field += 8;
      *remaining -= 8;
    }
  return number_fits (entry, number, central);
}

/* Checks the remaining zip64 numbers: torch's miniz writes some that no field refers to. */
static bool
rest_fits (const fci_zip_entry *entry, const uint8_t *field, size_t remaining)
{
  for (; remaining >= 8; field += 8, remaining -= 8)
    {
      const uint64_t v = fci_le64 (field);
      if (v != 0 && v != entry->size && v != entry->packed && v != entry->header)
        return false;
    }
  return remaining == 0;
}

static int
check_numbers (fmtconv_zip *zip, const fci_zip_entry *entry, local *l)
{
  const uint8_t *field;
  size_t remaining;
  int code = fci_zip_find_zip64 (zip, entry->header, l->extra, l->extra_len, &field, &remaining);
  if (code != 0)
    return code;
  l->is_zip64 = field != NULL;
  if (!number_fits (entry, fci_le32 (l->fixed + 14), entry->crc))
    return fci_zip_bad (zip, entry->header, "member '%s': header and directory disagree about the checksum",
                        entry->name);
  if (!long_number_fits (entry, fci_le32 (l->fixed + 22), entry->size, &field, &remaining)
      || !long_number_fits (entry, fci_le32 (l->fixed + 18), entry->packed, &field, &remaining))
    return fci_zip_bad (zip, entry->header, "member '%s': header and directory disagree about the size",
                        entry->name);
  if (!rest_fits (entry, field, remaining))
    return fci_zip_bad (zip, entry->header, "member '%s': the header's zip64 field contradicts the directory",
                        entry->name);
  return 0;
}

static int
check_local (fmtconv_zip *zip, const fci_zip_entry *entry, local *l)
{
  enum
  {
    FREE = FCI_ZIP_UTF8 | FCI_ZIP_LEVELS /* do not change where the bytes are */
  };
  if (l->name_len != strlen (entry->name) || memcmp (l->name, entry->name, l->name_len) != 0)
    return fci_zip_bad (zip, entry->header, "member '%s': header and directory disagree about the name",
                        entry->name);
  if (fci_le16 (l->fixed + 8) != entry->method)
    return fci_zip_bad (zip, entry->header, "member '%s': header and directory disagree about the method",
                        entry->name);
  if ((fci_le16 (l->fixed + 6) ^ entry->flags) & ~FREE)
    return fci_zip_bad (zip, entry->header, "member '%s': header and directory disagree about the flags",
                        entry->name);
  return check_numbers (zip, entry, l);
}

/* Checks the data descriptor; *end: first byte after the data, then after the descriptor. */
static int
check_descriptor (window *w, const fci_zip_entry *entry, bool wide, uint64_t *end)
{
  fmtconv_zip *zip = w->zip;
  const size_t n = wide ? DESCRIPTOR64 : DESCRIPTOR;
  if (!fci_size_within (*end, n, zip->dir_start))
    return fci_zip_refuse (zip, FMTCONV_E_FORMAT, *end, FCI_HINT_TRUNCATED,
                           "member '%s': its data descriptor extends into the directory", entry->name);
  const uint8_t *p = inspect (w, *end, n, entry->packed < SMALL ? MANY : GUESS);
  if (!p)
    return fmtconv_ctx_failed (zip->ctx);
  const uint64_t packed = wide ? fci_le64 (p + 8) : fci_le32 (p + 8);
  const uint64_t size = wide ? fci_le64 (p + 16) : fci_le32 (p + 12);
  if (memcmp (p, "PK\7\10", 4) != 0 || fci_le32 (p + 4) != entry->crc || packed != entry->packed
      || size != entry->size)
    return fci_zip_bad (zip, *end, "member '%s': its data descriptor does not agree with the directory",
                        entry->name);
  *end += n;
  return 0;
}

/* Checks a member; *end: first byte after the previous members, then after this one. */
static int
check_member (window *w, fci_zip_entry *entry, uint64_t *end)
{
  fmtconv_zip *zip = w->zip;
  local l = { 0 };
  if (entry->header < *end)
    return fci_zip_bad (zip, entry->header, "member '%s' overlaps the member before it", entry->name);
  int code = read_local (w, entry, &l);
  if (code == 0)
    code = check_local (zip, entry, &l);
  if (code == 0)
    code = fci_zip_check_gap (zip, *end, entry->header);
  if (code != 0)
    return code;
  entry->data = entry->header + HEADER + l.name_len + l.extra_len;
  if (!fci_size_within (entry->data, entry->packed, zip->dir_start))
    return fci_zip_refuse (zip, FMTCONV_E_FORMAT, entry->header, FCI_HINT_TRUNCATED,
                           "member '%s': its %" PRIu64 " bytes extend into the directory", entry->name,
                           entry->packed);
  *end = entry->data + entry->packed;
  return entry->flags & FCI_ZIP_DESCRIPTOR ? check_descriptor (w, entry, l.is_zip64, end) : 0;
}

static int
by_place (const void *a, const void *b, void *arg)
{
  const fci_zip_entry *entries = arg;
  const uint64_t x = entries[*(const uint32_t *) a].header, y = entries[*(const uint32_t *) b].header;
  return (x > y) - (x < y);
}

static int
check_in_order (fmtconv_zip *zip, const uint32_t *order, uint8_t *buffer)
{
  window w = { .zip = zip, .buffer = buffer };
  uint64_t end = 0;
  int code = 0;
  if (zip->entries[order[0]].header != 0)
    return fci_zip_bad (zip, 0, "%" PRIu64 " extra bytes before the first member",
                        zip->entries[order[0]].header);
  for (uint32_t i = 0; i < zip->n && code == 0; i++)
    {
      code = check_member (&w, &zip->entries[order[i]], &end);
      if (code == 0)
        code = fci_check_cancel (zip->ctx);
    }
  return code != 0 ? code : fci_zip_check_gap (zip, end, zip->dir_start);
}

int
fci_zip_check_locals (fmtconv_zip *zip)
{
  uint32_t *order = malloc (zip->n * sizeof *order);
  uint8_t *buffer = malloc (BUFFER);
  int code = FMTCONV_E_NOMEM;
  if (order && buffer)
    {
      for (uint32_t i = 0; i < zip->n; i++)
        order[i] = i;
      fci_sort (order, zip->n, sizeof *order, by_place, zip->entries);
      code = check_in_order (zip, order, buffer);
    }
  else
    fci_nomem (zip->ctx);
  free (order);
  free (buffer);
  return code;
}

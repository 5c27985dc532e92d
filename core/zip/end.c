/* core/zip/end.c: the end of a zip archive: exactly one end record, and where the directory is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/size.h"
#include "core/zip/end.h"
#include "core/zip/zip.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum
{
  END = 22,
  END64 = 56,
  LOCATOR = 20,
  ENTRY = 46,           /* minimum bytes of a directory entry */
  REACH = END + 0xFFFF, /* range in which other readers look for an end record */
  NO_END = -1
};

static const char end_mark[4] = "PK\5\6", end64_mark[4] = "PK\6\6", locator_mark[4] = "PK\6\7";

/* The fields that both kinds of end record have. */
typedef struct end_fields
{
  uint64_t disk;
  uint64_t dir_disk;
  uint64_t n_here;
  uint64_t n;
  uint64_t dir_size;
  uint64_t dir_start;
} end_fields;

/* Returns the distance from the end of the archive to an end record other than the last, or NO_END. whole:
 * only one whose comment reaches exactly to the end. */
static long
other_end (const uint8_t *tail, size_t n, bool whole)
{
  for (size_t remaining = END + 1; remaining <= n; remaining++)
    {
      const uint8_t *p = tail + (n - remaining);
      if (memcmp (p, end_mark, sizeof end_mark) == 0 && (!whole || fci_le16 (p + 20) == remaining - END))
        return (long) remaining;
    }
  return NO_END;
}

static int
refuse_tail (fmtconv_zip *zip, const uint8_t *tail, size_t n)
{
  const uint64_t size = zip->source->size;
  if (memcmp (tail + (n - END), end_mark, sizeof end_mark) != 0)
    {
      long remaining = other_end (tail, n, false);
      if (remaining == NO_END)
        return fci_zip_refuse (zip, FMTCONV_E_FORMAT, size, FCI_HINT_TRUNCATED,
                               "the end record of the zip archive is missing");
      return fci_zip_bad (zip, size - (uint64_t) remaining + END,
                          "%ld bytes follow the end of the zip archive (a comment or other data)",
                          remaining - END);
    }
  if (fci_le16 (tail + (n - 2)) != 0)
    return fci_zip_refuse (zip, FMTCONV_E_FORMAT, size - 2, FCI_HINT_TRUNCATED,
                           "the archive declares a comment of %u bytes, which is missing",
                           fci_le16 (tail + (n - 2)));
  long other = other_end (tail, n, true);
  if (other != NO_END)
    return fci_zip_bad (zip, size - (uint64_t) other,
                        "the archive has two end records: readers could see two different archives");
  return 0;
}

static int
check_tail (fmtconv_zip *zip)
{
  const uint64_t size = zip->source->size;
  if (size < END)
    return fci_zip_refuse (zip, FMTCONV_E_FORMAT, size, FCI_HINT_TRUNCATED,
                           "%" PRIu64 " bytes are too few for a zip archive", size);
  const size_t n = size < REACH ? (size_t) size : REACH;
  uint8_t *tail = malloc (n);
  if (!tail)
    {
      fci_nomem (zip->ctx);
      return FMTCONV_E_NOMEM;
    }
  int code = fci_source_load (zip->source, size - n, tail, n);
  if (code == 0)
    code = refuse_tail (zip, tail, n);
  free (tail);
  return code;
}

static end_fields
decode_end (const uint8_t *p)
{
  return (end_fields){ .disk = fci_le16 (p + 4),
                       .dir_disk = fci_le16 (p + 6),
                       .n_here = fci_le16 (p + 8),
                       .n = fci_le16 (p + 10),
                       .dir_size = fci_le32 (p + 12),
                       .dir_start = fci_le32 (p + 16) };
}

static end_fields
decode_end64 (const uint8_t *p)
{
  return (end_fields){ .disk = fci_le32 (p + 16),
                       .dir_disk = fci_le32 (p + 20),
                       .n_here = fci_le64 (p + 24),
                       .n = fci_le64 (p + 32),
                       .dir_size = fci_le64 (p + 40),
                       .dir_start = fci_le64 (p + 48) };
}

static bool
needs_zip64 (const end_fields *e)
{
  return e->disk == UINT16_MAX || e->dir_disk == UINT16_MAX || e->n_here == UINT16_MAX || e->n == UINT16_MAX
         || e->dir_size == UINT32_MAX || e->dir_start == UINT32_MAX;
}

static bool
same (uint64_t small, uint64_t large, uint64_t unset)
{
  return small == large || small == unset;
}

static bool
agree (const end_fields *small, const end_fields *large)
{
  return same (small->disk, large->disk, UINT16_MAX) && same (small->dir_disk, large->dir_disk, UINT16_MAX)
         && same (small->n_here, large->n_here, UINT16_MAX) && same (small->n, large->n, UINT16_MAX)
         && same (small->dir_size, large->dir_size, UINT32_MAX)
         && same (small->dir_start, large->dir_start, UINT32_MAX);
}

/* Reads the zip64 end record; *at: start of the end record, then of the zip64 end record. */
static int
read_end64 (fmtconv_zip *zip, const uint8_t *locator, uint64_t *at, end_fields *fields)
{
  uint8_t raw[END64];
  const uint64_t place = fci_le64 (locator + 8), pos = *at - LOCATOR;
  if (fci_le32 (locator + 4) != 0 || fci_le32 (locator + 16) != 1)
    return fci_zip_refuse (zip, FMTCONV_E_UNSUPPORTED, pos, "join the parts of the archive first",
                           "the zip archive is split over several disks");
  if (pos < END64 || place != pos - END64)
    return fci_zip_bad (zip, pos, "the zip64 locator does not point to the record just before it");
  int code = fci_source_load (zip->source, place, raw, sizeof raw);
  if (code != 0)
    return code;
  if (memcmp (raw, end64_mark, sizeof end64_mark) != 0 || fci_le64 (raw + 4) != END64 - 12)
    return fci_zip_bad (zip, place, "a zip64 end record of 56 bytes is missing here");
  const end_fields large = decode_end64 (raw);
  if (!agree (fields, &large))
    return fci_zip_bad (zip, place, "the two end records of the zip archive contradict each other");
  *fields = large;
  *at = place;
  return 0;
}

/* Checks that the directory fills the archive up to the end record. */
static int
check_place (fmtconv_zip *zip, uint64_t at, const end_fields *e)
{
  if (e->disk != 0 || e->dir_disk != 0 || e->n_here != e->n)
    return fci_zip_refuse (zip, FMTCONV_E_UNSUPPORTED, at, "join the parts of the archive first",
                           "the zip archive is split over several disks");
  if (!fci_size_within (e->dir_start, e->dir_size, at))
    return fci_zip_refuse (zip, FMTCONV_E_FORMAT, at, FCI_HINT_TRUNCATED,
                           "the central directory at byte 0x%" PRIx64 ", %" PRIu64
                           " bytes long, does not fit before its end record",
                           e->dir_start, e->dir_size);
  if (e->dir_start + e->dir_size != at)
    return fci_zip_bad (zip, at, "%" PRIu64 " extra bytes before the archive or after its directory",
                        at - e->dir_size - e->dir_start);
  return 0;
}

static int
check_counts (fmtconv_zip *zip, uint64_t at, const end_fields *e)
{
  uint64_t least;
  if (e->n == 0 && (zip->flags & FMTCONV_ZIP_ONE_FOLDER))
    return fci_zip_bad (zip, at, "the zip archive has no members");
  if (e->n == 0 && at != 0)
    return fci_zip_bad (zip, at, "the zip archive has no members, but %" PRIu64 " bytes before its end", at);
  if (!fci_size_mul (e->n, ENTRY, &least) || least > e->dir_size)
    return fci_zip_bad (zip, at, "%" PRIu64 " members do not fit in a directory of %" PRIu64 " bytes", e->n,
                        e->dir_size);
  if (e->n > FCI_ZIP_MAX_ENTRIES)
    return fci_zip_refuse (zip, FMTCONV_E_LIMIT, at, NULL, "%" PRIu64 " members: the limit is %d", e->n,
                           FCI_ZIP_MAX_ENTRIES);
  if (e->dir_size > FCI_ZIP_MAX_DIRECTORY)
    return fci_zip_refuse (zip, FMTCONV_E_LIMIT, at, NULL,
                           "a central directory of %" PRIu64 " bytes: the limit is %d", e->dir_size,
                           FCI_ZIP_MAX_DIRECTORY);
  return 0;
}

int
fci_zip_read_end (fmtconv_zip *zip)
{
  uint8_t raw[LOCATOR + END] = { 0 };
  int code = check_tail (zip);
  if (code != 0)
    return code;
  uint64_t at = zip->source->size - END;
  const size_t before = at < LOCATOR ? 0 : LOCATOR;
  code = fci_source_load (zip->source, at - before, raw + (LOCATOR - before), before + END);
  if (code != 0)
    return code;
  end_fields fields = decode_end (raw + LOCATOR);
  if (memcmp (raw, locator_mark, sizeof locator_mark) == 0)
    code = read_end64 (zip, raw, &at, &fields);
  else if (needs_zip64 (&fields))
    code = fci_zip_bad (zip, at, "the end record refers to a zip64 end record, which is missing");
  if (code == 0)
    code = check_place (zip, at, &fields);
  if (code == 0)
    code = check_counts (zip, at, &fields);
  zip->n = (uint32_t) fields.n;
  zip->dir_start = fields.dir_start;
  zip->dir_size = fields.dir_size;
  return code;
}

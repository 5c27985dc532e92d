/* core/zip/zip.h: declarations shared by the files of the zip reader.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_ZIP_H
#define FCI_ZIP_ZIP_H

#include "core/base/ctx.h"
#include "core/source/source.h"
#include <fmtconv/formats.h>
#include <zip.h>

enum
{
  FCI_ZIP_STORED = 0,
  FCI_ZIP_DEFLATED = 8,
  FCI_ZIP_DESCRIPTOR = 1 << 3, /* flag: sizes and CRC follow the data */
  FCI_ZIP_UTF8 = 1 << 11,      /* flag: the name is UTF-8 */
  FCI_ZIP_LEVELS = 3 << 1,     /* flags: how hard deflate tried */
  FCI_ZIP_MAX_ENTRIES = 1 << 20,
  FCI_ZIP_MAX_DIRECTORY = 512 << 20,
  FCI_ZIP_IN_MEMORY = 16 << 20, /* inflated bytes of an archive that stay in memory */
  FCI_ZIP_MAX_RATIO = 1032,     /* of deflate: no valid stream exceeds it */
  FCI_ZIP_USUAL_RATIO = 100     /* of weights; members of a larger one are charged to --parse-memory */
};

/* A member as the central directory describes it. */
typedef struct fci_zip_entry
{
  const char *name;
  fmtconv_source *source; /* NULL: not opened yet */
  uint64_t header;        /* offset of its local header */
  uint64_t data;          /* offset of its bytes, once the local header was read */
  uint64_t packed;        /* bytes in the archive */
  uint64_t size;          /* bytes of the member */
  uint32_t crc;
  uint16_t method;
  uint16_t flags;
} fci_zip_entry;

struct fmtconv_zip
{
  fmtconv_ctx *ctx;
  fmtconv_zip *before; /* the archive that was opened before this one */
  fmtconv_source *source;
  unsigned flags; /* enum fmtconv_zip_flag */
  bool has_crcs;  /* checksums are present and are checked */
  fci_zip_entry *entries;
  uint32_t n;
  uint32_t *by_name;  /* numbers of entries, sorted by name */
  uint64_t dir_start; /* central directory */
  uint64_t dir_size;
  zip_t *library;         /* libzip's view of the same bytes; NULL: nothing to inflate */
  uint64_t in_memory;     /* inflated bytes in memory */
  fci_disk_file *scratch; /* unlinked file for the remaining members; NULL: none yet */
  uint64_t in_scratch;
  uint64_t unusual; /* bytes of all members whose ratio is larger than usual, inflated or not */
};

/* Records an error at byte `at` of the archive and returns its code. */
#define fci_zip_refuse(zip, code, at, hint_, ...)                                                \
  fmtconv_fail_at ((zip)->ctx, code,                                                             \
                   &(fmtconv_where){ .source = (zip)->source, .offset = (at), .hint = (hint_) }, \
                   __VA_ARGS__)
#define fci_zip_bad(zip, at, ...) fci_zip_refuse (zip, FMTCONV_E_FORMAT, at, FCI_HINT_DAMAGED, __VA_ARGS__)

/* Return little-endian numbers. */
static inline uint16_t
fci_le16 (const uint8_t *p)
{
  return (uint16_t) (p[0] | p[1] << 8);
}

static inline uint32_t
fci_le32 (const uint8_t *p)
{
  return fci_le16 (p) | (uint32_t) fci_le16 (p + 2) << 16;
}

static inline uint64_t
fci_le64 (const uint8_t *p)
{
  return fci_le32 (p) | (uint64_t) fci_le32 (p + 4) << 32;
}

#endif

/* core/layout/archive.h: a zip archive that a writer describes, and the bytes of its records.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_ARCHIVE_H
#define FCI_LAYOUT_ARCHIVE_H

#include "core/base/map.h"
#include "core/layout/layout.h"
#include <fmtconv/formats.h>

typedef struct fci_archive_member
{
  struct fci_archive_member *next;
  const char *name;
  fci_region *crc;    /* its checksum before its bytes; NULL: it follows them, or is known */
  bool is_known;      /* its bytes, and so their checksum, are in memory */
  uint32_t known_crc; /* that checksum; 0 for an empty member */
  uint16_t method;    /* FCI_ZIP_STORED or FCI_ZIP_DEFLATED */
  uint64_t header;    /* offset of its local header in the archive */
  uint64_t data;      /* offset of its bytes in the archive */
  uint64_t size;      /* bytes of its content … */
  uint64_t packed;    /* … and of these in the file */
  size_t first;       /* number of the region with its first bytes, … */
  size_t n_regions;   /* … and how many */
} fci_archive_member;

struct fmtconv_archive
{
  fmtconv_ctx *ctx;
  fmtconv_file *file;
  uint64_t start;              /* offset in the file of its first byte */
  struct fci_scratch *scratch; /* that the members are in; NULL: the context's arena */
  bool is_crc_after;
  bool is_ended;
  bool is_own_last; /* the last bytes in the file are the archive's own, of no digest */
  fci_map *names;   /* NULL: few members, or ended */
  fci_archive_member *first;
  fci_archive_member *last;
  uint64_t n;
  uint64_t end; /* offset in the file of the byte after it, once it is ended */
};

/* Returns how many bytes of the archive are in its file so far. */
static inline uint64_t
fci_archive_size (const fmtconv_archive *archive)
{
  return archive->file->size - archive->start;
}

/* Appends the local header of a member, with its first byte aligned; sets its offsets. */
void fci_archive_put_local (fmtconv_archive *archive, fci_archive_member *member, uint64_t alignment);

/* Begins a member that has its name, sizes and method: its local header is the last in the file.  Returns 0 or a code. */
int fci_archive_begin_member (fmtconv_archive *archive, fci_archive_member *member, const char *name,
                              uint64_t alignment);

/* Appends the checksum and sizes after the bytes of a member. */
void fci_archive_put_descriptor (fmtconv_archive *archive, const fci_archive_member *member);

/* Appends the directory and the records of its end. */
void fci_archive_put_directory (fmtconv_archive *archive);

/* Checks that the archives of all files are ended, and that nothing follows the last of a file.  Returns 0 or a code. */
int fci_archives_check (const fmtconv_layout *layout);

#endif

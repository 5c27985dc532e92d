/* core/source/source.h: random-access bytes, and what the executor must know of them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_SOURCE_H
#define FCI_SOURCE_SOURCE_H

#include <fmtconv/input.h>
#include <stdbool.h>
#include <sys/stat.h>

#define FCI_HINT_TRUNCATED "the file is truncated or still being written: copy it again"

/* A regular file that is open for reading until the context is freed. */
typedef struct fci_disk_file
{
  int fd;
  const char *path;
  struct stat opened;    /* as it was when opened; compared before publishing */
  fmtconv_source *whole; /* the file from its first to its last byte */
  struct fci_disk_file *next;
} fci_disk_file;

/* Windows are flat: a window of a window is a window of the file. */
struct fmtconv_source
{
  const char *name; /* for messages: the path, or "path: member"; first, where core/base looks for it */
  fmtconv_ctx *ctx;
  struct fci_sources *all; /* what is open in the context */
  uint32_t id;             /* ascending in the order made; unique in the context */
  fci_disk_file *disk;     /* NULL: memory */
  const uint8_t *memory;   /* `size` bytes; NULL: disk, or bytes that the executor will have measured */
  uint64_t start;          /* first byte in the file */
  uint64_t size;           /* bytes */
  bool has_crc;            /* crc is known and must match where all bytes are read */
  uint32_t crc;            /* CRC-32 of all bytes, as in zip */
};

_Static_assert(offsetof (struct fmtconv_source, name) == 0, "core/base/message.c reads the name");

enum
{
  FCI_READ_SHORT = -1 /* the file ends before: it was truncated while we ran */
};

/* n bytes from `offset` of the source to `to`.  0, an errno (ENODATA: there are none yet), or FCI_READ_SHORT.  Thread-safe; records
 * nothing on the context.  The range must lie in the source (asserted). */
int fci_source_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n);

/* Bytes in memory (referenced, not copied) as a source. */
fmtconv_source *fci_source_memory (fmtconv_ctx *ctx, const void *bytes, uint64_t size, const char *name);

/* The code behind fmtconv_cursor_take: checks the CRC of `source` over n bytes in `bytes` that are all of it. */
int fci_source_check_crc (const fmtconv_source *source, const void *bytes, size_t n);

/* fci_source_read that records its error. */
int fci_source_load (const fmtconv_source *source, uint64_t offset, void *to, size_t n);

/* The error that the bytes of `source` have another CRC than they should. */
int fci_source_bad_crc (const fmtconv_source *source, uint32_t crc);

#endif

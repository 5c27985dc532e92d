/* core/source/source.h: random-access bytes and the properties that the executor needs.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_SOURCE_H
#define FCI_SOURCE_SOURCE_H

#include "core/base/arena.h"
#include "core/base/sink.h"
#include <fmtconv/input.h>
#include <stdbool.h>
#include <sys/stat.h>

#define FCI_HINT_TRUNCATED "the file is truncated or still being written: copy it again"

/* A regular file, read until the context is freed.  `name` NULL: it stays open.  Else core/source/descriptors.h says when it
 * is open; with this header, `fd` is for core/source. */
typedef struct fci_disk_file
{
  int fd; /* -1: closed */
  const char *path;
  struct stat opened;    /* status when opened; compared before publishing */
  uint64_t file[2];      /* device and inode: the key in fci_sources.by_file */
  fmtconv_source *whole; /* the file from its first to its last byte */
  bool is_own;           /* a file of fmtconv itself, such as an index or a model file, not of an input */
  struct fci_disk_file *next;

  const struct fmtconv_input *folder; /* where it is opened again; NULL: `name` is a path */
  const char *name;
  unsigned n_users;                    /* reads that use `fd` now */
  struct fci_disk_file *older, *newer; /* among open files without such reads */
} fci_disk_file;

/* Reads bytes that are computed from those of another source: see fci_source_read. */
typedef int fci_source_reader (const fmtconv_source *source, uint64_t offset, void *to, size_t n);

/* Bytes that are computed when they are read. */
typedef struct fci_computed
{
  const struct fci_decoded *decoded; /* how the executor computes them; NULL: `read` does */
  const fmtconv_source *of;          /* the source that `read` takes bytes from */
  fci_source_reader *read;           /* core/source/recode.c */
  uint64_t columns;                  /* of a matrix in tiles: bytes in a row */
} fci_computed;

/* Windows are flat: a window of a window is a window of the file.  There may be one for each tensor: the struct is small, and a name
 * is put together when a message needs it. */
struct fmtconv_source
{
  const fmtconv_source *within; /* the source of which it is a part, for its name; NULL: none */
  const char *part;             /* its name there, or its whole name, a path; NULL: named by its first byte */
  fmtconv_ctx *ctx;
  fci_disk_file *disk;          /* NULL: memory */
  const uint8_t *memory;        /* `size` bytes; NULL: disk, or bytes that are computed or measured */
  const fci_computed *computed; /* NULL: the executor measures them before anything is written */
  uint64_t start;               /* first byte in the file, or in computed->of */
  uint64_t size;                /* bytes */
  uint32_t id;                  /* from 1 on, ascending in the order made; unique in the context */
  uint32_t crc;                 /* CRC-32 of all bytes, as in zip */
  bool has_crc;                 /* crc is known, and is checked when all bytes are read */
  bool is_scratch;              /* it ends with a scratch */
};

/* Returns how the executor computes the bytes; NULL: it does not. */
static inline const struct fci_decoded *
fci_source_decoder (const fmtconv_source *source)
{
  return source->computed ? source->computed->decoded : NULL;
}

/* Returns the name for messages: the path, or "path: member". */
const char *fci_source_name (const fmtconv_source *source);
void fci_source_put_name (fci_sink *to, const fmtconv_source *source);

/* Returns the source itself, or the nearest one of which it is a part that does not end with a scratch. */
const fmtconv_source *fci_source_lasting (const fmtconv_source *source);

/* Returns the source itself, or, if it ends with a scratch, the same bytes as one that does not: for whatever refers to it longer.
 * NULL: it is NULL, or an error. */
fmtconv_source *fci_source_keep (fmtconv_source *source);

enum
{
  FCI_READ_SHORT = -1,  /* the file ended early: it was truncated during the run */
  FCI_READ_CHANGED = -2 /* its name is now that of another file, or of none, or the file was written to */
};

/* Reads n bytes from `offset` of the source to `to`. Returns 0, an errno (ENODATA: not computed yet),
 * FCI_READ_SHORT or FCI_READ_CHANGED. Thread-safe; records no error. The range must be inside the source (asserted). */
int fci_source_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n);

/* Returns bytes in memory (referenced, not copied) as a source. */
fmtconv_source *fci_source_memory (fmtconv_ctx *ctx, const void *bytes, uint64_t size, const char *name);

/* Checks the CRC of `source` over its n bytes at `bytes`, which must be all of it. Returns 0 or the
 * recorded code. */
int fci_source_check_crc (const fmtconv_source *source, const void *bytes, size_t n);

/* Reads as fci_source_read does, and records the error. Returns 0 or its code. */
int fci_source_load (const fmtconv_source *source, uint64_t offset, void *to, size_t n);

/* Return the next n bytes, followed by a NUL, as fmtconv_cursor_take does, in the innermost scratch or in `memory`. */
const void *fci_cursor_take_scratch (fmtconv_cursor *cursor, uint64_t n);
const void *fci_cursor_take_in (fmtconv_cursor *cursor, uint64_t n, fci_arena *memory);

/* Records that the bytes of `source` have the CRC `crc` instead of the expected one. Returns its code. */
int fci_source_bad_crc (const fmtconv_source *source, uint32_t crc);

#endif

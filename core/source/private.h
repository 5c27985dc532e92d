/* core/source/private.h: what the files of this folder share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_PRIVATE_H
#define FCI_SOURCE_PRIVATE_H

#include "core/base/check.h"
#include "core/base/ctx.h"
#include "core/source/input.h"
#include "core/source/source.h"

#define FCI_HINT_TRUNCATED "the file is truncated or still being written: copy it again"

enum
{
  FCI_AHEAD = 1 << 13 /* bytes that cursors read ahead, so that a header of many numbers costs few calls */
};

/* What is open in a context, and what was read ahead. */
struct fci_sources
{
  fci_disk *disks;      /* newest first */
  fmtconv_input *typed; /* by the user, newest first */
  uint32_t next_id;

  /* What was read ahead: of which source (NULL: nothing), from where, how much. */
  const fmtconv_source *ahead_of;
  uint64_t ahead_start;
  size_t ahead_n;
  uint8_t ahead[FCI_AHEAD];
};

/* What is open in the context, made when first asked for.  NULL: out of memory. */
struct fci_sources *fci_sources_of (fmtconv_ctx *ctx);

/* A source without bytes yet; name is referenced (NULL flows). */
fmtconv_source *fci_source_new (fmtconv_ctx *ctx, const char *name);

/* fci_source_read that records its error. */
int fci_source_load (const fmtconv_source *source, uint64_t offset, void *to, size_t n);

/* The error that the bytes of `source` have another CRC than they should. */
int fci_source_bad_crc (const fmtconv_source *source, uint32_t crc);

/* "a folder", "a named pipe" …, for messages. */
const char *fci_kind_of (mode_t mode);

/* A file or folder.  Files are opened as sources at once, folders keep a descriptor. */
struct fmtconv_input
{
  fmtconv_ctx *ctx;
  const char *path; /* for messages */
  const char *base;
  struct stat stat;
  fmtconv_source *source;   /* of a file; NULL: a folder */
  int fd;                   /* of a folder; else -1 */
  const char *real;         /* of a folder: its path without links; NULL: not known */
  fmtconv_input *top;       /* of a folder: links may not lead out of this one */
  fmtconv_input *parent;    /* NULL: not asked for yet */
  fmtconv_input *before;    /* typed before it */
  const char *const *names; /* of a folder: sorted; NULL: not listed yet */
  size_t n_names;
  const fmtconv_peek *peek; /* NULL: not made yet */
  bool is_alone;            /* the files beside it are no part of it */
  bool is_named;            /* by the user, not found by a reader */
};

/* What was opened as `fd` (owned from now on) as an input; base: NULL for the last component of path.
 * Everything but regular files and folders is refused with `code`. */
fmtconv_input *fci_input_fd (fmtconv_ctx *ctx, int code, int fd, const char *path, const char *base);

/* `name`, one plain component, in `folder`, without following a link out of folder->top.
 * A descriptor, or -1 and errno: EXDEV where a link leads out. */
int fci_open_beneath (const fmtconv_input *folder, const char *name, int flags);

/* The path of an open descriptor without links, in the arena; NULL: not known. */
const char *fci_real_path (fmtconv_ctx *ctx, int fd);

/* Names of the folder's entries, listed once.  false: an error. */
bool fci_folder_list (fmtconv_input *folder);

#endif

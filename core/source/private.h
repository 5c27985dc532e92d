/* core/source/private.h: the fields of an input.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_PRIVATE_H
#define FCI_SOURCE_PRIVATE_H

#include "core/source/stored.h"
#include <fmtconv/input.h>
#include <stdbool.h>
#include <sys/stat.h>

/* A file or folder. Files are opened as sources at once; folders keep a descriptor. */
struct fmtconv_input
{
  fmtconv_ctx *ctx;
  const char *path; /* for messages */
  const char *base;
  struct stat stat;
  fmtconv_source *source;   /* file: its source; NULL: a folder */
  int fd;                   /* folder: its descriptor; else -1 */
  fmtconv_input *top;       /* folder: links may not lead out of this folder */
  fmtconv_input *parent;    /* NULL: not opened yet */
  fmtconv_input *before;    /* the previous input of the user */
  const char *const *names; /* folder: sorted; NULL: not listed yet */
  size_t n_names;
  const fmtconv_peek *peek;       /* NULL: not made yet */
  const fci_stored_files *stored; /* --verify: files that are read under their final names; NULL: none */
  const char *within;             /* … and the folder among their names; "" or "vae/" */
  const struct fci_tar *tar;      /* a folder inside an archive: its members; NULL: of the file system */
  const char *at;                 /* … and its path there: "" or "vae/" */
  bool is_alone;                  /* files next to it are not part of it */
  bool is_named;                  /* named by the user, not found by a reader */
};

#endif

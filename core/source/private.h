/* core/source/private.h: an input from inside: a file or folder that is open.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_PRIVATE_H
#define FCI_SOURCE_PRIVATE_H

#include <fmtconv/input.h>
#include <stdbool.h>
#include <sys/stat.h>

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

#endif

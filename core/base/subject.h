/* core/base/subject.h: what messages are about while something runs.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_SUBJECT_H
#define FCI_BASE_SUBJECT_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* One frame of a stack.  It lies in its caller's own memory until it is popped. */
typedef struct fci_subject
{
  const char *plugin; /* whose callback runs; NULL: the core */
  const char *
      file; /* begins each message: an input's path, a component's name, a place in a spec; NULL: nothing does */
  bool is_read;    /* a reader runs: its errors without a hint get the usual hint of their code */
  bool is_written; /* what is parsed stands in a file, not in a command: E_USAGE becomes E_FORMAT */
  bool is_quiet;   /* only errors are reported */
  const struct fci_subject *outer; /* set by fci_subject_push */
} fci_subject;

/* Returns the top of the stack, never NULL. */
const fci_subject *fci_subject_now (const fmtconv_ctx *ctx);

/* Puts a frame on the stack, which its caller starts as a copy of the top; or a copy of the top with another file. */
void fci_subject_push (fmtconv_ctx *ctx, fci_subject *frame);
void fci_subject_push_file (fmtconv_ctx *ctx, fci_subject *frame, const char *file);

/* Takes the frame off the stack, and all that lie on it. */
void fci_subject_pop (fmtconv_ctx *ctx, const fci_subject *frame);

#endif

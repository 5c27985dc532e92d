/* core/base/subject.h: the stack of subjects that messages refer to.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_SUBJECT_H
#define FCI_BASE_SUBJECT_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* One frame of the stack. Its memory belongs to the caller until it is popped. */
typedef struct fci_subject
{
  const char *plugin; /* plugin that runs; NULL: the core */
  const char
      *file; /* prefix of each message: an input's path, a component's name, a place in a spec; NULL: none */
  const char *reads;            /* "the JSON text": what is parsed, for an error of memory; NULL: nothing */
  const fmtconv_source *source; /* the file with it; NULL: `file` */
  bool is_read;    /* a reader runs: its errors without a hint get the usual hint for their code */
  bool is_written; /* the parsed text is in a file, not in a command: E_USAGE becomes E_FORMAT */
  bool is_quiet;   /* only errors are reported */
  const struct fci_subject *outer; /* set by fci_subject_push */
} fci_subject;

/* Returns the top of the stack, never NULL. */
const fci_subject *fci_subject_now (const fmtconv_ctx *ctx);

/* Pushes a frame, which its caller initializes as a copy of the top; the second form copies the top and
 * replaces the file. */
void fci_subject_push (fmtconv_ctx *ctx, fci_subject *frame);
void fci_subject_push_file (fmtconv_ctx *ctx, fci_subject *frame, const char *file);

/* Pushes a copy of the top in which `reads` is parsed, bytes of `source`; both as in fci_subject. */
void fci_subject_push_reads (fmtconv_ctx *ctx, fci_subject *frame, const char *reads,
                             const fmtconv_source *source);

/* Pops the frame and all frames above it. */
void fci_subject_pop (fmtconv_ctx *ctx, const fci_subject *frame);

#endif

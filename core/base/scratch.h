/* core/base/scratch.h: memory of a stretch of work, which ends with it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a reader needs only while it reads, such as the values of a pickle, is not in the context's arena: it would stay until
 * the end of the conversion.  Scratches nest; fmtconv_scratch_alloc takes from the innermost. */
#ifndef FCI_BASE_SCRATCH_H
#define FCI_BASE_SCRATCH_H

#include "core/base/ctx.h"

typedef struct fci_scratch
{
  fci_arena arena; /* holds this struct too */
  struct fci_scratch *outer;
  bool is_callback;               /* the core began it: fmtconv_scratch_end does not end it */
  struct fci_scratch_call *calls; /* newest first; NULL: none */
} fci_scratch;

/* Begins the scratch of a callback.  Returns that which it is inside, NULL: none, for fci_scratch_end_all.  Without memory, the error is
 * recorded and there is no new one. */
fci_scratch *fci_scratch_begin (fmtconv_ctx *ctx);

/* Ends all scratches inside `outer`, also after an error. */
void fci_scratch_end_all (fmtconv_ctx *ctx, fci_scratch *outer);

/* Registers `undo (arg)` to run before the innermost scratch ends, newest first; there must be one.  Returns 0 or E_NOMEM, and
 * registers nothing. */
int fci_scratch_defer (fmtconv_ctx *ctx, void (*undo) (void *arg), void *arg);

/* Returns the scratch of the running callback; NULL: none. */
fci_scratch *fci_scratch_of_callback (const fmtconv_ctx *ctx);

/* Returns the scratch that an address is in; NULL: it is in none. */
fci_scratch *fci_scratch_of (const fmtconv_ctx *ctx, const void *address);

/* Makes another scratch the innermost, so that what belongs to an older object lives as long as this one.  Returns the one
 * before, to switch back to. */
fci_scratch *fci_scratch_switch (fmtconv_ctx *ctx, fci_scratch *to);

/* Keeps the memory of all scratches that begin from now on until the context is freed: for callers that look at what readers
 * leave. */
void fci_scratch_keep (fmtconv_ctx *ctx);

/* Returns the arena of the innermost scratch; outside of all, that of the context. */
fci_arena *fci_scratch_arena (fmtconv_ctx *ctx);

/* Gives back an allocation of n bytes from the innermost scratch that was replaced by a larger one, if that is possible. */
void fci_scratch_release (fmtconv_ctx *ctx, const void *piece, size_t n);

/* Returns a copy of n bytes of s with a NUL appended, in the innermost scratch; NULL: s is NULL, or out of memory. */
char *fci_scratch_strndup (fmtconv_ctx *ctx, const void *s, size_t n);

#endif

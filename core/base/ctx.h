/* core/base/ctx.h: the context: arena, options, first error, messages, cleanup functions.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_CTX_H
#define FCI_BASE_CTX_H

#include "core/base/arena.h"
#include "core/base/budget.h"
#include "core/base/message.h"
#include "core/base/subject.h"
#include <fmtconv/fmtconv.h>
#include <fmtconv/formats.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct fci_defer fci_defer;
typedef struct fci_kept fci_kept;

struct fmtconv_ctx
{
  fci_budget budget; /* of the arena, the maps, and the libraries that parse */
  fci_arena arena;
  uint64_t hash_seed[2];        /* of every fci_map */
  fmtconv_options options;      /* defaults filled in: threads >= 1, memory > 0 */
  int failed;                   /* code of the first error, 0: none */
  const fmtconv_message *error; /* the first error as it was reported; NULL: none */
  int muted;                    /* > 0: messages and errors are not reported, see fci_try_begin */
  atomic_int cancelled;
  const fci_subject *subject; /* top of a stack; NULL: nothing yet */
  const char **details;       /* lines for the next message */
  size_t n_details;
  size_t details_capacity;
  size_t n_more;
  fci_defer *defers;           /* newest first */
  struct fci_scratch *scratch; /* the innermost; NULL: none.  core/base/scratch.h */
  bool keeps_scratch;
  struct fci_sources *sources; /* core/source/disk.h; NULL: none was opened yet */
  void (*put_source_name) (fci_sink *to,
                           const fmtconv_source *source); /* for messages; core/source sets it */
  fci_kept *kept;                                         /* state of other folders: core/base/state.h */
};

/* Returns a new context without the built-in plugins, which fmtconv_ctx_new adds; it has failed if the options are
 * wrong. NULL: out of memory. */
fmtconv_ctx *fci_ctx_new (const fmtconv_options *options);

/* Registers `undo (arg)` to run when the context is freed, newest first. Returns 0, also after an error;
 * E_NOMEM: recorded, and `undo (arg)` was run at once. */
int fci_defer_call (fmtconv_ctx *ctx, void (*undo) (void *arg), void *arg);

/* Returns n zeroed objects of `size` bytes from an arena of the context, as fmtconv_ctx_alloc does from its own. */
void *fci_alloc_in (fmtconv_ctx *ctx, fci_arena *arena, size_t n, size_t size);

/* Returns a zeroed object from the arena, as fmtconv_ctx_alloc does. */
#define fci_new(ctx, type) ((type *) fmtconv_ctx_alloc (ctx, 1, sizeof (type)))

/* Returns a copy of n bytes of s, or of a string, with a NUL appended. NULL: s is NULL, or out of memory. */
char *fci_strndup (fmtconv_ctx *ctx, const void *s, size_t n);
char *fci_strdup (fmtconv_ctx *ctx, const char *s);

/* Records E_NOMEM and returns NULL. */
void *fci_nomem (fmtconv_ctx *ctx);

/* An empty arena next to the context's own, which shares its budget. The caller clears it. */
#define FCI_ARENA_BESIDE(ctx) ((fci_arena){ .budget = &(ctx)->budget })

/* Begins a stretch in which errors and messages are not reported. Errors are still recorded, so that calls
 * become no-ops as usual; fci_try_end clears them and returns the code (0: none). For trying rules and
 * probes. May be nested; must not begin after an error.  Failures of the system, E_IO and E_NOMEM, and lack of the
 * context's memory say nothing about what was tried: fci_try_end reports them, and the context has failed. */
typedef struct fci_try
{
  int failed;
  int muted;
  const fmtconv_message *error;
  const fci_subject *subject;
  void (*message) (void *arg, const fmtconv_message *message);
  void *arg;
} fci_try;
void fci_try_begin (fmtconv_ctx *ctx, fci_try *saved);
/* Begins the same, and sends messages to `message` until fci_try_end. */
void fci_try_listen (fmtconv_ctx *ctx, fci_try *saved,
                     void (*message) (void *arg, const fmtconv_message *message), void *arg);
int fci_try_end (fmtconv_ctx *ctx, const fci_try *saved);
/* Ends it, and forgets failures of the system too: for what a complete result can do without. */
int fci_try_forget (fmtconv_ctx *ctx, const fci_try *saved);

/* Records and returns E_CANCELLED if fmtconv_ctx_cancel was called, or the error of the rank because of which it was; else
 * returns 0. */
int fci_check_cancel (fmtconv_ctx *ctx);

#endif

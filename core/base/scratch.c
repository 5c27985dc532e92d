/* core/base/scratch.c: memory of a stretch of work, which ends with it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/base/size.h"
#include <string.h>

typedef struct fci_scratch_call
{
  struct fci_scratch_call *next;
  void (*undo) (void *arg);
  void *arg;
} fci_scratch_call;

/* is_callback: only fci_scratch_end_all ends it. */
static fci_scratch *
begin (fmtconv_ctx *ctx, bool is_callback)
{
  fci_scratch *const outer = ctx->scratch;
  if (ctx->failed || ctx->keeps_scratch)
    return outer;
  fci_arena arena = FCI_ARENA_BESIDE (ctx);
  fci_scratch *inner = fci_arena_alloc (&arena, sizeof *inner);
  if (!inner)
    {
      fci_nomem (ctx);
      return outer;
    }
  *inner = (fci_scratch){ .arena = arena, .outer = outer, .is_callback = is_callback };
  ctx->scratch = inner;
  return outer;
}

fci_scratch *
fci_scratch_begin (fmtconv_ctx *ctx)
{
  return begin (ctx, true);
}

int
fci_scratch_defer (fmtconv_ctx *ctx, void (*undo) (void *arg), void *arg)
{
  fci_scratch_call *call = fmtconv_scratch_alloc (ctx, 1, sizeof *call);
  if (!call)
    return fmtconv_ctx_failed (ctx);
  *call = (fci_scratch_call){ .next = ctx->scratch->calls, .undo = undo, .arg = arg };
  ctx->scratch->calls = call;
  return 0;
}

/* The arena is moved out of itself before it is cleared. */
static void
end (fmtconv_ctx *ctx)
{
  for (const fci_scratch_call *call = ctx->scratch->calls; call; call = call->next)
    call->undo (call->arg);
  fci_arena arena = ctx->scratch->arena;
  ctx->scratch = ctx->scratch->outer;
  fci_arena_clear (&arena);
}

void
fci_scratch_end_all (fmtconv_ctx *ctx, fci_scratch *outer)
{
  while (ctx->scratch && ctx->scratch != outer)
    end (ctx);
}

fci_scratch *
fci_scratch_of_callback (const fmtconv_ctx *ctx)
{
  fci_scratch *scratch = ctx->scratch;
  while (scratch && !scratch->is_callback)
    scratch = scratch->outer;
  return scratch;
}

fci_scratch *
fci_scratch_of (const fmtconv_ctx *ctx, const void *address)
{
  fci_scratch *scratch = ctx->scratch;
  while (scratch && !fci_arena_holds (&scratch->arena, address))
    scratch = scratch->outer;
  return scratch;
}

fci_scratch *
fci_scratch_switch (fmtconv_ctx *ctx, fci_scratch *to)
{
  fci_scratch *const before = ctx->scratch;
  ctx->scratch = to;
  return before;
}

void
fci_scratch_keep (fmtconv_ctx *ctx)
{
  ctx->keeps_scratch = true;
}

void
fmtconv_scratch_begin (fmtconv_ctx *ctx)
{
  if (ctx)
    begin (ctx, false);
}

/* After an error, what is open ends with the callback, because one may have failed to begin. */
void
fmtconv_scratch_end (fmtconv_ctx *ctx)
{
  if (!ctx || ctx->failed || ctx->keeps_scratch)
    return;
  if (ctx->scratch && !ctx->scratch->is_callback)
    end (ctx);
  else
    fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "fmtconv_scratch_end was called without fmtconv_scratch_begin");
}

void *
fmtconv_scratch_alloc (fmtconv_ctx *ctx, size_t n, size_t size)
{
  return ctx ? fci_alloc_in (ctx, fci_scratch_arena (ctx), n, size) : NULL;
}

fci_arena *
fci_scratch_arena (fmtconv_ctx *ctx)
{
  return ctx->scratch ? &ctx->scratch->arena : &ctx->arena;
}

void
fci_scratch_release (fmtconv_ctx *ctx, const void *piece, size_t n)
{
  fci_arena_release (fci_scratch_arena (ctx), piece, n);
}

char *
fci_scratch_strndup (fmtconv_ctx *ctx, const void *s, size_t n)
{
  uint64_t bytes;
  char *copy = s && fci_size_add (n, 1, &bytes) ? fmtconv_scratch_alloc (ctx, 1, bytes) : NULL;
  if (copy)
    memcpy (copy, s, n);
  return copy;
}

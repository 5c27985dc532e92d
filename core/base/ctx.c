/* core/base/ctx.c: contexts: options, memory, cleanup, trying, cancelling.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/size.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum
{
  DEFAULT_MEMORY = 64 * 1024 * 1024
};

struct fci_defer
{
  fci_defer *next;
  void (*undo) (void *arg);
  void *arg;
};

const char *
fmtconv_version (void)
{
  return FCI_VERSION;
}

/* Seeds the hash. Without entropy (early at boot) the clock and an address are used. */
static void
seed (fmtconv_ctx *ctx)
{
  if (fci_os_random (ctx->hash_seed, sizeof ctx->hash_seed))
    return;
  struct timespec now = { 0 };
  clock_gettime (CLOCK_MONOTONIC, &now);
  ctx->hash_seed[0] = (uint64_t) now.tv_nsec;
  ctx->hash_seed[1] = (uint64_t) (uintptr_t) ctx;
}

/* Copies the options. An application built against another version has a shorter or longer struct. */
static void
take_options (fmtconv_ctx *ctx, const fmtconv_options *options)
{
  fmtconv_options *mine = &ctx->options;
  if (options)
    memcpy (mine, options, options->struct_size < sizeof *mine ? options->struct_size : sizeof *mine);
  mine->struct_size = sizeof *mine;
  if (mine->threads == 0)
    mine->threads = fci_os_cores ();
  if (mine->memory == 0)
    mine->memory = DEFAULT_MEMORY;
  if (mine->plugin_dir)
    mine->plugin_dir = fci_strdup (ctx, mine->plugin_dir);
}

fmtconv_ctx *
fci_ctx_new (const fmtconv_options *options)
{
  fmtconv_ctx *ctx = calloc (1, sizeof *ctx);
  if (!ctx)
    return NULL;
  atomic_init (&ctx->cancelled, 0);
  seed (ctx);
  take_options (ctx, options);
  if (ctx->failed)
    {
      fmtconv_ctx_free (ctx);
      return NULL;
    }
  return ctx;
}

void
fmtconv_ctx_free (fmtconv_ctx *ctx)
{
  if (!ctx)
    return;
  while (ctx->defers)
    {
      fci_defer *defer = ctx->defers;
      ctx->defers = defer->next;
      defer->undo (defer->arg);
    }
  fci_arena_clear (&ctx->arena);
  free (ctx);
}

void
fmtconv_ctx_cancel (fmtconv_ctx *ctx)
{
  if (ctx)
    atomic_store (&ctx->cancelled, 1);
}

int
fci_check_cancel (fmtconv_ctx *ctx)
{
  if (!atomic_load_explicit (&ctx->cancelled, memory_order_relaxed))
    return 0;
  return fmtconv_fail (ctx, FMTCONV_E_CANCELLED, "cancelled");
}

int
fci_defer_call (fmtconv_ctx *ctx, void (*undo) (void *arg), void *arg)
{
  fci_defer *defer = fci_arena_alloc (&ctx->arena, sizeof *defer);
  if (!defer)
    {
      fci_nomem (ctx);
      undo (arg);
      return FMTCONV_E_NOMEM;
    }
  *defer = (fci_defer){ .next = ctx->defers, .undo = undo, .arg = arg };
  ctx->defers = defer;
  return 0;
}

void *
fci_nomem (fmtconv_ctx *ctx)
{
  fmtconv_fail (ctx, FMTCONV_E_NOMEM, "out of memory");
  return NULL;
}

void *
fmtconv_ctx_alloc (fmtconv_ctx *ctx, size_t n, size_t size)
{
  if (!ctx || ctx->failed)
    return NULL;
  uint64_t bytes;
  if (!fci_size_mul (n, size, &bytes) || bytes > SIZE_MAX)
    return fci_nomem (ctx);
  void *piece = fci_arena_alloc (&ctx->arena, bytes);
  return piece ? piece : fci_nomem (ctx);
}

char *
fci_strndup (fmtconv_ctx *ctx, const void *s, size_t n)
{
  uint64_t bytes;
  if (!s || !fci_size_add (n, 1, &bytes))
    return NULL;
  char *copy = fmtconv_ctx_alloc (ctx, 1, bytes);
  if (copy)
    memcpy (copy, s, n);
  return copy;
}

char *
fci_strdup (fmtconv_ctx *ctx, const char *s)
{
  return s ? fci_strndup (ctx, s, strlen (s)) : NULL;
}

void
fci_try_begin (fmtconv_ctx *ctx, fci_try *saved)
{
  *saved = (fci_try){ .failed = ctx->failed,
                      .muted = ctx->muted,
                      .subject = ctx->subject,
                      .message = ctx->options.message,
                      .arg = ctx->options.arg };
  ctx->muted++;
}

void
fci_try_listen (fmtconv_ctx *ctx, fci_try *saved, void (*message) (void *arg, const fmtconv_message *message),
                void *arg)
{
  fci_try_begin (ctx, saved);
  ctx->muted = 0;
  ctx->options.message = message;
  ctx->options.arg = arg;
}

int
fci_try_end (fmtconv_ctx *ctx, const fci_try *saved)
{
  int code = ctx->failed;
  ctx->failed = saved->failed;
  ctx->subject = saved->subject;
  ctx->n_details = 0;
  ctx->n_more = 0;
  ctx->muted = saved->muted;
  ctx->options.message = saved->message;
  ctx->options.arg = saved->arg;
  return code;
}

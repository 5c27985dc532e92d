/* core/base/ctx.c: contexts: options, memory, cleanup, trying, cancelling.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/ranks.h"
#include "core/base/scratch.h"
#include "core/base/size.h"
#include "core/base/structs.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum
{
  DEFAULT_MEMORY = 64 << 20,
  DEFAULT_PARSE_MEMORY = 256 << 20,
  MAX_THREADS = 1024,
  MAX_SHARES = 100000,
  KNOWN_FLAGS = FMTCONV_STRICT | FMTCONV_ALLOW_LOSSY | FMTCONV_FORCE | FMTCONV_DRY_RUN | FMTCONV_VERIFY
                | FMTCONV_LIST | FMTCONV_STATS | FMTCONV_PROVENANCE | FMTCONV_ALLOW_PATHS | FMTCONV_RESUME
                | FMTCONV_PUBLISH
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

/* Returns 0, or E_USAGE for a flag or a number that this library does not know. */
static int
check_options (fmtconv_ctx *ctx, const fmtconv_options *options)
{
  static const fmtconv_where where = { .hint =
                                           "the program was built for a later fmtconv, or set a wrong bit" };
  const unsigned unknown = options->flags & ~(unsigned) KNOWN_FLAGS;
  if (unknown)
    return fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where,
                            "fmtconv_options.flags has bit %d (0x%x), which fmtconv %s does not know",
                            __builtin_ctz (unknown), unknown & -unknown, fmtconv_version ());
  if (options->threads > MAX_THREADS)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "fmtconv_options.threads is %u; at most %d are possible",
                         options->threads, MAX_THREADS);
  if (options->shares ? options->share < 1 || options->share > options->shares : options->share != 0)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "there is no share %u of %u", options->share, options->shares);
  if (options->shares > MAX_SHARES)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "fmtconv_options.shares is %u; at most %d are possible",
                         options->shares, MAX_SHARES);
  if (options->shares && options->flags & FMTCONV_PUBLISH)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "a share is not published alone: first all shares, then FMTCONV_PUBLISH");
  if (options->ranks && (options->shares || options->flags & FMTCONV_PUBLISH))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "ranks deal the shares among themselves, and publish them");
  return 0;
}

/* Takes the callbacks first, so that an error in the other options reaches the application.  A struct that is too
 * short to have them is refused, and then only fmtconv_ctx_error tells why. */
static void
take_callbacks (fmtconv_ctx *ctx, const fmtconv_options *options)
{
  if (!fci_struct_has_size (FCI_STRUCT (fmtconv_options), options))
    return;
  ctx->options.message = options->message;
  ctx->options.progress = options->progress;
  ctx->options.arg = options->arg;
}

/* Copies the options, and the texts in them. */
static int
take_options (fmtconv_ctx *ctx, const fmtconv_options *options)
{
  fmtconv_options *mine = &ctx->options, given;
  take_callbacks (ctx, options);
  if (fci_struct_take (ctx, FCI_STRUCT (fmtconv_options), options, &given) || check_options (ctx, &given))
    return ctx->failed;
  *mine = given;
  mine->plugin_dirs =
      fci_strings_take (ctx, "fmtconv_options.plugin_dirs", given.plugin_dirs, given.n_plugin_dirs);
  mine->preset_dirs =
      fci_strings_take (ctx, "fmtconv_options.preset_dirs", given.preset_dirs, given.n_preset_dirs);
  return ctx->failed;
}

static void
set_defaults (fmtconv_options *options)
{
  options->struct_size = sizeof *options;
  if (options->threads == 0)
    options->threads = fci_os_cores ();
  if (options->memory == 0)
    options->memory = DEFAULT_MEMORY;
  if (options->parse_memory == 0)
    options->parse_memory = DEFAULT_PARSE_MEMORY;
  if (options->memory > PTRDIFF_MAX) /* more than a 32-bit machine can have */
    options->memory = PTRDIFF_MAX;
}

fmtconv_ctx *
fci_ctx_new (const fmtconv_options *options)
{
  fmtconv_ctx *ctx = calloc (1, sizeof *ctx);
  if (!ctx)
    return NULL;
  atomic_init (&ctx->cancelled, 0);
  ctx->arena = FCI_ARENA_BESIDE (ctx);
  ctx->budget.limit = UINT64_MAX; /* until the options are known */
  seed (ctx);
  if (options)
    take_options (ctx, options);
  ctx->budget.is_default = ctx->options.parse_memory == 0;
  set_defaults (&ctx->options);
  ctx->budget.limit = ctx->options.parse_memory;
  if (ctx->failed != FMTCONV_E_NOMEM)
    return ctx;
  fmtconv_ctx_free (ctx);
  return NULL;
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
  fci_scratch_end_all (ctx, NULL);
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
  return fci_ranks_fail (ctx) ? ctx->failed : fmtconv_fail (ctx, FMTCONV_E_CANCELLED, "cancelled");
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
fci_alloc_in (fmtconv_ctx *ctx, fci_arena *arena, size_t n, size_t size)
{
  if (ctx->failed)
    return NULL;
  uint64_t bytes;
  if (!fci_size_mul (n, size, &bytes) || bytes > SIZE_MAX)
    return fci_nomem (ctx);
  void *piece = fci_arena_alloc (arena, bytes);
  return piece ? piece : fci_nomem (ctx);
}

void *
fmtconv_ctx_alloc (fmtconv_ctx *ctx, size_t n, size_t size)
{
  return ctx ? fci_alloc_in (ctx, &ctx->arena, n, size) : NULL;
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
                      .error = ctx->error,
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
fci_try_forget (fmtconv_ctx *ctx, const fci_try *saved)
{
  const int code = ctx->failed;
  ctx->budget.is_over = false;
  ctx->failed = saved->failed;
  ctx->error = saved->error;
  ctx->subject = saved->subject;
  ctx->n_details = 0;
  ctx->n_more = 0;
  ctx->muted = saved->muted;
  ctx->options.message = saved->message;
  ctx->options.arg = saved->arg;
  return code;
}

int
fci_try_end (fmtconv_ctx *ctx, const fci_try *saved)
{
  const fmtconv_message *error = ctx->error;
  const bool is_over = ctx->budget.is_over, is_final = fci_failure_is_final (ctx, ctx->failed);
  const int code = fci_try_forget (ctx, saved);
  if (!is_final)
    return code;
  ctx->budget.is_over = is_over;
  ctx->failed = code;
  ctx->error = error;
  if (!ctx->muted)
    fci_error_report (ctx);
  return code;
}

/* core/base/block-types.c: the block types of plugins, known to the whole process.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/block-types.h"
#include "core/base/ctx.h"
#include "core/base/state.h"
#include <fmtconv/formats.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

enum
{
  MAX_TYPES = 1024
};

/* Entries are complete before n counts them, and never change. */
static fci_block_type types[MAX_TYPES];
static atomic_size_t n;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

uint32_t
fci_block_type_number (const fmtconv_block_type *type)
{
  uint32_t hash = 2166136261u; /* FNV-1a */
  if (type->gguf)
    return FMTCONV_GGML + type->gguf;
  for (const char *c = type->name; *c; c++)
    hash = (hash ^ (unsigned char) *c) * 16777619u;
  return hash | UINT32_C (1) << 31;
}

const fci_block_type *
fci_block_type_at (size_t i)
{
  return i < atomic_load_explicit (&n, memory_order_acquire) ? &types[i] : NULL;
}

const fci_block_type *
fci_block_type_get (uint32_t dtype)
{
  const fci_block_type *t;
  for (size_t i = 0; (t = fci_block_type_at (i)) && t->info.dtype != dtype;)
    i++;
  return t;
}

const fci_block_type *
fci_block_type_named (const char *name)
{
  const fci_block_type *t;
  for (size_t i = 0; (t = fci_block_type_at (i)) && strcasecmp (t->type.name, name) != 0;)
    i++;
  return t;
}

const fmtconv_block_type *
fmtconv_block_type_get (uint32_t dtype)
{
  const fci_block_type *type = fci_block_type_get (dtype);
  return type ? &type->type : NULL;
}

static bool
is_same (const fci_block_type *a, const fmtconv_block_type *b)
{
  return strcmp (a->type.name, b->name) == 0 && a->type.block == b->block
         && a->type.block_bytes == b->block_bytes && a->type.gguf == b->gguf && a->type.decode == b->decode
         && a->type.encode == b->encode && a->type.uses_importance == b->uses_importance;
}

/* Returns whether that very type was added before. */
static bool
is_known (const fmtconv_block_type *type)
{
  const fci_block_type *known = fci_block_type_named (type->name);
  return known && is_same (known, type);
}

/* Returns why the type cannot be added next to those of the process; NULL: it can. */
static const char *
reason (fmtconv_ctx *ctx, const fmtconv_block_type *type)
{
  const fci_block_type *named = fci_block_type_named (type->name),
                       *numbered = fci_block_type_get (fci_block_type_number (type));
  if (named)
    return fmtconv_ctx_printf (ctx, "its block type '%s' is one of the plugin '%s' already", type->name,
                               named->plugin);
  if (numbered)
    return fmtconv_ctx_printf (ctx, "its block type '%s' has the number of '%s' of the plugin '%s'",
                               type->name, numbered->type.name, numbered->plugin);
  return NULL;
}

/* Returns why type number k cannot be added next to those before it in the list; NULL: it can. */
static const char *
reason_in_list (fmtconv_ctx *ctx, const fmtconv_block_type *const *list, size_t k)
{
  for (size_t i = 0; i < k; i++)
    {
      if (strcmp (list[i]->name, list[k]->name) == 0)
        return fmtconv_ctx_printf (ctx, "it has two block types '%s'", list[k]->name);
      if (fci_block_type_number (list[i]) == fci_block_type_number (list[k]))
        return fmtconv_ctx_printf (ctx, "its block types '%s' and '%s' have the same number", list[i]->name,
                                   list[k]->name);
    }
  return NULL;
}

/* Returns why one of the types cannot be added; NULL: all can. */
static const char *
reason_of_any (fmtconv_ctx *ctx, const fmtconv_block_type *const *list)
{
  size_t more = atomic_load_explicit (&n, memory_order_relaxed);
  for (size_t k = 0; list[k] && !ctx->failed; k++)
    {
      const char *why = reason_in_list (ctx, list, k);
      const bool is_new = !is_known (list[k]);
      if (!why && is_new)
        why = reason (ctx, list[k]);
      if (why)
        return why;
      more += is_new;
    }
  return more > MAX_TYPES ? "the process has too many block types" : NULL;
}

/* Adds a type that has a place. */
static void
append (const char *plugin, const fmtconv_block_type *type)
{
  const size_t at = atomic_load_explicit (&n, memory_order_relaxed);
  fci_block_type *t = &types[at];
  t->type = *type;
  t->info = (fmtconv_dtype_info){ .name = type->name,
                                  .dtype = fci_block_type_number (type),
                                  .block = type->block,
                                  .block_bytes = type->block_bytes };
  strncpy (t->plugin, plugin, sizeof t->plugin - 1);
  atomic_store_explicit (&n, at + 1, memory_order_release);
}

const char *
fci_block_types_add (fmtconv_ctx *ctx, const char *plugin, const fmtconv_block_type *const *list)
{
  pthread_mutex_lock (&lock);
  const char *why = reason_of_any (ctx, list);
  for (size_t i = 0; list[i] && !why && !ctx->failed; i++)
    if (!is_known (list[i]))
      append (plugin, list[i]);
  pthread_mutex_unlock (&lock);
  return why;
}

/* ---- What is not known yet */

typedef struct held
{
  fci_block_type_loader *loader;
} held;

static const fci_state_key key = { "base/block-types.c", sizeof (held) };

int
fci_block_types_hold (fmtconv_ctx *ctx, fci_block_type_loader *loader)
{
  held *h = fci_state (ctx, &key);
  if (h)
    h->loader = loader;
  return ctx->failed;
}

int
fci_block_types_load (fmtconv_ctx *ctx, const char *name, uint32_t gguf)
{
  const held *h = fci_state_find (ctx, &key);
  return h && !ctx->failed ? h->loader (ctx, name, gguf) : ctx->failed;
}

/* plugins/safetensors/ties.c: decides which name of a tied tensor is kept, and which names the metadata records.
 * SPDX-License-Identifier: Apache-2.0
 *
 * As in safetensors: convert.py and py_src/safetensors/torch.py (save_model), both in bindings/python. The
 * first name that no model class discards is kept, and __metadata__[other name] is the kept name. */
#include "config.h"
#include "plugins/common/index.h"
#include "safetensors.h"
#include <fmtconv/formats.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* One of several names for the same bytes. */
struct name
{
  const fmtconv_tensor *tensor;
  size_t place; /* in the model */
  size_t first; /* place of the first name of these bytes */
  size_t rank;  /* the lowest is kept */
};

/* Names that classes of transformers omit when they tie them, so another name must be kept; later names in
 * the list are less wanted.  Source: _tied_weights_keys of transformers 5, src/transformers/models: T5, BART,
 * BERT, RoBERTa, Whisper, GPT-2, Llama and similar classes. */
static const char *const discarded[] = {
  "*coder.embed_tokens.weight",
  "*coder.word_embeddings.weight",
  "*predictions.decoder.*",
  "*head.decoder.*",
  "*score.decoder.weight",
  "decoder.weight",
  "lm_head.out_proj.weight",
  "*lm_head.weight",
  "lm_loss.weight",
  "head.weight",
  "embed_out.weight",
  "*proj_out.weight",
  "*output_projection.weight",
  "pred_layer.proj.weight",
  "vocab_projector.weight",
};

/* Returns the rank of a name: user's choices first, then names that no class discards. */
static size_t
rank_of (const fmtconv_pairs *keep, const char *name)
{
  size_t rank = fmtconv_globs_find (keep, name);
  if (rank < keep->n)
    return rank;
  for (size_t i = sizeof discarded / sizeof *discarded; i > 0; i--)
    if (fmtconv_glob_match (discarded[i - 1], name))
      return rank + i;
  return rank;
}

static int
by_tensor (const void *a, const void *b)
{
  uintptr_t x = (uintptr_t) ((const struct name *) a)->tensor;
  uintptr_t y = (uintptr_t) ((const struct name *) b)->tensor;
  return (x > y) - (x < y);
}

/* Groups names of the same bytes, with the name to keep first. */
static int
by_request (const void *a, const void *b)
{
  const struct name *x = a, *y = b;
  if (x->first != y->first)
    return x->first < y->first ? -1 : 1;
  if (x->rank != y->rank)
    return x->rank < y->rank ? -1 : 1;
  return strcmp (x->tensor->name, y->tensor->name);
}

static int
by_kept (const void *a, const void *b)
{
  const struct safetensors_alias *x = a, *y = b;
  uintptr_t p = (uintptr_t) x->kept, q = (uintptr_t) y->kept;
  return p != q ? (p > q) - (p < q) : strcmp (x->name, y->name);
}

/* Lists all tied tensors in groups.  Returns their number. */
static size_t
find_names (const fmtconv_model *model, const fmtconv_pairs *keep, struct name *names)
{
  size_t n = 0, place = 0;
  FMTCONV_FOREACH (t, model)
    {
      if (fmtconv_model_tied (model, t))
        names[n++] = (struct name){ .tensor = t, .place = place, .rank = rank_of (keep, t->name) };
      place++;
    }
  qsort (names, n, sizeof *names, by_tensor);
  for (size_t i = 0; i < n; i++)
    {
      const struct name duplicate = { .tensor = fmtconv_model_tied (model, names[i].tensor) };
      const struct name *found = bsearch (&duplicate, names, n, sizeof *names, by_tensor);
      names[i].first = found && found->place < names[i].place ? found->place : names[i].place;
    }
  qsort (names, n, sizeof *names, by_request);
  return n;
}

/* Sets kept[place] to the tensor whose name replaces the name at that place; NULL: the name is written.  A
 * name is also written if the reader would not recognize it, or if the metadata already has an entry for it.
 * */
static void
choose (fmtconv_ctx *ctx, const struct name *names, size_t n, fmtconv_attr *metadata,
        const fmtconv_tensor **kept)
{
  size_t full = 0;
  for (size_t i = 0, best = 0; i < n; i++)
    {
      const char *name = names[i].tensor->name;
      if (i == 0 || names[i].first != names[best].first)
        best = i;
      else if (fmtconv_attr_get (metadata, name) || !index_is_alias (name, names[best].tensor->name))
        {
          fmtconv_detail (ctx, "'%s' is '%s'", name, names[best].tensor->name);
          full++;
        }
      else
        kept[names[i].place] = names[best].tensor;
    }
  if (full)
    fmtconv_note (
        ctx,
        full == 1 ? "%zu tied tensor is written in full, because readers would not take its metadata entry "
                    "as a name:"
                  : "%zu tied tensors are written in full, because readers would not take their metadata "
                    "entries as names:",
        full);
}

/* Splits the model into written tensors and aliases, and lists the aliases. */
static void
part (fmtconv_ctx *ctx, const fmtconv_model *model, const fmtconv_tensor *const *kept,
      struct safetensors_content *out)
{
  size_t place = 0;
  FMTCONV_FOREACH (t, model)
    {
      if (kept[place])
        fmtconv_detail (ctx, "'%s' is '%s'", t->name, kept[place]->name);
      if (kept[place])
        out->alias[out->n_aliases++] = (struct safetensors_alias){ .name = t->name, .kept = kept[place] };
      else
        out->tensors[out->n_tensors++] = t;
      place++;
    }
}

/* Adds entries of the input's metadata that were not restored as tied tensors, but would be in the output. */
static void
add_entries (const fmtconv_model *model, fmtconv_attr *metadata, struct safetensors_content *out)
{
  for (fmtconv_attr *a = metadata->first; a; a = a->next)
    {
      const char *value = fmtconv_attr_get_string (a, NULL, NULL);
      const fmtconv_tensor *kept = value ? fmtconv_model_find (model, value) : NULL;
      if (kept && index_is_alias (a->key, value) && !fmtconv_model_find (model, a->key))
        out->alias[out->n_aliases++] = (struct safetensors_alias){ .name = a->key, .kept = kept };
    }
}

static void
note (fmtconv_ctx *ctx, size_t aliases)
{
  if (aliases)
    fmtconv_note (ctx,
                  aliases == 1
                      ? "%zu name of a tied tensor is recorded in the metadata; its bytes are written once "
                        "(tied=copy writes them twice):"
                      : "%zu names of tied tensors are recorded in the metadata; their bytes are written "
                        "once (tied=copy writes them for each name):",
                  aliases);
}

int
safetensors_resolve_ties (fmtconv_ctx *ctx, const struct safetensors_write_params *p,
                          const fmtconv_model *model, fmtconv_attr *metadata, struct safetensors_content *out)
{
  size_t n = fmtconv_model_count (model);
  struct name *names = fmtconv_ctx_alloc (ctx, n + 1, sizeof *names);
  const fmtconv_tensor **kept = fmtconv_ctx_alloc (ctx, n + 1, sizeof *kept);
  *out = (struct safetensors_content){ .tensors = fmtconv_ctx_alloc (ctx, n + 1, sizeof *out->tensors),
                                       .alias = fmtconv_ctx_alloc (ctx, n + metadata->len + 1,
                                                                   sizeof *out->alias) };
  if (!names || !kept || !out->tensors || !out->alias
      || (p->keep.n && fmtconv_globs_check (&p->keep, model, "safetensors:keep=GLOB")))
    return fmtconv_ctx_failed (ctx);
  size_t tied = find_names (model, &p->keep, names);
  if (p->tied == SAFETENSORS_TIED_ONCE)
    choose (ctx, names, tied, metadata, kept);
  else if (tied)
    fmtconv_note (ctx, "%zu tied tensors are written in full", tied);
  part (ctx, model, kept, out);
  note (ctx, out->n_aliases);
  add_entries (model, metadata, out);
  qsort (out->alias, out->n_aliases, sizeof *out->alias, by_kept);
  return fmtconv_ctx_failed (ctx);
}

/* core/model/lineage.c: the lineage of every input tensor through all transforms.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/model/freeze.h"
#include "core/model/lineage.h"
#include "core/model/scope.h"
#include <stdlib.h>
#include <string.h>

bool
fci_is_input (const fmtconv_model *model)
{
  return !fci_model_input (model, 0);
}

static int
by_number (const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
  return (x > y) - (x < y);
}

/* ---- Lineage */
static int
by_base (const void *a, const void *b)
{
  const fmtconv_model *const *x = a, *const *y = b;
  uint32_t i = fci_model_base (*x), k = fci_model_base (*y);
  return (i > k) - (i < k);
}

static bool
add_model (fmtconv_ctx *ctx, fci_ancestors *line, size_t *capacity, const fmtconv_model *model)
{
  for (size_t i = 0; i < line->n; i++)
    if (line->model[i] == model)
      return true;
  if (line->n == *capacity)
    {
      const fmtconv_model **more = fmtconv_ctx_alloc (ctx, 2 * *capacity, sizeof *more);
      if (!more)
        return false;
      memcpy (more, line->model, line->n * sizeof *more);
      line->model = more;
      *capacity *= 2;
    }
  line->model[line->n++] = model;
  return true;
}

/* Collects the ancestors of a model. Models frozen earlier have lower numbers, and no model derives from a
 * later one. */
static int
trace (fmtconv_ctx *ctx, const fmtconv_model *last, fci_ancestors *line)
{
  size_t capacity = 8;
  line->model = fmtconv_ctx_alloc (ctx, capacity, sizeof *line->model);
  bool good = line->model != NULL;
  FCI_FOREACH_LEAF (leaf, last)
    good = good
           && ((!fmtconv_model_count (leaf) && !fci_model_input (leaf, 0))
               || add_model (ctx, line, &capacity, leaf));
  for (size_t i = 0; good && i < line->n; i++)
    {
      const fmtconv_model *given;
      for (size_t k = 0; good && (given = fci_model_input (line->model[i], k)); k++)
        good = add_model (ctx, line, &capacity, given);
    }
  if (good)
    qsort (line->model, line->n, sizeof *line->model, by_base);
  return ctx->failed;
}

/* ---- Forward: the inputs' tensors that each tensor was made of */

/* Returns the union of the origins of several tensors, ascending. */
static const uint32_t *
unite (const fci_tensor_lineage *a, const uint32_t *parts, size_t n_parts, size_t *n)
{
  size_t total = 0, kept = 0;
  for (size_t i = 0; i < n_parts; i++)
    total += a->n_from[parts[i]];
  uint32_t *all = fmtconv_ctx_alloc (a->ctx, total + 1, sizeof *all);
  if (!all)
    return NULL;
  for (size_t i = 0; i < n_parts; i++)
    for (size_t k = 0; k < a->n_from[parts[i]]; k++)
      all[kept++] = a->from[parts[i]][k];
  qsort (all, total, sizeof *all, by_number);
  kept = 0;
  for (size_t i = 0; i < total; i++)
    if (!kept || all[kept - 1] != all[i])
      all[kept++] = all[i];
  *n = kept;
  return all;
}

/* Sets the origins of an input's tensors: each derives from itself. */
static void
identity (fci_tensor_lineage *a, const fmtconv_model *model)
{
  uint32_t *numbers = fmtconv_ctx_alloc (a->ctx, fmtconv_model_count (model) + 1, sizeof *numbers);
  uint32_t base = fci_model_base (model);
  for (uint32_t i = 0; numbers && i < fmtconv_model_count (model); i++)
    {
      numbers[i] = base + i;
      a->from[base + i] = &numbers[i];
      a->n_from[base + i] = 1;
    }
  a->in += fmtconv_model_count (model);
}

/* Sets the origins of a derived model's tensors. Almost every tensor has one origin, and shares its list. */
static void
step (fci_tensor_lineage *a, const fmtconv_model *model)
{
  uint32_t at = fci_model_base (model);
  FMTCONV_FOREACH (t, model)
    {
      size_t n;
      const uint32_t *parts = fci_tensor_origins (model, t, &n);
      if (n == 1)
        {
          a->from[at] = a->from[parts[0]];
          a->n_from[at] = a->n_from[parts[0]];
        }
      else if (n)
        a->from[at] = unite (a, parts, n, &a->n_from[at]);
      at++;
    }
}

/* ---- Backward: why no output uses a tensor */

/* Propagates use and drop reasons to the inputs of `model`. The reason of the first model that was given a
 * tensor counts: models are visited from the last to the first. */
static void
step_back (fci_tensor_lineage *a, bool *used, const fmtconv_model *model)
{
  const fmtconv_model *given;
  uint32_t at = fci_model_base (model);
  FMTCONV_FOREACH (t, model)
    {
      size_t n;
      const uint32_t *parts = fci_tensor_origins (model, t, &n);
      for (size_t k = 0; k < n; k++)
        {
          used[parts[k]] = used[parts[k]] || used[at];
          a->why[parts[k]] = a->why[at] ? a->why[at] : a->why[parts[k]];
        }
      at++;
    }
  for (size_t k = 0; (given = fci_model_input (model, k)); k++)
    {
      uint32_t base = fci_model_base (given);
      for (uint32_t i = 0; i < fmtconv_model_count (given); i++)
        {
          const char *why = fci_model_dropped (model, base + i);
          a->why[base + i] = why ? why : a->why[base + i];
        }
    }
}

static int
find_reasons (fci_tensor_lineage *a)
{
  bool *used = fmtconv_ctx_alloc (a->ctx, fci_origins (a->ctx) + 1, sizeof *used);
  if (!used)
    return a->ctx->failed;
  FCI_FOREACH_LEAF (leaf, a->last)
    for (uint32_t i = fci_model_base (leaf), end = i + (uint32_t) fmtconv_model_count (leaf); i < end; i++)
      {
        a->why[i] = a->unwritten ? a->unwritten[i] : NULL;
        used[i] = !a->why[i];
      }
  for (size_t i = a->lineage.n; i-- > 0;)
    step_back (a, used, a->lineage.model[i]);
  for (size_t i = 0; i < fci_origins (a->ctx); i++)
    a->why[i] = used[i] ? NULL : a->why[i];
  return 0;
}

/* ---- Fates */

/* The fate of an input tensor: the number of results with it, the last of them, and whether it shares one. */
typedef struct fate
{
  const fmtconv_tensor *last;
  uint32_t uses;
  bool shares;
} fate;

static void
classify (fci_tensor_lineage *a, const fmtconv_model *input, const fate *fates)
{
  uint32_t i = fci_model_base (input);
  FMTCONV_FOREACH (t, input)
    {
      const fate *f = &fates[i];
      if (!f->uses)
        {
          a->dropped++;
          a->why[i] = a->why[i] ? a->why[i] : "no output uses it";
        }
      else if (f->shares)
        a->merged++;
      else if (f->uses > 1)
        a->split++;
      else if (strcmp (t->name, f->last->name))
        a->renamed++;
      else
        a->kept++;
      i++;
    }
}

static bool
is_unwritten (const fci_tensor_lineage *a, uint32_t number)
{
  return a->unwritten && a->unwritten[number];
}

static void
note_results (const fci_tensor_lineage *a, const fmtconv_model *leaf, fate *fates)
{
  uint32_t j = fci_model_base (leaf);
  FMTCONV_FOREACH (t, leaf)
    {
      for (size_t k = 0; k < a->n_from[j] && !is_unwritten (a, j); k++)
        {
          fate *f = &fates[a->from[j][k]];
          f->uses++;
          f->last = t;
          f->shares = f->shares || a->n_from[j] > 1;
        }
      j++;
    }
}

static int
find_fates (fci_tensor_lineage *a)
{
  fate *fates = fmtconv_ctx_alloc (a->ctx, fci_origins (a->ctx) + 1, sizeof *fates);
  if (!fates)
    return a->ctx->failed;
  FCI_FOREACH_LEAF (leaf, a->last)
    note_results (a, leaf, fates);
  FCI_FOREACH_LEAF (leaf, a->last)
    for (uint32_t i = 0; i < fmtconv_model_count (leaf); i++)
      a->out -= is_unwritten (a, fci_model_base (leaf) + i);
  for (size_t i = 0; i < a->lineage.n; i++)
    if (fci_is_input (a->lineage.model[i]))
      classify (a, a->lineage.model[i], fates);
  return 0;
}

int
fci_tensor_lineage_make (fmtconv_ctx *ctx, const fmtconv_model *last, const char *const *unwritten,
                         fci_tensor_lineage *out)
{
  size_t count = (size_t) fci_origins (ctx) + 1;
  *out = (fci_tensor_lineage){
    .ctx = ctx, .last = last, .unwritten = unwritten, .out = fci_model_tensors (last)
  };
  out->from = fmtconv_ctx_alloc (ctx, count, sizeof *out->from);
  out->n_from = fmtconv_ctx_alloc (ctx, count, sizeof *out->n_from);
  out->why = fmtconv_ctx_alloc (ctx, count, sizeof *out->why);
  if (!out->from || !out->n_from || !out->why || trace (ctx, last, &out->lineage))
    return ctx->failed;
  for (size_t i = 0; i < out->lineage.n; i++)
    if (fci_is_input (out->lineage.model[i]))
      identity (out, out->lineage.model[i]);
    else
      step (out, out->lineage.model[i]);
  return ctx->failed || find_reasons (out) ? ctx->failed : find_fates (out);
}

/* A list of reasons under construction. */
typedef struct reasons
{
  fmtconv_ctx *ctx;
  fci_map *seen;
  fci_drop_reason *all;
  size_t n;
  size_t capacity;
} reasons;

static bool
add_reason (reasons *r, const char *why, const fmtconv_tensor *t)
{
  uintptr_t at = r->n;
  if (fci_map_add (r->seen, why, strlen (why), r->n, &at))
    {
      if (r->n == r->capacity)
        {
          fci_drop_reason *more = fmtconv_ctx_alloc (r->ctx, 2 * r->capacity, sizeof *more);
          if (!more)
            return false;
          memcpy (more, r->all, r->n * sizeof *more);
          r->all = more;
          r->capacity *= 2;
        }
      r->all[r->n++] = (fci_drop_reason){ .why = why, .first = t->name };
    }
  else if (r->ctx->failed)
    return false;
  r->all[at].tensors++;
  r->all[at].bytes += t->bytes;
  return true;
}

const fci_drop_reason *
fci_tensor_lineage_dropped (fmtconv_ctx *ctx, const fci_tensor_lineage *lineage, size_t *n)
{
  reasons r = { .ctx = ctx, .seen = fci_map_new (ctx), .capacity = 8 };
  r.all = fmtconv_ctx_alloc (ctx, r.capacity, sizeof *r.all);
  bool good = r.seen && r.all;
  for (size_t i = 0; good && i < lineage->lineage.n; i++)
    {
      const fmtconv_model *model = lineage->lineage.model[i];
      uint32_t at = fci_model_base (model);
      for (const fmtconv_tensor *t = fci_is_input (model) ? fmtconv_model_next (model, NULL) : NULL;
           good && t; t = fmtconv_model_next (model, t), at++)
        good = !lineage->why[at] || add_reason (&r, lineage->why[at], t);
    }
  *n = r.n;
  return good && !ctx->failed ? r.all : NULL;
}

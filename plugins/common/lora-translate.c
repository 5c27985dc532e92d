/* plugins/common/lora-translate.c: translates the names of a LoRA's modules by the rules of their model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/lora-translate.h"
#include "plugins/common/text.h"
#include <stdlib.h>

/* The weights and biases that the groups change. */
struct given
{
  fmtconv_ctx *ctx;
  size_t n;
  fmtconv_weight *weight;
  const struct lora_group **group;
};

const char *
lora_dotted (fmtconv_ctx *ctx, const char *name, const char *separator)
{
  static const char processor[] = ".processor.", out[] = "to_out";
  char *text = fmtconv_ctx_alloc (ctx, strlen (name) + sizeof ".0", 1), *to = text;
  const size_t n = strlen (name), k = strlen (out);
  if (!text)
    return NULL;
  for (const char *s = name; *s;)
    if (text_starts_with (s, processor))
      s += strlen (processor) - 1;
    else if (separator[1] && text_starts_with (s, separator))
      {
        *to++ = '.';
        s += strlen (separator);
      }
    else
      *to++ = *s++;
  if (n > k && strcmp (name + n - k, out) == 0 && strstr (name, processor))
    memcpy (to, ".0", 2);
  return text;
}

bool
lora_translates (const struct lora_group *g)
{
  const int component = lora_component_of (g->module);
  return !g->is_sat && (component == LORA_ANY || component == LORA_MODEL);
}

/* Returns the shape of the weight that a group changes.  Rank 0: not known. */
static int
set_shape (fmtconv_ctx *ctx, const struct lora_group *g, fmtconv_weight *w)
{
  const fmtconv_tensor *down = g->part[LORA_DOWN], *up = g->part[LORA_UP],
                       *full = g->part[LORA_DIFF] ? g->part[LORA_DIFF] : g->part[LORA_SET];
  const fmtconv_tensor *a = down ? down : g->part[LORA_HADA_T1] ? NULL : g->part[LORA_HADA_W1_B];
  const fmtconv_tensor *b = up ? up : g->part[LORA_HADA_W1_A];
  if (full || !a || !b || g->is_embedding || !a->rank || !b->rank)
    {
      w->rank = full ? full->rank : 0;
      w->shape = full ? full->shape : NULL;
      return 0;
    }
  uint64_t *shape = fmtconv_ctx_alloc (ctx, FMTCONV_MAX_RANK, sizeof *shape);
  if (!shape)
    return fmtconv_ctx_failed (ctx);
  memcpy (shape, a->shape, a->rank * sizeof *shape);
  shape[0] = b->shape[0];
  w->rank = a->rank;
  w->shape = shape;
  return 0;
}

/* Returns whether a group changes the bias itself; by the bias of B it is changed with the weight. */
static bool
changes (const struct lora_group *g, bool is_bias)
{
  for (int part = 0; part < LORA_PARTS; part++)
    if (g->part[part] && (part == LORA_DIFF_BIAS || part == LORA_SET_BIAS) == is_bias)
      return true;
  return false;
}

static int
give (struct given *all, const struct lora_group *g, bool is_bias)
{
  const char *separator, *rest = lora_name_in_model (g->module, false, &separator);
  fmtconv_weight *w = &all->weight[all->n];
  const char *name = lora_dotted (all->ctx, rest, separator);
  if (!name)
    return fmtconv_ctx_failed (all->ctx);
  w->name = !is_bias && lora_is_scale (name)
                ? name
                : fmtconv_ctx_printf (all->ctx, "%s.%s", name, is_bias ? "bias" : "weight");
  if (!w->name)
    return fmtconv_ctx_failed (all->ctx);
  w->is_flat = strcmp (separator, "_") == 0;
  all->group[all->n++] = g;
  if (!is_bias)
    return set_shape (all->ctx, g, w);
  const fmtconv_tensor *bias = g->part[LORA_DIFF_BIAS] ? g->part[LORA_DIFF_BIAS] : g->part[LORA_SET_BIAS];
  w->rank = bias->rank;
  w->shape = bias->shape;
  return 0;
}

static int
give_all (const struct lora_groups *groups, struct given *all)
{
  all->weight = fmtconv_ctx_alloc (all->ctx, 2 * groups->n + 1, sizeof *all->weight);
  all->group = fmtconv_ctx_alloc (all->ctx, 2 * groups->n + 1, sizeof *all->group);
  for (size_t i = 0; all->weight && all->group && i < groups->n; i++)
    for (int is_bias = 0; is_bias < 2; is_bias++)
      if (lora_translates (&groups->group[i]) && changes (&groups->group[i], is_bias)
          && give (all, &groups->group[i], is_bias))
        return fmtconv_ctx_failed (all->ctx);
  return fmtconv_ctx_failed (all->ctx);
}

/* Returns whether the groups are of several adapters, which stay as they are. */
static bool
has_adapters (const struct given *all)
{
  for (size_t i = 1; i < all->n; i++)
    if (strcmp (all->group[i]->adapter, all->group[0]->adapter) != 0)
      return true;
  return false;
}

/* A new group, before weight and bias of one module are put together. */
struct piece
{
  struct lora_group group;
  bool is_bias;
};

/* Returns the first given weight that a new one is made of.  SIZE_MAX: it has rows of others only, which stay as they are. */
static size_t
first_given (const fmtconv_new_weight *w)
{
  size_t i = 0;
  while (i + 1 < w->n && w->rows[i].weight == FMTCONV_NO_WEIGHT)
    i++;
  return w->rows[i].weight;
}

/* Makes the pieces of one new weight: one, or if they stay apart one for each range of its rows. */
static int
add_pieces (const struct given *all, const struct lora_sources *sources, const fmtconv_new_weight *w,
            bool apart, struct piece *pieces, size_t *n)
{
  const char *dot = strrchr (w->name, '.');
  const bool is_bias = dot && strcmp (dot, ".bias") == 0;
  const size_t given = first_given (w);
  if (given == FMTCONV_NO_WEIGHT)
    return 0;
  /* Loaders look for a norm that is replaced, not for a difference of one. */
  const bool is_scale = lora_is_scale (w->name) && all->group[given]->part[LORA_SET];
  if (!is_bias && !is_scale && (!dot || strcmp (dot, ".weight") != 0))
    return fmtconv_fail (all->ctx, FMTCONV_E_UNSUPPORTED,
                         "'%s' becomes '%s', which no LoRA can change: it is not the weight or bias of a "
                         "module",
                         all->weight[given].name, w->name);
  const size_t length = is_scale ? strlen (w->name) : (size_t) (dot - w->name);
  const char *module = fmtconv_ctx_printf (all->ctx, "transformer.%.*s", (int) length, w->name);
  bool is_mixed = false;
  for (size_t i = 1; i < w->n; i++)
    is_mixed |= w->rows[i].weight != w->rows[0].weight;
  uint64_t row = 0;
  for (size_t i = 0; i < (apart && is_mixed ? w->n : 1); row += w->rows[i++].count)
    {
      const fmtconv_new_weight one = { .name = w->name, .n = 1, .rows = &w->rows[i] };
      struct piece *p = &pieces[*n];
      if (apart && is_mixed && one.rows->weight == FMTCONV_NO_WEIGHT)
        continue;
      *p = (struct piece){ .is_bias = is_bias };
      if (lora_parts_make (sources, apart && is_mixed ? &one : w, is_bias, &p->group))
        return fmtconv_ctx_failed (all->ctx);
      p->group.module = module;
      p->group.first_row = row;
      p->group.n_rows = apart && is_mixed ? one.rows->count : 0;
      ++*n;
    }
  return fmtconv_ctx_failed (all->ctx);
}

static int
by_module (const void *left, const void *right)
{
  const struct piece *a = left, *b = right;
  int r = strcmp (a->group.module, b->group.module);
  if (r)
    return r;
  if (a->group.first_row != b->group.first_row)
    return a->group.first_row < b->group.first_row ? -1 : 1;
  return a->is_bias - b->is_bias;
}

static int
by_position (const void *left, const void *right)
{
  const struct lora_group *a = left, *b = right;
  if (a->position != b->position)
    return a->position < b->position ? -1 : 1;
  return strcmp (a->module, b->module);
}

/* Puts weight and bias of one module into one group. */
static void
put_together (struct piece *pieces, size_t n, struct lora_groups *out)
{
  if (n)
    qsort (pieces, n, sizeof *pieces, by_module);
  for (size_t i = 0; i < n; i++)
    {
      struct lora_group *last = i ? &out->group[out->n - 1] : NULL;
      const struct lora_group *g = &pieces[i].group;
      const bool is_same =
          last && pieces[i].is_bias && !strcmp (last->module, g->module) && !g->n_rows && !last->n_rows;
      for (int part = 0; is_same && part < LORA_PARTS; part++)
        last->part[part] = last->part[part] ? last->part[part] : g->part[part];
      if (!is_same)
        out->group[out->n++] = *g;
    }
}

/* Replaces the groups of the denoiser by new ones. */
static int
replace (struct lora_facts *facts, const struct given *all, const fmtconv_renaming *renaming, bool apart,
         struct lora_groups *groups)
{
  const struct lora_sources sources = { facts, all->group };
  size_t n = 0, most = 0;
  for (size_t i = 0; i < renaming->n; i++)
    most += renaming->weight[i].n + 1;
  struct piece *pieces = fmtconv_ctx_alloc (all->ctx, most + 1, sizeof *pieces);
  struct lora_groups out = { .group = fmtconv_ctx_alloc (all->ctx, most + groups->n + 1, sizeof *out.group) };
  if (!pieces || !out.group)
    return fmtconv_ctx_failed (all->ctx);
  for (size_t i = 0; i < renaming->n; i++)
    if (add_pieces (all, &sources, &renaming->weight[i], apart, pieces, &n))
      return fmtconv_ctx_failed (all->ctx);
  put_together (pieces, n, &out);
  for (size_t i = 0; i < groups->n; i++)
    if (!lora_translates (&groups->group[i]))
      out.group[out.n++] = groups->group[i];
  if (out.n)
    qsort (out.group, out.n, sizeof *out.group, by_position);
  groups->group = out.group;
  groups->n = out.n;
  return 0;
}

int
lora_translate (struct lora_facts *facts, const struct lora_translation *how, struct lora_groups *groups,
                fmtconv_renaming *out)
{
  struct given all = { .ctx = facts->ctx };
  *out = (fmtconv_renaming){ 0 };
  if (give_all (groups, &all) || (!how->model && has_adapters (&all)))
    return fmtconv_ctx_failed (facts->ctx);
  if (has_adapters (&all))
    return fmtconv_fail_at (facts->ctx, FMTCONV_E_UNSUPPORTED,
                            &(fmtconv_where){ .hint = "keep one with -t select:'*.NAME.*'" },
                            "the LoRA has several adapters; names of one can be translated");
  if (fmtconv_rules_rename (facts->ctx, how->model, how->side, all.n, all.weight, out) || !out->model)
    return fmtconv_ctx_failed (facts->ctx);
  return replace (facts, &all, out, how->apart, groups);
}

int
lora_recognize (fmtconv_ctx *ctx, const struct lora_groups *groups, fmtconv_renaming *out)
{
  struct given all = { .ctx = ctx };
  *out = (fmtconv_renaming){ 0 };
  if (give_all (groups, &all) || has_adapters (&all))
    return fmtconv_ctx_failed (ctx);
  return fmtconv_rules_rename (ctx, NULL, "diffusers", all.n, all.weight, out);
}

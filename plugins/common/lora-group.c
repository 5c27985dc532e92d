/* plugins/common/lora-group.c: groups the tensors of an adapter by the module that they change.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/lora-group.h"
#include "plugins/common/text.h"
#include <stdlib.h>

/* A tensor with its parsed name. */
struct entry
{
  struct lora_name name;
  const fmtconv_tensor *tensor;
  size_t position;
};

static int
compare_text (const char *a, size_t a_len, const char *b, size_t b_len)
{
  int r = memcmp (a, b, a_len < b_len ? a_len : b_len);
  return r ? r : (a_len > b_len) - (a_len < b_len);
}

/* Orders entries by module, part of the rows, and adapter. */
static int
by_group (const void *left, const void *right)
{
  const struct entry *a = left, *b = right;
  int r = compare_text (a->tensor->name, a->name.module, b->tensor->name, b->name.module);
  if (r || a->name.index != b->name.index)
    return r ? r : a->name.index < b->name.index ? -1 : 1;
  return compare_text (a->name.adapter, a->name.adapter_len, b->name.adapter, b->name.adapter_len);
}

static int
by_group_and_position (const void *left, const void *right)
{
  const struct entry *a = left, *b = right;
  int r = by_group (a, b);
  return r ? r : (a->position > b->position) - (a->position < b->position);
}

static int
by_position (const void *left, const void *right)
{
  const struct lora_group *a = left, *b = right;
  return (a->position > b->position) - (a->position < b->position);
}

static int
by_address (const void *left, const void *right)
{
  const fmtconv_tensor *const *a = left, *const *b = right;
  return ((uintptr_t) *a > (uintptr_t) *b) - ((uintptr_t) *a < (uintptr_t) *b);
}

/* Parses the name of a tensor that was trained in full: "x.weight". */
static bool
parse_full (const char *name, struct lora_name *parsed)
{
  const char *dot = strrchr (name, '.');
  const bool is_bias = dot && strcmp (dot, ".bias") == 0;
  if (!dot || dot == name || (!is_bias && strcmp (dot, ".weight") != 0) || lora_base_module (name))
    return false;
  *parsed = (struct lora_name){
    .module = (size_t) (dot - name), .adapter = name, .part = is_bias ? LORA_SET_BIAS : LORA_SET, .index = -1
  };
  return true;
}

static int
fail_twice (fmtconv_ctx *ctx, const fmtconv_tensor *a, const fmtconv_tensor *b)
{
  return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = b->name },
                          "'%s' is the same part of the same module", a->name);
}

/* Makes a group of n entries, unless no other name than a generic one stands there. */
static int
add_group (fmtconv_ctx *ctx, const struct entry *entries, size_t n, int scope, struct lora_groups *out)
{
  struct lora_group *g = &out->group[out->n];
  const struct lora_name *name = &entries->name;
  bool is_generic = true;
  *g = (struct lora_group){ .module =
                                fmtconv_ctx_printf (ctx, "%.*s", (int) name->module, entries->tensor->name),
                            .adapter =
                                fmtconv_ctx_printf (ctx, "%.*s", (int) name->adapter_len, name->adapter),
                            .is_sat = name->index >= 0,
                            .index = name->index >= 0 ? (uint64_t) name->index : 0,
                            .position = entries->position };
  for (size_t i = 0; i < n; i++)
    {
      const fmtconv_tensor **part = &g->part[entries[i].name.part];
      if (*part)
        return fail_twice (ctx, *part, entries[i].tensor);
      *part = entries[i].tensor;
      g->is_embedding |= entries[i].name.is_embedding;
      is_generic &= entries[i].name.is_generic;
    }
  out->n += !is_generic || scope != LORA_INSIDE || g->part[LORA_ALPHA];
  return fmtconv_ctx_failed (ctx);
}

/* Returns whether a group has nothing but parts that belong to all adapters of its module: alpha, which no tool names
 * after an adapter. */
static bool
is_shared (const struct lora_group *g)
{
  for (int i = 0; i < LORA_PARTS; i++)
    if (g->part[i] && i != LORA_ALPHA && i != LORA_MAGNITUDE)
      return false;
  return !*g->adapter;
}

/* Gives the shared parts of n groups of one module, sorted, to those with an adapter's name; returns how many groups
 * are left. */
static size_t
share (struct lora_group *g, size_t n)
{
  if (n < 2 || !is_shared (g))
    return n;
  for (size_t i = 1; i < n; i++)
    for (int part = 0; part < LORA_PARTS; part++)
      g[i].part[part] = g[i].part[part] ? g[i].part[part] : g->part[part];
  memmove (g, g + 1, (n - 1) * sizeof *g);
  return n - 1;
}

/* Shares parts within each module.  In a model that is not an adapter's file, a lone alpha is a tensor like others. */
static void
share_all (struct lora_groups *out, int scope)
{
  size_t kept = 0;
  for (size_t i = 0, n; i < out->n; i += n)
    {
      struct lora_group *g = &out->group[i];
      for (n = 1; i + n < out->n && strcmp (g[n].module, g->module) == 0;)
        n++;
      size_t left = share (g, n);
      if (left == 1 && scope == LORA_INSIDE && is_shared (g) && !g->part[LORA_MAGNITUDE])
        left = 0;
      memmove (&out->group[kept], g, left * sizeof *g);
      kept += left;
    }
  out->n = kept;
}

static int
list_used (fmtconv_ctx *ctx, struct lora_groups *out)
{
  out->used = fmtconv_ctx_alloc (ctx, fmtconv_model_count (out->model) + 1, sizeof *out->used);
  size_t n = 0;
  for (size_t i = 0; out->used && i < out->n; i++)
    for (int part = 0; part < LORA_PARTS; part++)
      if (out->group[i].part[part] && (i == 0 || out->group[i - 1].part[part] != out->group[i].part[part]))
        out->used[n++] = out->group[i].part[part];
  if (n)
    qsort (out->used, n, sizeof *out->used, by_address);
  out->n_used = n;
  return fmtconv_ctx_failed (ctx);
}

int
lora_groups_collect (fmtconv_ctx *ctx, const fmtconv_model *model, int scope, struct lora_groups *out)
{
  const size_t most = fmtconv_model_count (model) + 1;
  struct entry *entries = fmtconv_ctx_alloc (ctx, most, sizeof *entries);
  *out = (struct lora_groups){ .model = model, .group = fmtconv_ctx_alloc (ctx, most, sizeof *out->group) };
  size_t n = 0, position = 0;
  if (!entries || !out->group)
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, model)
    {
      entries[n] = (struct entry){ .tensor = t, .position = position++ };
      n += lora_name_parse (t->name, &entries[n].name)
           || (scope == LORA_FILE_FULL && parse_full (t->name, &entries[n].name));
    }
  qsort (entries, n, sizeof *entries, by_group_and_position);
  for (size_t i = 0, k; i < n; i += k)
    {
      for (k = 1; i + k < n && by_group (&entries[i], &entries[i + k]) == 0;)
        k++;
      if (add_group (ctx, &entries[i], k, scope, out))
        return fmtconv_ctx_failed (ctx);
    }
  share_all (out, scope);
  if (list_used (ctx, out))
    return fmtconv_ctx_failed (ctx);
  qsort (out->group, out->n, sizeof *out->group, by_position);
  return lora_xlabs_split (ctx, out);
}

bool
lora_groups_use (const struct lora_groups *groups, const fmtconv_tensor *t)
{
  return groups->n_used && bsearch (&t, groups->used, groups->n_used, sizeof *groups->used, by_address);
}

/* Parts of which each needs the others of its row.  -1 ends a row. */
static const int together[][5] = {
  { LORA_DOWN, LORA_UP, -1 },
  { LORA_HADA_W1_A, LORA_HADA_W1_B, LORA_HADA_W2_A, LORA_HADA_W2_B, -1 },
  { LORA_HADA_T1, LORA_HADA_T2, -1 },
  { LORA_KRON_W1_A, LORA_KRON_W1_B, -1 },
  { LORA_KRON_W2_A, LORA_KRON_W2_B, -1 },
};

/* A part that is nothing without another: { the part, the other }. */
static const int needs[][2] = {
  { LORA_MID, LORA_DOWN },
  { LORA_UP_BIAS, LORA_DOWN },
  { LORA_HADA_T1, LORA_HADA_W1_A },
  { LORA_KRON_T2, LORA_KRON_W2_A },
};

enum
{
  N_TOGETHER = sizeof together / sizeof *together,
  N_NEEDS = sizeof needs / sizeof *needs
};

/* Returns the first part of a row that is missing while *of, another one, is there; else -1. */
static int
lacking_of_row (const struct lora_group *g, const int *row, int *of)
{
  int lacking = -1;
  *of = -1;
  for (; *row >= 0; row++)
    if (g->part[*row])
      *of = *row;
    else if (lacking < 0)
      lacking = *row;
  return *of < 0 ? -1 : lacking;
}

int
lora_group_lacks (const struct lora_group *g, int *of)
{
  for (size_t i = 0; i < N_TOGETHER; i++)
    {
      const int lacking = lacking_of_row (g, together[i], of);
      if (lacking >= 0)
        return lacking;
    }
  for (size_t i = 0; i < N_NEEDS; i++)
    if (g->part[ *of = needs[i][0]] && !g->part[needs[i][1]])
      return needs[i][1];
  const int has_1 = g->part[LORA_KRON_W1] ? LORA_KRON_W1 : g->part[LORA_KRON_W1_A] ? LORA_KRON_W1_A : -1;
  const int has_2 = g->part[LORA_KRON_W2] ? LORA_KRON_W2 : g->part[LORA_KRON_W2_A] ? LORA_KRON_W2_A : -1;
  *of = has_1 >= 0 ? has_1 : has_2;
  return (has_1 >= 0) == (has_2 >= 0) ? -1 : has_1 >= 0 ? LORA_KRON_W2 : LORA_KRON_W1;
}

const struct lora_group *
lora_group_origin (const struct lora_group *g)
{
  return g->origin ? g->origin : g;
}

uint64_t
lora_group_rank (const struct lora_group *g)
{
  static const struct
  {
    int part;
    unsigned axis;
  } at[] = { { LORA_DOWN, 0 }, { LORA_HADA_W1_B, 0 }, { LORA_KRON_W2_B, 0 }, { LORA_KRON_W1_B, 0 } };
  for (size_t i = 0; i < sizeof at / sizeof *at; i++)
    if (g->part[at[i].part])
      return g->part[at[i].part]->rank > at[i].axis ? g->part[at[i].part]->shape[at[i].axis] : 0;
  return 0;
}

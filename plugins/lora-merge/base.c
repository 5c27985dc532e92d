/* plugins/lora-merge/base.c: finds the weight that a pair of matrices belongs to.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <stdlib.h>
#include <string.h>

/* Prefixes of module names, in the LoRA or in the model. */
static const char *const prefixes[] = { "",
                                        "transformer.",
                                        "model.diffusion_model.",
                                        "model.diffusion_model._orig_mod.",
                                        "base_model.model.",
                                        "base_model.model.transformer.",
                                        "unet.",
                                        "diffusion_model." };
/* Text after the name of a module: plain, wrapped by SAT, wrapped by peft. */
static const char *const leaves[] = { ".", ".original.", ".base_layer." };

enum
{
  N_PREFIXES = sizeof prefixes / sizeof *prefixes,
  N_LEAVES = sizeof leaves / sizeof *leaves
};

static const fmtconv_tensor *
weight_of (struct merge *m, const char *prefix, const char *module, const char *leaf)
{
  const fmtconv_tensor *t = NULL;
  for (size_t i = 0; !t && i < N_LEAVES; i++)
    t = fmtconv_model_find (m->in, fmtconv_ctx_printf (m->ctx, "%s%s%s%s", prefix, module, leaves[i], leaf));
  return t;
}

static const char *
leaf_of (const struct merge_pair *p)
{
  return p->is_bias ? "bias" : "weight";
}

/* Returns the weight of a pair, or NULL: by the LoRA's name, then with its prefix replaced by another. */
static const fmtconv_tensor *
find_base (struct merge *m, const struct merge_pair *p)
{
  const char *module = p->module, *leaf = leaf_of (p);
  const fmtconv_tensor *t = module ? weight_of (m, "", module, leaf) : NULL;
  for (size_t i = N_PREFIXES; module && !t && m->lora != m->in && i-- > 0;)
    {
      size_t n = strlen (prefixes[i]);
      for (size_t k = 0; !t && strncmp (module, prefixes[i], n) == 0 && k < N_PREFIXES; k++)
        t = weight_of (m, prefixes[k], module + n, leaf);
    }
  return t || !module || m->lora == m->in || p->is_bias ? t : merge_find_kohya (m, p);
}

static int
compare (const void *left, const void *right)
{
  const struct merge_pair *a = left, *b = right;
  if (a->first != b->first)
    return (uintptr_t) a->first < (uintptr_t) b->first ? -1 : 1;
  if (a->part != b->part)
    return a->part < b->part ? -1 : 1;
  if (a->order != b->order || !a->at)
    return (a->order > b->order) - (a->order < b->order);
  return strcmp (a->at->name, b->at->name);
}

static int
fail_twice (const struct merge *m, const struct merge_pair *p)
{
  return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = p->a->name },
                          "'%s' belongs to the same weight, '%s'", p[-1].a->name, p->at->name);
}

/* Checks that the n sorted pairs of a weight of SAT are its parts 0 … n-1, each once. */
static int
check_parts (const struct merge *m, struct merge_pair *pairs, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      struct merge_pair *p = &pairs[i];
      if (i > 0 && p->part == p[-1].part)
        return fail_twice (m, p);
      if (p->part != i)
        return fmtconv_fail_at (m->ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .tensor = p->a->name },
                                "'%s.matrix_A.%llu' of the same weight is missing", p->module,
                                (unsigned long long) i);
      p->n_parts = n;
    }
  return 0;
}

/* Checks that the n sorted pairs of another weight differ in the adapter or in the name of the (tied) weight. */
static int
check_sum (const struct merge *m, struct merge_pair *pairs, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      pairs[i].n_parts = 1;
      if (i > 0 && pairs[i].order != MERGE_NOT_WANTED && pairs[i].order == pairs[i - 1].order
          && pairs[i].at == pairs[i - 1].at)
        return fail_twice (m, &pairs[i]);
    }
  return 0;
}

static int
check_weights (const struct merge *m)
{
  int code = 0;
  for (size_t i = 0, n; i < m->n && code == 0; i += n)
    {
      struct merge_pair *pairs = &m->pairs[i];
      int sat = pairs->is_sat;
      for (n = 1; i + n < m->n && pairs[n].first == pairs->first; n++)
        sat |= pairs[n].is_sat;
      if (pairs->at)
        code = sat ? check_parts (m, pairs, n) : check_sum (m, pairs, n);
    }
  return code;
}

static size_t
count_wanted (const struct merge *m)
{
  size_t n = 0;
  for (size_t i = 0; i < m->n; i++)
    n += m->pairs[i].order != MERGE_NOT_WANTED;
  return n;
}

int
merge_find_bases (struct merge *m)
{
  size_t lost = 0;
  for (size_t i = 0; i < m->n; i++)
    {
      struct merge_pair *p = &m->pairs[i];
      p->at = find_base (m, p);
      p->first = p->at ? merge_first_tied (m->in, p->at) : NULL;
      if (fmtconv_ctx_failed (m->ctx))
        return fmtconv_ctx_failed (m->ctx);
      if (p->at || p->order == MERGE_NOT_WANTED)
        continue;
      fmtconv_detail (m->ctx, "'%s' and '%s': no '%s.%s'", p->a->name, p->b->name, p->module, leaf_of (p));
      lost++;
    }
  if (lost)
    return fmtconv_fail_at (
        m->ctx, FMTCONV_E_MISSING,
        &(fmtconv_where){ .hint = "check that the LoRA is for this model; merge a LoRA with diffusers names "
                                  "after cogvideox-transformer, one with SAT names before it" },
        "%llu of %llu matrices of the LoRA have no weight in the model", 2 * (unsigned long long) lost,
        2 * (unsigned long long) count_wanted (m));
  qsort (m->pairs, m->n, sizeof *m->pairs, compare);
  return fmtconv_ctx_failed (m->ctx) ? fmtconv_ctx_failed (m->ctx) : check_weights (m);
}

const char *
merge_plain_name (fmtconv_ctx *ctx, const char *name)
{
  static const char *const wrapped[] = { ".original.", ".base_layer." };
  for (size_t i = 0; i < sizeof wrapped / sizeof *wrapped; i++)
    {
      const char *at = strstr (name, wrapped[i]);
      const char *leaf = at ? at + strlen (wrapped[i]) : NULL;
      if (leaf && !strchr (leaf, '.'))
        return fmtconv_ctx_printf (ctx, "%.*s.%s", (int) (at - name), name, leaf);
    }
  return name;
}

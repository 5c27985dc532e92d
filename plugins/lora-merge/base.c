/* plugins/lora-merge/base.c: the weight that a pair of matrices belongs to.
 * SPDX-License-Identifier: Apache-2.0 */
#include "merge.h"
#include <stdlib.h>
#include <string.h>

/* In front of the names of a module, in the LoRA or in the model. */
static const char *const prefixes[] = { "",
                                        "transformer.",
                                        "model.diffusion_model.",
                                        "model.diffusion_model._orig_mod.",
                                        "base_model.model.",
                                        "base_model.model.transformer.",
                                        "diffusion_model." };
/* Behind the module: a plain one, SAT's wrapped ones, peft's. */
static const char *const leaves[] = { ".weight", ".original.weight", ".base_layer.weight" };

enum
{
  N_PREFIXES = sizeof prefixes / sizeof *prefixes,
  N_LEAVES = sizeof leaves / sizeof *leaves
};

static const fmtconv_tensor *
weight_of (struct merge *m, const char *prefix, const char *module)
{
  const fmtconv_tensor *t = NULL;
  for (size_t i = 0; !t && i < N_LEAVES; i++)
    t = fmtconv_find (m->in, fmtconv_text (m->ctx, "%s%s%s", prefix, module, leaves[i]));
  return t;
}

/* Is `flat` the module's part of a weight's name, but for the points, which are underscores there? */
static int
is_flat_name (const char *name, const char *flat)
{
  size_t n = strlen (flat);
  for (size_t i = 0; i < n; i++)
    if (name[i] != flat[i] && (name[i] != '.' || flat[i] != '_'))
      return 0;
  return strcmp (name + n, ".weight") == 0;
}

static const char *
flat_name (fmtconv_ctx *ctx, const char *name)
{
  char *flat = fmtconv_alloc (ctx, strlen (name) + 1, 1);
  for (size_t i = 0; flat && name[i]; i++)
    flat[i] = name[i] == '.' ? '_' : name[i];
  return flat;
}

static int
by_flat_name (const void *left, const void *right)
{
  const struct merge_flat *a = left, *b = right;
  int r = strcmp (a->name, b->name);
  return r ? r : (a->place > b->place) - (a->place < b->place);
}

/* The tensors of the model by their flat names, of one name in the model's order.  Made once. */
static int
list_flat (struct merge *m)
{
  size_t n = 0;
  if (m->flat || !(m->flat = fmtconv_alloc (m->ctx, fmtconv_count (m->in) + 1, sizeof *m->flat)))
    return fmtconv_failed (m->ctx);
  for
    FMTCONV_EACH (t, m->in)
    {
      m->flat[n] = (struct merge_flat){ .name = flat_name (m->ctx, t->name), .tensor = t, .place = n };
      if (!m->flat[n++].name)
        return fmtconv_failed (m->ctx);
    }
  qsort (m->flat, n, sizeof *m->flat, by_flat_name);
  return 0;
}

/* The first tensor of the model that the flat name of a module can mean. */
static const fmtconv_tensor *
find_weight (struct merge *m, const char *module)
{
  const char *wanted = flat_name (m->ctx, fmtconv_text (m->ctx, "%s.weight", module));
  size_t a = 0, b = fmtconv_count (m->in), all = b;
  while (wanted && a < b)
    {
      size_t middle = a + (b - a) / 2;
      if (strcmp (m->flat[middle].name, wanted) < 0)
        a = middle + 1;
      else
        b = middle;
    }
  for (; wanted && a < all && strcmp (m->flat[a].name, wanted) == 0; a++)
    if (is_flat_name (m->flat[a].tensor->name, module))
      return m->flat[a].tensor;
  return NULL;
}

/* By the names of kohya's scripts: lora_unet_transformer_blocks_0_attn1_to_q. */
static const fmtconv_tensor *
find_flat (struct merge *m, const char *module)
{
  static const char *const flat[] = { "lora_unet_", "lora_transformer_" };
  for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
    {
      size_t n = strlen (flat[i]);
      if (strncmp (module, flat[i], n) == 0)
        return list_flat (m) ? NULL : find_weight (m, module + n);
    }
  return NULL;
}

/* Under the LoRA's own name first, then with another prefix instead of one that it has. */
static const fmtconv_tensor *
find_base (struct merge *m, const char *module)
{
  const fmtconv_tensor *t = weight_of (m, "", module);
  for (size_t i = N_PREFIXES; !t && m->lora != m->in && i-- > 0;)
    {
      size_t n = strlen (prefixes[i]);
      for (size_t k = 0; !t && strncmp (module, prefixes[i], n) == 0 && k < N_PREFIXES; k++)
        t = weight_of (m, prefixes[k], module + n);
    }
  return t || m->lora == m->in ? t : find_flat (m, module);
}

static int
compare (const void *left, const void *right)
{
  const struct merge_pair *a = left, *b = right;
  if (a->at != b->at)
    return (uintptr_t) a->at < (uintptr_t) b->at ? -1 : 1;
  return (a->part > b->part) - (a->part < b->part);
}

/* The n pairs of one weight, sorted, are its parts from the first on, each once. */
static int
check_parts (const struct merge *m, struct merge_pair *pairs, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      struct merge_pair *p = &pairs[i];
      const fmtconv_where where = { .tensor = p->a->name };
      if (i > 0 && p->part == p[-1].part)
        return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &where, "'%s' is of the same weight, '%s'",
                                p[-1].a->name, p->at->name);
      if (p->part != i)
        return fmtconv_fail_at (m->ctx, FMTCONV_E_MISSING, &where, "there is no '%s.matrix_A.%llu' beside it",
                                p->module, (unsigned long long) i);
      p->n_parts = n;
    }
  return 0;
}

static int
check_all_parts (const struct merge *m)
{
  int code = 0;
  for (size_t i = 0, n; i < m->n && code == 0; i += n)
    {
      for (n = 1; i + n < m->n && m->pairs[i + n].at == m->pairs[i].at;)
        n++;
      code = check_parts (m, &m->pairs[i], n);
    }
  return code;
}

int
merge_find_bases (struct merge *m)
{
  size_t lost = 0;
  for (size_t i = 0; i < m->n; i++)
    {
      struct merge_pair *p = &m->pairs[i];
      p->at = p->module ? find_base (m, p->module) : NULL;
      if (p->at || fmtconv_failed (m->ctx))
        continue;
      fmtconv_detail (m->ctx, "'%s' and '%s': no '%s.weight'", p->a->name, p->b->name, p->module);
      lost++;
    }
  if (lost)
    return fmtconv_fail_at (
        m->ctx, FMTCONV_E_MISSING,
        &(fmtconv_where){ .hint =
                              "is it a LoRA of this model?  One with the names of diffusers is merged behind "
                              "cogvideox-transformer, one with SAT's names before it" },
        "%llu of %llu matrices of the LoRA have no weight in the model", 2 * (unsigned long long) lost,
        2 * (unsigned long long) m->n);
  qsort (m->pairs, m->n, sizeof *m->pairs, compare);
  return fmtconv_failed (m->ctx) ? fmtconv_failed (m->ctx) : check_all_parts (m);
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
        return fmtconv_text (ctx, "%.*s.%s", (int) (at - name), name, leaf);
    }
  return name;
}

/* plugins/lora-merge/pairs.c: which tensors of a LoRA belong together.
 * SPDX-License-Identifier: Apache-2.0
 *
 * peft and diffusers call them lora_A and lora_B, older files lora_down and lora_up, SAT matrix_A.0 and matrix_B.0, one
 * pair for each of the equal parts of a weight. */
#include "merge.h"
#include <stdlib.h>
#include <string.h>

static const struct
{
  const char *a;
  const char *b;
} forms[] = {
  { ".lora_A.weight", ".lora_B.weight" },
  { ".lora_A.default.weight", ".lora_B.default.weight" },
  { ".lora_down.weight", ".lora_up.weight" },
  { ".lora.down.weight", ".lora.up.weight" },
};

const char merge_alpha_reason[] = "it is part of the factor";

enum
{
  N_FORMS = sizeof forms / sizeof *forms
};

static int
ends_with (const char *name, const char *end)
{
  size_t n = strlen (name), m = strlen (end);
  return n > m && strcmp (name + n - m, end) == 0;
}

/* The name of the other half of a pair, and where the name of the module ends; NULL: no half of one.  is_a: this is
 * the first half; part: of SAT's, else -1. */
static const char *
partner (fmtconv_ctx *ctx, const char *name, int *is_a, size_t *module, long long *part)
{
  size_t n = strlen (name);
  *part = -1;
  for (size_t i = 0; i < N_FORMS; i++)
    for (*is_a = 0; *is_a < 2; ++*is_a)
      {
        const char *own = *is_a ? forms[i].a : forms[i].b;
        if (!ends_with (name, own))
          continue;
        *module = n - strlen (own);
        return fmtconv_text (ctx, "%.*s%s", (int) *module, name, *is_a ? forms[i].b : forms[i].a);
      }
  if (!fmtconv_match ("{x*}.matrix_{m:A,B}.{i}", name))
    return NULL;
  const char *at = strrchr (name, '.') - strlen (".matrix_A");
  *is_a = at[8] == 'A';
  *module = (size_t) (at - name);
  *part = strtoll (strrchr (name, '.') + 1, NULL, 10);
  return fmtconv_text (ctx, "%.*s.matrix_%c.%lld", (int) *module, name, *is_a ? 'B' : 'A', *part);
}

int
merge_is_lora (const char *name)
{
  for (size_t i = 0; i < N_FORMS; i++)
    if (ends_with (name, forms[i].a) || ends_with (name, forms[i].b))
      return 1;
  return fmtconv_match ("{x*}.matrix_{m:A,B}.{i}", name);
}

/* A pair, by its first half. */
static void
add_pair (struct merge *m, const fmtconv_tensor *a, const fmtconv_tensor *b, size_t module, long long part)
{
  struct merge_pair *pair = &m->pairs[m->n++];
  *pair = (struct merge_pair){ .module = fmtconv_text (m->ctx, "%.*s", (int) module, a->name),
                               .a = a,
                               .b = b,
                               .is_sat = part >= 0,
                               .part = part >= 0 ? (uint64_t) part : 0 };
}

/* Does the LoRA come with its training's or its own base, which is not wanted? */
static int
is_sat (const fmtconv_model *lora)
{
  return fmtconv_first (lora, "{x*}.matrix_{m:A,B}.{i}") != NULL;
}

static int
is_alpha (const char *name)
{
  return ends_with (name, ".alpha");
}

int
merge_is_alpha (const struct merge *m, const char *name)
{
  const size_t n = strlen (name) - (is_alpha (name) ? strlen (".alpha") : 0);
  int beside = 0;
  for (size_t i = 0; i < N_FORMS && is_alpha (name) && !beside; i++)
    beside = fmtconv_find (m->lora, fmtconv_text (m->ctx, "%.*s%s", (int) n, name, forms[i].a)) != NULL;
  return beside;
}

/* What is no half of a pair: of the LoRA's own file only. */
static void
handle_other (struct merge *m, const fmtconv_tensor *t, size_t *wrong)
{
  if (m->lora == m->in)
    return;
  if (is_sat (m->lora))
    fmtconv_drop (m->out, t, "of the LoRA's file only the LoRA is taken");
  else if (is_alpha (t->name))
    fmtconv_drop (m->out, t, merge_alpha_reason);
  else
    {
      fmtconv_detail (m->ctx, "'%s' is nothing that can be merged", t->name);
      ++*wrong;
    }
}

static int
finish (struct merge *m, size_t wrong)
{
  if (wrong)
    return fmtconv_fail (m->ctx, FMTCONV_E_MISSING,
                         wrong == 1 ? "%llu tensor of the LoRA has no partner, or is none of it"
                                    : "%llu tensors of the LoRA have no partner, or are none of it",
                         (unsigned long long) wrong);
  if (m->n)
    return 0;
  if (m->params->file)
    return fmtconv_fail (m->ctx, FMTCONV_E_MISSING, "there is no LoRA in '%s'",
                         fmtconv_path (m->params->file));
  return fmtconv_fail_at (m->ctx, FMTCONV_E_MISSING,
                          &(fmtconv_where){ .hint = "give the LoRA's file: lora-merge:file=PATH" },
                          "there is no LoRA in the model");
}

int
merge_collect (struct merge *m)
{
  size_t wrong = 0;
  m->pairs = fmtconv_alloc (m->ctx, fmtconv_count (m->lora) + 1, sizeof *m->pairs);
  if (!m->pairs)
    return fmtconv_failed (m->ctx);
  for
    FMTCONV_EACH (t, m->lora)
    {
      int is_a;
      size_t module;
      long long part;
      const char *other_name = partner (m->ctx, t->name, &is_a, &module, &part);
      const fmtconv_tensor *other = other_name ? fmtconv_find (m->lora, other_name) : NULL;
      if (fmtconv_failed (m->ctx))
        return fmtconv_failed (m->ctx);
      if (other && is_a)
        add_pair (m, t, other, module, part);
      else if (other_name && !other)
        {
          fmtconv_detail (m->ctx, "'%s' has no '%s'", t->name, other_name);
          wrong++;
        }
      else if (!other_name)
        handle_other (m, t, &wrong);
    }
  return finish (m, wrong);
}

/* plugins/lora-gguf/check.c: refuses what a GGUF file of an adapter has no place for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * llama.cpp adds scale alpha/rank B A to the product with a weight, and nothing else (src/llama-adapter.cpp).  Its converter
 * refuses all other tensors of an adapter but norms, and weights of the base model, which it skips. */
#include "config.h"

#include "lora-gguf.h"
#include <string.h>

/* Returns why a part has no place in the file; NULL: it has one. */
static const char *
refusal (const struct lora_group *g, int part)
{
  const fmtconv_tensor *t = g->part[part];
  switch (part)
    {
    case LORA_ALPHA:
      return NULL;
    case LORA_DOWN:
    case LORA_UP:
      return t->rank == 2 ? NULL : "its matrices are those of a convolution";
    case LORA_MAGNITUDE:
      return "it is the magnitude of a DoRA";
    case LORA_UP_BIAS:
    case LORA_DIFF_BIAS:
    case LORA_SET_BIAS:
      return "it is a bias";
    case LORA_SET:
      return t->rank == 1 && strstr (g->module, "norm") ? NULL : "it was trained in full";
    default:
      return "it is not a matrix of a LoRA";
    }
}

/* Lists what is refused, and leaves out the weights of the model itself; returns the number of the first. */
static size_t
list_refused (const struct adapter *s)
{
  size_t wrong = 0;
  for (size_t i = 0; i < s->groups.n; i++)
    for (int part = 0; part < LORA_PARTS; part++)
      {
        const struct lora_group *g = &s->groups.group[i];
        const char *why = g->part[part] ? refusal (g, part) : NULL;
        if (!why)
          continue;
        fmtconv_detail (s->ctx, "'%s': %s", g->part[part]->name, why);
        wrong++;
      }
  FMTCONV_FOREACH (t, s->in)
    if (lora_base_module (t->name))
      fmtconv_model_drop (s->out, t, "the base model's, which the adapter is added to");
    else if (!lora_groups_use (&s->groups, t))
      {
        fmtconv_detail (s->ctx, "'%s': it is not part of a LoRA", t->name);
        wrong++;
      }
  return wrong;
}

/* Checks that the module has both matrices, of one rank. */
static int
check_pair (const struct adapter *s, const struct lora_group *g)
{
  int of;
  const int lacking = lora_group_lacks (g, &of);
  const fmtconv_tensor *a = g->part[LORA_DOWN], *b = g->part[LORA_UP];
  if (lacking >= 0)
    return fmtconv_fail_at (s->ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .tensor = g->part[of]->name,
                                              .hint = "check that the file of the adapter is complete" },
                            "the module has no tensor '%s'", lora_part_suffix (lacking) + 1);
  if (a && (a->shape[0] == 0 || b->shape[1] != a->shape[0]))
    return fmtconv_fail_at (
        s->ctx, FMTCONV_E_FORMAT,
        &(fmtconv_where){ .tensor = b->name, .hint = "check that the file of the adapter is complete" },
        "a LoRA needs a rank of 1 or more that both matrices have, but A has %llu rows and "
        "B has %llu columns",
        (unsigned long long) a->shape[0], (unsigned long long) b->shape[1]);
  return 0;
}

/* Returns whether the input has nothing but weights and biases, as a model has. */
static bool
is_model (const struct adapter *s)
{
  for (size_t i = 0; i < s->groups.n; i++)
    for (int part = 0; part < LORA_PARTS; part++)
      if (s->groups.group[i].part[part] && part != LORA_SET && part != LORA_SET_BIAS)
        return false;
  return true;
}

int
adapter_check (struct adapter *s)
{
  size_t pairs = 0;
  if (is_model (s))
    return fmtconv_model_fail_absent (s->in, "LoRA");
  const size_t wrong = list_refused (s);
  if (wrong)
    return fmtconv_fail_at (
        s->ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .hint =
                              "merge the adapter instead: -t lora-merge:file=ADAPTER MODEL/ OUTPUT.gguf" },
        wrong == 1 ? "a GGUF adapter has no place for %zu tensor:"
                   : "a GGUF adapter has no place for %zu tensors:",
        wrong);
  for (size_t i = 0; i < s->groups.n; i++)
    {
      const struct lora_group *g = &s->groups.group[i];
      if (check_pair (s, g))
        return fmtconv_ctx_failed (s->ctx);
      pairs += g->part[LORA_DOWN] != NULL;
      if (strcmp (g->adapter, s->groups.group->adapter) != 0)
        return fmtconv_fail_at (s->ctx, FMTCONV_E_UNSUPPORTED,
                                &(fmtconv_where){ .hint = "keep one with -t select:'*.NAME.*'" },
                                "the model has the adapters '%s' and '%s', but a file holds one",
                                s->groups.group->adapter, g->adapter);
    }
  return pairs ? fmtconv_ctx_failed (s->ctx) : fmtconv_model_fail_absent (s->in, "LoRA");
}

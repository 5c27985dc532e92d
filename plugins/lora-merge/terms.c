/* plugins/lora-merge/terms.c: lists what the adapter adds to each tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <fmtconv/formats.h>
#include <string.h>

/* Terms that single parts make.  A part of the first column makes a term of this kind for that tensor of the module. */
static const struct
{
  int part;
  int kind;
  const char *leaf;
} singles[] = {
  { LORA_HADA_W1_A, MERGE_HADAMARD, "weight" },  { LORA_KRON_W1, MERGE_KRONECKER, "weight" },
  { LORA_KRON_W1_A, MERGE_KRONECKER, "weight" }, { LORA_UP, MERGE_PRODUCT, "weight" },
  { LORA_UP_BIAS, MERGE_BIAS, "bias" },          { LORA_DIFF, MERGE_DIFF, "weight" },
  { LORA_DIFF_BIAS, MERGE_DIFF, "bias" },        { LORA_SET, MERGE_SET, "weight" },
  { LORA_SET_BIAS, MERGE_SET, "bias" },
};

enum
{
  N_SINGLES = sizeof singles / sizeof *singles
};

static void
add_terms (struct merge *m, const struct lora_group *g)
{
  for (size_t i = 0; i < N_SINGLES; i++)
    if (g->part[singles[i].part])
      m->terms[m->n++] = (struct merge_term){ .group = g,
                                              .kind = singles[i].kind,
                                              .leaf = singles[i].leaf,
                                              .a = g->part[LORA_DOWN],
                                              .b = g->part[singles[i].part] };
}

/* Returns the name that the missing part of a group should have: like that of the part that is there. */
static const char *
partner_name (struct merge *m, const struct lora_group *g, int part, int of)
{
  static const char *const words[][2] = {
    { "lora_A", "lora_B" },       { "lora_embedding_A", "lora_embedding_B" },
    { "lora_down", "lora_up" },   { "lora.down", "lora.up" },
    { "layer.down", "layer.up" }, { "matrix_A", "matrix_B" }
  };
  const fmtconv_tensor *t = g->part[of];
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
      const char *have = words[i][part == LORA_DOWN], *want = words[i][part != LORA_DOWN], *at = NULL;
      for (const char *s = t->name; (s = strstr (s, have)); s++)
        at = s;
      if (at)
        return fmtconv_ctx_printf (m->ctx, "%.*s%s%s", (int) (at - t->name), t->name, want,
                                   at + strlen (have));
    }
  return fmtconv_ctx_printf (m->ctx, "%s%s", g->module, lora_part_suffix (part));
}

/* Returns why a part of a group cannot be merged, or NULL.  lora_group_lacks has found the others of each part. */
static const char *
refusal (const struct lora_group *g, int part)
{
  bool has_product =
      g->part[LORA_UP] || g->part[LORA_HADA_W1_A] || g->part[LORA_KRON_W1] || g->part[LORA_KRON_W1_A];
  if (has_product || (part != LORA_ALPHA && part != LORA_MAGNITUDE))
    return NULL;
  return part == LORA_ALPHA && !g->part[LORA_DIFF] ? "is an alpha without a pair"
         : part == LORA_ALPHA                      ? NULL
                                                   : "has no matrices";
}

/* Returns whether the configuration says that a module is a DoRA, and its magnitudes are missing; lists it then. */
static bool
lacks_magnitude (struct merge *m, const struct lora_group *g)
{
  if (!g->part[LORA_UP] || g->part[LORA_MAGNITUDE] || lora_flag (&m->facts, g->module, "use_dora") <= 0)
    return false;
  fmtconv_detail (m->ctx, "'%s' has no '%s%s', but %s says that it is a DoRA", g->part[LORA_UP]->name,
                  g->module, lora_part_suffix (LORA_MAGNITUDE), m->facts.peft_at);
  return true;
}

/* Lists what is wrong with a group; returns the number of tensors. */
static size_t
check_group (struct merge *m, const struct lora_group *g)
{
  int of;
  const int lacking = lora_group_lacks (g, &of);
  size_t wrong = 0;
  if (lacking >= 0)
    fmtconv_detail (m->ctx, "'%s' has no '%s'", g->part[of]->name, partner_name (m, g, lacking, of));
  for (int i = 0; lacking < 0 && i < LORA_PARTS; i++)
    {
      const char *why = g->part[i] ? refusal (g, i) : NULL;
      if (why)
        fmtconv_detail (m->ctx, "'%s' %s", g->part[i]->name, why);
      wrong += why != NULL;
    }
  return wrong + (lacking >= 0 || lacks_magnitude (m, g));
}

#define OTHER_BASE "is not that of the model: the LoRA is for another one, or for one with more tokens"

/* Returns whether a tensor of the LoRA's file is one of the model, which peft saves with it: drops it if they are equal. */
static bool
is_base (struct merge *m, const fmtconv_tensor *t)
{
  const size_t n = m->lora != m->in ? lora_base_module (t->name) : 0;
  struct lora_index index;
  if (!n || lora_index_make (m->ctx, m->in, &index))
    return false;
  const char *module = fmtconv_ctx_printf (m->ctx, "%.*s", (int) n, t->name);
  const fmtconv_tensor *own =
      module ? lora_index_find (&index, module, strrchr (t->name, '.') + 1, t->name, false) : NULL;
  if (!own || fmtconv_tensor_equal (own, t) != 1)
    return false;
  fmtconv_model_drop (m->out, t, "a weight of the model itself");
  return true;
}

/* Drops or lists a tensor that is in no group; returns whether it is wrong. */
static bool
check_other (struct merge *m, const fmtconv_tensor *t, bool is_sat)
{
  const bool is_own_file = m->lora != m->in;
  if (is_base (m, t) || fmtconv_ctx_failed (m->ctx))
    return false;
  const char *why = is_own_file && is_sat                       ? NULL
                    : is_own_file && lora_base_module (t->name) ? OTHER_BASE
                                                                : merge_skip_reason (t->name, is_own_file);
  if (is_own_file && is_sat)
    fmtconv_model_drop (m->out, t, "only the LoRA is used from this file");
  else if (why)
    fmtconv_detail (m->ctx, "'%s' %s", t->name, why);
  return why != NULL;
}

static int
fail_absent (const struct merge *m)
{
  if (m->params->file)
    return fmtconv_fail (m->ctx, FMTCONV_E_MISSING, "'%s' holds no LoRA",
                         fmtconv_input_path (m->params->file));
  return fmtconv_fail_at (m->ctx, FMTCONV_E_MISSING,
                          &(fmtconv_where){ .hint = "give the LoRA's file: lora-merge:file=PATH" },
                          "the model holds no LoRA");
}

static int
check_all (struct merge *m)
{
  size_t wrong = 0;
  bool is_sat = false; /* a SAT checkpoint also holds the base weights, which are not needed */
  for (size_t i = 0; i < m->groups.n; i++)
    {
      wrong += check_group (m, &m->groups.group[i]);
      is_sat |= m->groups.group[i].is_sat != 0;
    }
  FMTCONV_FOREACH (t, m->lora)
    if (!lora_groups_use (&m->groups, t))
      wrong += check_other (m, t, is_sat);
  if (wrong == 0)
    return fmtconv_ctx_failed (m->ctx);
  return fmtconv_fail (m->ctx, FMTCONV_E_MISSING,
                       wrong == 1 ? "%zu tensor of the LoRA has no partner or cannot be merged:"
                                  : "%zu tensors of the LoRA have no partner or cannot be merged:",
                       wrong);
}

int
merge_list_terms (struct merge *m)
{
  m->terms = fmtconv_ctx_alloc (m->ctx, N_SINGLES * m->groups.n + 1, sizeof *m->terms);
  m->n = 0;
  for (size_t i = 0; m->terms && i < m->groups.n; i++)
    add_terms (m, &m->groups.group[i]);
  return fmtconv_ctx_failed (m->ctx);
}

int
merge_collect (struct merge *m)
{
  const int scope = m->lora == m->in                   ? LORA_INSIDE
                    : lora_facts_have_full (&m->facts) ? LORA_FILE_FULL
                                                       : LORA_FILE;
  if (lora_groups_collect (m->ctx, m->lora, scope, &m->groups))
    return fmtconv_ctx_failed (m->ctx);
  m->given = m->groups;
  if (merge_list_terms (m) || check_all (m))
    return fmtconv_ctx_failed (m->ctx);
  if (m->n == 0)
    return fail_absent (m);
  if (merge_choose_adapters (m))
    return fmtconv_ctx_failed (m->ctx);
  return 0;
}

/* Drops the parts of a group for a reason. */
static void
drop_group (struct merge *m, const struct lora_group *g, const char *why)
{
  for (int i = 0; i < LORA_PARTS; i++)
    if (g->part[i] && i != LORA_ALPHA)
      fmtconv_model_drop (m->out, g->part[i], why);
}

void
merge_drop_unused (struct merge *m)
{
  for (size_t i = 0; i < m->given.n; i++)
    {
      const struct lora_group *g = &m->given.group[i];
      if (g->part[LORA_ALPHA] && (i == 0 || g[-1].part[LORA_ALPHA] != g->part[LORA_ALPHA]))
        fmtconv_model_drop (m->out, g->part[LORA_ALPHA], "part of the LoRA's factor");
    }
  for (size_t i = 0; i < m->n; i++)
    if (m->terms[i].order < 0 && (i == 0 || m->terms[i - 1].group != m->terms[i].group))
      drop_group (m, m->terms[i].group,
                  m->terms[i].order == MERGE_NOT_WANTED ? "of another adapter"
                                                        : "of a component that is not here");
}

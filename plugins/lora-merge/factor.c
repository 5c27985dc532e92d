/* plugins/lora-merge/factor.c: computes the factor of a term: weight · alpha / rank.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <math.h>

static int
fail_weight (const struct merge *m, const struct merge_term *t, double alpha)
{
  return fmtconv_fail_at (m->ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .tensor = t->b->name },
                          "weight %g times alpha %g is not a finite factor", t->weight, alpha);
}

/* A tensor that replaces another has no strength: it can only be used as it is. */
static int
check_set (const struct merge *m, const struct merge_term *t)
{
  if (t->weight == 1)
    return 0;
  return fmtconv_fail_at (m->ctx, FMTCONV_E_UNSUPPORTED,
                          &(fmtconv_where){ .tensor = t->b->name, .hint = "merge this adapter at weight 1" },
                          "it replaces the model's %s, which has no meaning at weight %g", t->leaf,
                          t->weight);
}

/* Tools do not agree on the strength of a DoRA. */
static int
fail_dora (const struct merge *m, const struct merge_term *t)
{
  return fmtconv_fail_at (m->ctx, FMTCONV_E_UNSUPPORTED,
                          &(fmtconv_where){ .tensor = t->group->part[LORA_MAGNITUDE]->name,
                                            .hint = "merge this adapter at weight 1" },
                          "a DoRA scales the weight, which has no agreed meaning at weight %g", t->weight);
}

/* Returns the rank of a term.  Two full factors of a LoKr have none, and then LyCORIS uses no alpha; but peft divides
 * alpha by the configured rank all the same.  0: none. */
static uint64_t
rank_of (struct merge *m, const struct merge_term *t)
{
  const uint64_t rank = lora_group_rank (lora_group_origin (t->group));
  if (rank || t->kind != MERGE_KRONECKER || !m->facts.is_whole)
    return rank;
  const double r = lora_setting (&m->facts, lora_group_origin (t->group)->module, "r", "rank_pattern");
  return r >= 1 && r < 1e9 ? (uint64_t) r : 0;
}

static int
set_product (struct merge *m, struct merge_term *t)
{
  const uint64_t rank = rank_of (m, t);
  double alpha = 1, by = 1;
  if (rank == 0 && t->kind != MERGE_KRONECKER)
    return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = t->b->name },
                            "a LoRA of rank 0 changes nothing");
  if (rank && lora_alpha (&m->facts, lora_group_origin (t->group), rank, &alpha, &by))
    return fmtconv_ctx_failed (m->ctx);
  t->factor = t->weight * alpha / by;
  return isfinite (t->factor) ? 0 : fail_weight (m, t, alpha);
}

int
merge_set_factors (struct merge *m)
{
  int code = 0;
  for (size_t i = 0; i < m->n && code == 0; i++)
    {
      struct merge_term *t = &m->terms[i];
      t->factor = t->weight;
      if (t->order < 0)
        continue;
      if (t->group->part[LORA_MAGNITUDE] && t->weight != 1)
        code = fail_dora (m, t);
      else if (t->kind <= MERGE_BIAS)
        code = set_product (m, t);
      else if (t->kind == MERGE_SET)
        code = check_set (m, t);
      else
        code = isfinite (t->factor) ? 0 : fail_weight (m, t, 1);
    }
  return code;
}

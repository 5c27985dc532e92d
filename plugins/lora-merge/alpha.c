/* plugins/lora-merge/alpha.c: computes the factor of a product: weight · alpha / rank.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The default of alpha is 1 in SAT (SwissArmyTransformer: sat/model/finetune/lora2.py), and the rank in diffusers
 * (utils/peft_utils.py) and in kohya's scripts (networks/lora.py); peft always writes it. */
#include "config.h"

#include "facts.h"
#include <math.h>
#include <string.h>

static double
sat_alpha (struct merge *m, struct merge_facts *f, uint64_t rank)
{
  double alpha =
      merge_number (m, "training_config.yaml", fmtconv_attr_get (f->sat, "lora_alpha"), "lora_alpha");
  if (!isnan (alpha) || fmtconv_ctx_failed (m->ctx))
    return alpha;
  if (!f->warned)
    fmtconv_warn (m->ctx,
                  "%s: using alpha 1 (SAT's default), so the LoRA adds 1/%llu of B A; if it was trained with "
                  "another alpha, give lora-merge:alpha=N",
                  f->sat ? "training_config.yaml sets no lora_alpha" : "the input does not state alpha",
                  (unsigned long long) rank);
  f->warned = 1;
  return 1;
}

/* Returns the alpha that kohya's scripts store in a tensor next to the pair; NaN if there is none, or after an
 * error. */
static double
stored_alpha (struct merge *m, const struct merge_pair *pair)
{
  const fmtconv_tensor *t = pair->alpha;
  double value = NAN;
  if (t && fmtconv_tensor_scalar (t, &value) == 0 && !isfinite (value))
    fmtconv_fail_at (
        m->ctx, FMTCONV_E_FORMAT,
        &(fmtconv_where){ .tensor = t->name, .hint = "give the alpha of the training: lora-merge:alpha=N" },
        "its value %g cannot be an alpha", value);
  return value;
}

/* Returns the rank, with a warning.  NaN after an error: peft's configuration must have an alpha. */
static double
default_alpha (struct merge *m, struct merge_facts *f, uint64_t rank)
{
  if (f->peft)
    {
      fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT,
                       &(fmtconv_where){ .hint = "give the alpha of the training: lora-merge:alpha=N" },
                       "%s has no lora_alpha", f->peft_at);
      return NAN;
    }
  if (!f->warned)
    fmtconv_warn (m->ctx,
                  "the LoRA does not state alpha: using its rank, as diffusers and kohya's scripts do, so "
                  "the LoRA adds B A; if it was trained with another alpha, give lora-merge:alpha=N");
  f->warned = 1;
  return (double) rank;
}

static double
peft_alpha (struct merge *m, struct merge_facts *f, const struct merge_pair *pair, uint64_t rank)
{
  double alpha = stored_alpha (m, pair);
  if (isnan (alpha) && !fmtconv_ctx_failed (m->ctx))
    alpha = merge_setting (m, f, pair->module, "lora_alpha", "alpha_pattern");
  return isnan (alpha) && !fmtconv_ctx_failed (m->ctx) ? default_alpha (m, f, rank) : alpha;
}

/* Returns the divisor that peft uses; NaN after an error. */
static double
divisor (struct merge *m, const struct merge_facts *f, const struct merge_pair *pair, uint64_t rank)
{
  double given = merge_setting (m, f, pair->module, "r", "rank_pattern");
  if (!isnan (given) && given != (double) rank)
    {
      fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = pair->a->name },
                       "%s says rank %g, but the tensor has rank %llu", f->peft_at, given,
                       (unsigned long long) rank);
      return NAN;
    }
  return merge_flag (m, f, pair->module, "use_rslora") > 0 ? sqrt ((double) rank) : (double) rank;
}

static int
set_factor (struct merge *m, struct merge_facts *f, struct merge_pair *p)
{
  const fmtconv_where where = { .tensor = p->a->name };
  const uint64_t rank = p->a->rank ? p->a->shape[0] : 0;
  double alpha = m->params->alpha, by = (double) rank;
  if (rank == 0)
    return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &where, "a LoRA of rank 0 changes nothing");
  if (!p->is_sat)
    by = divisor (m, f, p, rank);
  if (isnan (alpha) && !fmtconv_ctx_failed (m->ctx))
    alpha = p->is_sat ? sat_alpha (m, f, rank) : peft_alpha (m, f, p, rank);
  p->factor = m->params->weight * alpha / by;
  if (!isfinite (p->factor) && !fmtconv_ctx_failed (m->ctx))
    return fmtconv_fail_at (m->ctx, FMTCONV_E_USAGE, &where,
                            "weight %g times alpha %g is not a finite factor", m->params->weight, alpha);
  return fmtconv_ctx_failed (m->ctx);
}

int
merge_set_factors (struct merge *m, struct merge_facts *f)
{
  for (size_t i = 0; i < m->n; i++)
    if (m->pairs[i].order != MERGE_NOT_WANTED && set_factor (m, f, &m->pairs[i]))
      return fmtconv_ctx_failed (m->ctx);
  return 0;
}

/* plugins/common/lora-alpha.c: finds alpha, and what it is divided by.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The default of alpha is 1 in SAT (SwissArmyTransformer: sat/model/finetune/lora2.py), and the rank in diffusers
 * (utils/peft_utils.py) and in kohya's scripts (networks/lora.py); peft always writes it. */
#include "config.h"

#include "plugins/common/lora-facts.h"
#include <math.h>
#include <string.h>

static double
sat_alpha (struct lora_facts *f, uint64_t rank)
{
  double alpha =
      lora_number (f, "training_config.yaml", fmtconv_attr_get (f->sat, "lora_alpha"), "lora_alpha");
  if (!isnan (alpha) || fmtconv_ctx_failed (f->ctx))
    return alpha;
  if (!f->warned)
    fmtconv_warn (f->ctx,
                  "%s: using alpha 1 (SAT's default), so the LoRA adds 1/%llu of B A; if it was trained with "
                  "another alpha, give %s",
                  f->sat ? "training_config.yaml sets no lora_alpha" : "the input does not state alpha",
                  (unsigned long long) rank, f->hint);
  f->warned = true;
  return 1;
}

/* Returns the alpha that a tensor of the group holds; NaN: none, or an error. */
static double
stored_alpha (const struct lora_facts *f, const fmtconv_tensor *t)
{
  double value = NAN;
  if (t && fmtconv_tensor_scalar (t, &value) == 0 && !isfinite (value))
    fmtconv_fail_at (f->ctx, FMTCONV_E_FORMAT,
                     &(fmtconv_where){
                         .tensor = t->name,
                         .hint = fmtconv_ctx_printf (f->ctx, "give the alpha of the training: %s", f->hint) },
                     "its value %g cannot be an alpha", value);
  return value;
}

/* Returns the rank, with a warning.  NaN after an error: peft's configuration must have an alpha. */
static double
default_alpha (struct lora_facts *f, uint64_t rank)
{
  if (f->is_whole)
    {
      fmtconv_fail_at (f->ctx, FMTCONV_E_FORMAT,
                       &(fmtconv_where){ .hint = fmtconv_ctx_printf (
                                             f->ctx, "give the alpha of the training: %s", f->hint) },
                       "%s has no lora_alpha", f->peft_at);
      return NAN;
    }
  if (!f->warned)
    fmtconv_warn (f->ctx,
                  "the LoRA does not state alpha: using its rank, as diffusers and kohya's scripts do, so "
                  "the LoRA adds B A; if it was trained with another alpha, give %s",
                  f->hint);
  f->warned = true;
  return (double) rank;
}

/* Returns the alpha of a tensor, else of the configuration (LoHa and LoKr call it "alpha"), else the rank. */
static double
peft_alpha (struct lora_facts *f, const struct lora_group *g, uint64_t rank)
{
  double alpha = stored_alpha (f, g->part[LORA_ALPHA]);
  if (isnan (alpha) && !fmtconv_ctx_failed (f->ctx))
    alpha = lora_setting (f, g->module, "lora_alpha", "alpha_pattern");
  if (isnan (alpha) && !fmtconv_ctx_failed (f->ctx) && f->is_whole)
    alpha = lora_number (f, f->peft_at, lora_field (f, g->module, "alpha"), "alpha");
  return isnan (alpha) && !fmtconv_ctx_failed (f->ctx) ? default_alpha (f, rank) : alpha;
}

/* Returns the divisor that peft uses; NaN after an error. */
static double
divisor_of (const struct lora_facts *f, const struct lora_group *g, uint64_t rank)
{
  double given = lora_setting (f, g->module, "r", "rank_pattern");
  if (!isnan (given) && given != (double) rank)
    {
      const fmtconv_tensor *t = g->part[LORA_DOWN];
      fmtconv_fail_at (f->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = t ? t->name : NULL },
                       "%s says rank %g, but the tensor has rank %llu", f->peft_at, given,
                       (unsigned long long) rank);
      return NAN;
    }
  return lora_flag (f, g->module, "use_rslora") > 0 ? sqrt ((double) rank) : (double) rank;
}

int
lora_alpha (struct lora_facts *f, const struct lora_group *g, uint64_t rank, double *alpha, double *divisor)
{
  *alpha = f->alpha;
  *divisor = g->is_sat ? (double) rank : divisor_of (f, g, rank);
  if (isnan (*alpha) && !fmtconv_ctx_failed (f->ctx))
    *alpha = g->is_sat ? sat_alpha (f, rank) : peft_alpha (f, g, rank);
  return fmtconv_ctx_failed (f->ctx);
}

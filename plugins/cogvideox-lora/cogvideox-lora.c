/* plugins/cogvideox-lora/cogvideox-lora.c: the transform of CogVideoX LoRAs from SAT to diffusers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SAT adds alpha/rank · B·A to a weight (SwissArmyTransformer, sat/model/finetune/lora2.py); diffusers adds B·A
 * unless metadata says otherwise.  So the factor goes into the matrices or into metadata. */
#include "config.h"

#include "lora.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <string.h>

static const fmtconv_param params[] = {
  { "alpha", FMTCONV_PARAM_FLOAT, offsetof (struct lora_params, alpha), NULL,
    "lora_alpha of the training; default: its training_config.yaml, else 1" },
  { "rank", FMTCONV_PARAM_INT, offsetof (struct lora_params, rank), NULL,
    "fail unless the tensors have this rank" },
  { "scale", FMTCONV_PARAM_CHOICE, offsetof (struct lora_params, scale), "bake|metadata|none",
    "where to put alpha/rank: into the matrices, into lora_adapter_metadata, or nowhere" },
  { 0 },
};

#define SAT "transformer.layers.{i}.attention."
#define PEFT "transformer.transformer_blocks.{i}.attn1."
static const fmtconv_rules rules = {
  .prefix = "model.diffusion_model.[_orig_mod.]|",
  .complete = "i",
  .unmatched = "not part of the LoRA",
  .rules =
      (const fmtconv_rule[]){
          { .from = SAT "query_key_value.matrix_A.{p:0,1,2}",
            .to = PEFT "to_{p:q,k,v}.lora_A.weight",
            .shape = "r,h" },
          { .from = SAT "query_key_value.matrix_B.{p:0,1,2}",
            .to = PEFT "to_{p:q,k,v}.lora_B.weight",
            .shape = "h,r" },
          { .from = SAT "dense.matrix_A.0", .to = PEFT "to_out.0.lora_A.weight", .shape = "r,h" },
          { .from = SAT "dense.matrix_B.0", .to = PEFT "to_out.0.lora_B.weight", .shape = "h,r" },
          { .from = "/conditioner.{x*}", .why = "text encoder" },
          { .from = "/first_stage_model.{x*}", .why = "VAE, a 16-bit copy" },
          { .from = "{x*}", .why = "base transformer" },
          { 0 },
      },
};

/* The LoRA's alpha and rank by parameters or training configuration; NaN and INT64_MIN: not given. */
struct facts
{
  double alpha;
  int64_t rank;
  int has_config;
};

static struct facts
facts_of (const struct lora_params *p, const fmtconv_model *in)
{
  fmtconv_attr *lora =
      fmtconv_attr_at (fmtconv_model_attrs (in),
                       "source/training_config/model/network_config/params/modules/lora_config/params");
  struct facts f = { .alpha = p->alpha, .rank = p->rank, .has_config = lora != NULL };
  if (isnan (f.alpha))
    f.alpha = fmtconv_attr_get_float (lora, "lora_alpha", NAN);
  if (f.rank == INT64_MIN)
    f.rank = fmtconv_attr_get_int (lora, "r", INT64_MIN);
  return f;
}

static int
check_rank (fmtconv_ctx *ctx, const struct lora_params *p, const struct facts *f, int64_t rank)
{
  if (f->rank == INT64_MIN || f->rank == rank)
    return 0;
  if (p->rank != INT64_MIN)
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT, "rank=%lld was given, but the LoRA's tensors have rank %lld",
                         (long long) p->rank, (long long) rank);
  return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT,
                          &(fmtconv_where){ .hint = "if the LoRA is the right file, give alpha= and rank=" },
                          "training_config.yaml says rank %lld, but the LoRA's tensors have rank %lld: the "
                          "two are of different trainings",
                          (long long) f->rank, (long long) rank);
}

/* Sets alpha to SAT's default, with a warning, if it is not given.  Fails if it is 0 or not finite. */
static int
resolve_alpha (fmtconv_ctx *ctx, struct facts *f, int64_t rank)
{
  if (isnan (f->alpha))
    {
      f->alpha = 1;
      return fmtconv_warn (ctx,
                           "%s: using alpha 1 (SAT's default), so the LoRA adds 1/%lld of B A; if it was "
                           "trained with another alpha, give cogvideox-lora:alpha=N",
                           f->has_config ? "training_config.yaml sets no lora_alpha"
                                         : "the input does not state alpha",
                           (long long) rank);
    }
  if (!isfinite (f->alpha) || f->alpha == 0)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "alpha is %g; it must be finite and not 0", f->alpha);
  return 0;
}

static void
set_title (fmtconv_ctx *ctx, const fmtconv_model *in, fmtconv_model *out, const struct facts *f, int64_t rank)
{
  const char *alpha = isnan (f->alpha) ? "unknown" : fmtconv_ctx_printf (ctx, "%g", f->alpha);
  fmtconv_attr_set_string (fmtconv_model_attrs (out), "weights-name", "pytorch_lora_weights");
  fmtconv_attr_set_string (fmtconv_model_attrs (out), "title",
                           fmtconv_ctx_printf (ctx, "%s, LoRA of rank %lld, alpha %s, on %llu layers",
                                               lora_base_name (in, out), (long long) rank, alpha,
                                               (unsigned long long) fmtconv_rules_variable (out, "#i")));
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct lora_params *p = params_;
  struct facts f = facts_of (p, in);
  if (!fmtconv_model_find_pattern (in, "{x*}.attention.{y}.matrix_{m:A,B}.{i}"))
    return fmtconv_model_fail_absent (in, "LoRA of CogVideoX");
  fmtconv_rules_apply (&rules, in, out);
  int64_t rank = (int64_t) fmtconv_rules_variable (out, "r");
  if (fmtconv_ctx_failed (ctx) || check_rank (ctx, p, &f, rank))
    return fmtconv_ctx_failed (ctx);
  set_title (ctx, in, out, &f, rank);
  if (p->scale == LORA_NONE)
    return 0;
  if (resolve_alpha (ctx, &f, rank))
    return fmtconv_ctx_failed (ctx);
  if (p->scale == LORA_METADATA)
    lora_describe_output (ctx, out, f.alpha, rank);
  else
    lora_bake (ctx, out, f.alpha / (double) rank);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (cogvideox_lora, .name = "cogvideox-lora",
                .summary = "CogVideoX LoRA from SAT to diffusers/peft",
                .transform = FMTCONV_TRANSFORM (.params = params, .understands = FMTCONV_FEATURE_TIED,
                                                .kind = "lora", .precedence = 1, .rules = &rules,
                                                .apply = apply));

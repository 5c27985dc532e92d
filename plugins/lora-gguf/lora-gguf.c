/* plugins/lora-gguf/lora-gguf.c: the transform that makes an adapter of llama.cpp of a LoRA of a language model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "lora-gguf.h"
#include "plugins/common/lora-describe.h"

static const fmtconv_param params[] = {
  { "base", FMTCONV_PARAM_INPUT, offsetof (struct adapter_params, base), NULL,
    "the folder of the base model, or its config.json, of which nothing else is read" },
  { "alpha", FMTCONV_PARAM_FLOAT, offsetof (struct adapter_params, alpha), NULL,
    "lora_alpha of the training; default: from the adapter's configuration" },
  { 0 },
};

/* What can be the name of a tensor that peft saves: an adapter is recognized by more than that. */
static const fmtconv_rules rules = {
  .rules =
      (const fmtconv_rule[]){
          { .from = "/" LORA_PEFT_PREFIX "{m*}", .to = "=", .flags = FMTCONV_RULE_OPTIONAL },
          { 0 },
      },
};

/* Returns 1 if the model is an adapter that peft saved, with its configuration, and not that of an image or video model, whose
 * modules have the names of diffusers. */
static int
recognize (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  struct lora_groups groups;
  fmtconv_renaming renaming;
  if (!fmtconv_attr_at (fmtconv_model_attrs (model), "config/peft_type")
      || lora_groups_collect (ctx, model, LORA_FILE, &groups))
    return 0;
  bool is_lora = false;
  for (size_t i = 0; i < groups.n; i++)
    is_lora |= groups.group[i].part[LORA_DOWN] || groups.group[i].part[LORA_UP];
  return is_lora && !lora_recognize (ctx, &groups, &renaming) && !renaming.model && !renaming.several;
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct adapter_params *p = params_;
  struct adapter s = {
    .ctx = ctx,
    .params = p,
    .in = in,
    .out = out,
    .facts = { .ctx = ctx, .alpha = p->alpha, .transform = "lora-gguf", .hint = "lora-gguf:alpha=N" }
  };
  if (lora_facts_read (&s.facts, in, NULL) || lora_groups_collect (ctx, in, LORA_FILE_FULL, &s.groups)
      || adapter_check (&s) || adapter_read_base (&s) || adapter_rename (&s) || adapter_put (&s))
    return fmtconv_ctx_failed (ctx);
  return 0;
}

static int
describe (fmtconv_ctx *ctx, const fmtconv_model *model, fmtconv_description *out)
{
  if (!recognize (ctx, model))
    return 0;
  *out = (fmtconv_description){ .kind = "lora",
                                .title = lora_describe (ctx, model),
                                .command = "-t lora-gguf:base=MODEL/ INPUT OUTPUT.gguf" };
  return out->title != NULL && !fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (lora_gguf, .name = "lora-gguf",
                .summary = "makes a llama.cpp adapter of a language model's LoRA",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "base=FOLDER", .kind = "lora",
                                                .rules = &rules, .recognize = recognize, .writer = "gguf",
                                                .around = "* model-card", .apply = apply,
                                                .describe = describe));

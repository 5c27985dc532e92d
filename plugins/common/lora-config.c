/* plugins/common/lora-config.c: refuses fields of peft's configurations that change the result in an unknown way.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source of the fields: peft, src/peft/tuners/lora/config.py, src/peft/config.py.  An unknown field is
 * refused if it is set, because a later release of peft may give it any meaning. */
#include "config.h"

#include "plugins/common/lora-facts.h"
#include <string.h>

/* Fields that are read elsewhere, and fields of the training that do not change the result. */
static const char *const known[] = {
  "alpha",
  "alpha_pattern",
  "auto_mapping",
  "bias",
  "base_model_name_or_path",
  "corda_config",
  "decompose_both",
  "decompose_factor",
  "eva_config",
  "exclude_modules",
  "fan_in_fan_out",
  "inference_mode",
  "layers_pattern",
  "layers_to_transform",
  "loftq_config",
  "lora_alpha",
  "lora_bias",
  "lora_dropout",
  "lora_ga_config",
  "init_weights",
  "megatron_config",
  "megatron_core",
  "module_dropout",
  "modules_to_save",
  "peft_version",
  "qalora_group_size",
  "r",
  "rank_dropout",
  "rank_dropout_scale",
  "rank_pattern",
  "revision",
  "runtime_config",
  "target_modules",
  "task_type",
  "use_dora",
  "use_effective_conv2d",
  "use_rslora",
  "velora_config",
};

static const struct
{
  const char *key;
  const char *fine; /* a value that changes nothing; NULL: only null, false and empty values */
  const char *why;
} refused[] = {
  { "peft_type", "LORA", "and only LoRAs, LoHas and LoKrs are supported" },
  { "peft_type", "LOHA", NULL },
  { "peft_type", "LOKR", NULL },
  { "init_lora_weights", "gaussian", NULL },
  { "init_lora_weights", "eva", NULL },
  { "init_lora_weights", "orthogonal",
    "which changes the base weights before training (to save a plain LoRA, use peft's "
    "path_initial_model_for_weight_conversion)" },
  { "layer_replication", NULL, "so the model repeats layers" },
  { "target_parameters", NULL, "so parameters that are not matrices were trained" },
  { "trainable_token_indices", NULL, "so rows of embeddings were trained in full" },
  { "alora_invocation_tokens", NULL, "so it acts only after certain tokens" },
  { "ensure_weight_tying", NULL, "so modules share their matrices" },
};

enum
{
  N_KNOWN = sizeof known / sizeof *known,
  N_REFUSED = sizeof refused / sizeof *refused
};

/* Returns whether a field is not used: null, false or empty. */
static int
is_unset (const fmtconv_attr *node)
{
  return node->kind == FMTCONV_ATTR_NULL || (node->kind == FMTCONV_ATTR_BOOL && !node->v.i)
         || ((node->kind == FMTCONV_ATTR_ARRAY || node->kind == FMTCONV_ATTR_OBJECT
              || node->kind == FMTCONV_ATTR_STRING)
             && node->len == 0);
}

static int
is_known (const char *key)
{
  for (size_t i = 0; i < N_KNOWN; i++)
    if (strcmp (known[i], key) == 0)
      return 1;
  return 0;
}

/* Returns the reason to refuse a field that is set, or NULL if it is accepted. */
static const char *
unmet_reason (const fmtconv_attr *node, const char *key)
{
  const char *why = is_known (key) ? NULL : "whose effect is not known";
  for (size_t i = 0; i < N_REFUSED; i++)
    {
      if (strcmp (refused[i].key, key) != 0)
        continue;
      if (refused[i].fine && node->kind == FMTCONV_ATTR_STRING && strcmp (node->v.s, refused[i].fine) == 0)
        return NULL;
      why = refused[i].why ? refused[i].why : why;
    }
  /* True and false select initial values that do not change the base weights. */
  return strcmp (key, "init_lora_weights") == 0 && node->kind == FMTCONV_ATTR_BOOL ? NULL : why;
}

int
lora_config_check (const struct lora_facts *f)
{
  size_t wrong = 0;
  for (fmtconv_attr *node = f->peft ? f->peft->first : NULL; node; node = node->next)
    {
      const char *dot = node->key ? strrchr (node->key, '.') : NULL;
      const char *key = dot ? dot + 1 : node->key;
      const char *why = key && !is_unset (node) ? unmet_reason (node, key) : NULL;
      if (why)
        {
          fmtconv_detail (f->ctx, "'%s' is %s, %s", node->key, fmtconv_attr_json_text (node, 0), why);
          wrong++;
        }
    }
  if (wrong == 0)
    return fmtconv_ctx_failed (f->ctx);
  return fmtconv_fail_at (f->ctx, FMTCONV_E_UNSUPPORTED,
                          &(fmtconv_where){ .hint = "peft's merge_and_unload adds it to its model" },
                          "%s has fields that %s does not support:", f->peft_at, f->transform);
}

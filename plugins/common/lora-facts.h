/* plugins/common/lora-facts.h: the configuration of a LoRA, from every place that tools write it to.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LORA_FACTS_H
#define LORA_FACTS_H

#include "plugins/common/lora-group.h"

struct lora_facts
{
  fmtconv_ctx *ctx;
  double alpha;                   /* given by the user; NaN: not given */
  const char *hint;               /* how the user gives it */
  const char *transform;          /* that reads it, for messages */
  fmtconv_attr *sat;              /* lora_config's parameters of training_config.yaml; NULL: none */
  fmtconv_attr *peft;             /* LoraConfig's fields, keys with or without a prefix; NULL: none */
  const char *peft_at;            /* where these fields are, for messages */
  struct lora_patterns *patterns; /* translated keys of its patterns */
  bool is_whole; /* the fields are a complete configuration of peft, which always has lora_alpha */
  bool warned;   /* that alpha is not given */
};

/* Reads the configuration from the model's metadata, else from the configuration read with it, else from
 * adapter_config.json in the folder of `file` (NULL: none), else from single entries of the metadata.  Fields
 * that would change the result in an unknown way are an error that names them.  f->ctx, alpha, transform and hint are
 * set by the caller.  Returns 0 or the code of the error. */
int lora_facts_read (struct lora_facts *f, const fmtconv_model *model, fmtconv_input *file);

/* Removes the configuration and the metadata entries that state alpha and rank. */
void lora_facts_forget (fmtconv_ctx *ctx, fmtconv_attr *attrs);

/* Returns a field of LoraConfig for a module, or NULL if it is missing or null. */
fmtconv_attr *lora_field (const struct lora_facts *f, const char *module, const char *key);

/* Returns whether a field is true; -1 if it is missing, or after an error: it is not a boolean. */
int lora_flag (const struct lora_facts *f, const char *module, const char *key);

/* Returns whether the configuration says that tensors were trained in full: "bias" or "modules_to_save". */
bool lora_facts_have_full (const struct lora_facts *f);

/* Returns the number of a field for a module: of the first entry of its pattern field that matches the module, else of
 * the field itself.  NaN if both are missing, or after an error. */
double lora_setting (const struct lora_facts *f, const char *module, const char *key,
                     const char *pattern_key);

/* Returns the number of a node.  NaN if `node` is NULL, or after an error: it is not a number.  where, key: for the
 * message. */
double lora_number (const struct lora_facts *f, const char *where, fmtconv_attr *node, const char *key);

/* Translates the keys of a field that is rank_pattern or alpha_pattern.  Returns 0 or the code of the error. */
int lora_patterns_read (struct lora_facts *f, fmtconv_attr *field);

/* Returns the number of the first key of a translated field that matches the module, and sets *matches.  NaN if there is
 * none, or after an error.  Takes log n steps for n keys that are names, and n for keys with '*'. */
double lora_patterns_number (const struct lora_facts *f, const fmtconv_attr *field, const char *module,
                             bool *matches);

/* Refuses fields of the configuration that are set and not understood.  Returns 0 or the code of the error. */
int lora_config_check (const struct lora_facts *f);

/* Sets *alpha to the alpha of a group of that rank (not 0), and *divisor to what it is divided by: the rank, its root,
 * or 1 if no factor applies.  Returns 0 or the code of the error. */
int lora_alpha (struct lora_facts *f, const struct lora_group *group, uint64_t rank, double *alpha,
                double *divisor);

#endif

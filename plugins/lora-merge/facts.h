/* plugins/lora-merge/facts.h: the configuration of a LoRA, read from its files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MERGE_FACTS_H
#define MERGE_FACTS_H

#include "merge.h"

struct merge_facts
{
  fmtconv_attr *sat;   /* lora_config's parameters of training_config.yaml; NULL: none */
  fmtconv_attr *peft;  /* LoraConfig's fields, keys with or without a prefix; NULL: none */
  const char *peft_at; /* where these fields are, for messages */
  int warned;          /* that alpha is not given */
};

/* Reads the configuration from the LoRA's metadata, else from adapter_config.json in its folder.  Fields that
 * would change the result from that of a plain LoRA are an error that names them.  Returns 0 or the code of the
 * error. */
int merge_read_facts (struct merge *m, struct merge_facts *f);

/* Returns a field of LoraConfig for a module, or NULL if it is missing or null. */
fmtconv_attr *merge_field (struct merge *m, const struct merge_facts *f, const char *module, const char *key);

/* Returns whether a field is true; -1 if it is missing, or after an error: it is not a boolean. */
int merge_flag (struct merge *m, const struct merge_facts *f, const char *module, const char *key);

/* Returns the number of a field for a module: of the first entry of its pattern field that matches the module,
 * else of the field itself.  NaN if both are missing, or after an error. */
double merge_setting (struct merge *m, const struct merge_facts *f, const char *module, const char *key,
                      const char *pattern_key);

/* Returns the number of a node.  NaN if `node` is NULL, or after an error: it is not a number.  where, key: for the
 * message. */
double merge_number (struct merge *m, const char *where, fmtconv_attr *node, const char *key);

/* Returns whether a key of rank_pattern or alpha_pattern (`where`, for messages) matches the module; -1 after an
 * error. */
int merge_matches (struct merge *m, const char *where, const char *pattern, const char *module);

/* Finds the pairs whose product is added transposed.  Returns 0, or the code of an error: it is not clear. */
int merge_find_transposed (struct merge *m, const struct merge_facts *f);

/* Sets the factor of each pair: weight · alpha / rank.  Returns 0 or the code of an error. */
int merge_set_factors (struct merge *m, struct merge_facts *f);

/* Refuses fields of LoraConfig that a sum of products cannot represent.  Returns 0 or the code of the error. */
int merge_check_config (struct merge *m, const struct merge_facts *f);

#endif

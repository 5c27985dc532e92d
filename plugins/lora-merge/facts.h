/* plugins/lora-merge/facts.h: what the files say of a LoRA beside its matrices.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MERGE_FACTS_H
#define MERGE_FACTS_H

#include "merge.h"

struct merge_facts
{
  fmtconv_attr *sat;   /* lora_config's parameters of training_config.yaml; NULL: none */
  fmtconv_attr *peft;  /* LoraConfig's fields, keys with or without a prefix; NULL: none */
  const char *peft_at; /* where those are written, for messages */
  int warned;          /* that nothing says alpha */
};

/* Find them: in the LoRA's metadata, else in adapter_config.json beside its file.  What would make another result than
 * a plain LoRA is an error that names it.  0 or the code. */
int merge_read_facts (struct merge *m, struct merge_facts *f);

/* A field of LoraConfig for a module; NULL: it is not there, or null. */
fmtconv_attr *merge_field (struct merge *m, const struct merge_facts *f, const char *module, const char *key);

/* Is a field true?  -1: it is not there; an error where it is no boolean. */
int merge_flag (struct merge *m, const struct merge_facts *f, const char *module, const char *key);

/* The number of a field for a module: of the first entry of its pattern field that means the module, else the field's
 * own; NaN: neither is there, or an error. */
double merge_setting (struct merge *m, const struct merge_facts *f, const char *module, const char *key,
                      const char *pattern_key);

/* The number of a node of `where`; NaN: there is no node, or (an error) it is no number. */
double merge_number (struct merge *m, const char *where, fmtconv_attr *node, const char *key);

/* Does a key of rank_pattern or alpha_pattern, which is `where`, mean the module?  -1: an error. */
int merge_means (struct merge *m, const char *where, const char *pattern, const char *module);

/* Find the pairs whose product is added transposed.  0 or the code: nothing tells. */
int merge_find_transposed (struct merge *m, const struct merge_facts *f);

/* Set the factor of each pair: weight · alpha / rank. */
int merge_set_factors (struct merge *m, struct merge_facts *f);

/* Refuse the fields of LoraConfig that a sum of products does not honor.  0 or the code. */
int merge_check_config (struct merge *m, const struct merge_facts *f);

#endif

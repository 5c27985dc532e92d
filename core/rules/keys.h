/* core/rules/keys.h: the keys of a GGUF file that a model file describes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A model file with `gguf` has a GGUF file as its second side: `gguf` is the configuration there, which readers and the
 * writer of that format know as "config", and `tensors` are lists of numbers that are tensors there; `library`, `class` and
 * `config` are those of the first side. */
#ifndef FCI_RULES_KEYS_H
#define FCI_RULES_KEYS_H

#include "core/rules/run.h"

#define FCI_KEYS "gguf"
#define FCI_TENSORS "tensors"

/* Begins the name of a key that does not begin with the architecture: "/tokenizer.ggml.eot_token_id". */
#define FCI_WHOLE '/'

/* Returns whether a tree of attributes has such keys. */
bool fci_rule_has_keys (fmtconv_attr *tree);

/* Removes the members that describe the side that is not made, so that they are not computed. */
void fci_rule_keys_choose (fmtconv_attr *tree, bool is_reverse);

/* Turns the computed keys of run->attributes that begin with the architecture into its "config". */
void fci_rule_run_keys (fci_rule_run *run);

/* Gives the output the other computed keys, over those that it has, and removes them in run->attributes. */
void fci_rule_run_put_keys (fci_rule_run *run);

/* Puts the computed tensors of run->attributes, and removes them there. */
void fci_rule_run_put_tensors (fci_rule_run *run);

#endif

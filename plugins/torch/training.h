/* plugins/torch/training.h: tells what training saves next to a model: optimizers, schedulers, random states.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_TRAINING_H
#define TORCH_TRAINING_H

#include "plugins/torch/scan.h"

/* Keys are those of dictionaries; the values of lists have none: NULL. */

/* Returns whether one of the key's words, separated by '_', '-', '.' or a space, is one of `words`, which end with NULL.
 * Case does not count; "optim*" is every word that begins so. */
bool torch_key_has_word (const fmtconv_value *key, const char *const *words);

/* Returns whether a value has the form of an optimizer's state, or is a list of such. */
bool torch_looks_like_optimizer (const torch_scan *scan, const fmtconv_value *value);

/* Returns whether a value is the state of an optimizer, by its key or by its form. */
bool torch_is_optimizer (const torch_scan *scan, const fmtconv_value *key, const fmtconv_value *value);

/* Returns whether a value is known not to be a model's weights: an optimizer, random generators, or the copy of weights
 * that DeepSpeed keeps as frozen_param_fragments. */
bool torch_is_known_state (const torch_scan *scan, const fmtconv_value *key, const fmtconv_value *value);

/* Returns whether a key is a usual name of what is saved next to a model. */
bool torch_is_named_aside (const fmtconv_value *key);

#endif

/* plugins/torch/training.h: tells what training saves next to a model: optimizers, schedulers, random states.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_TRAINING_H
#define TORCH_TRAINING_H

#include "plugins/torch/value.h"

/* Returns whether one of the key's words, separated by '_', '-', '.' or a space, is one of `words`, which end with NULL.
 * Case does not count; "optim*" is every word that begins so. */
bool torch_key_has_word (const pk_value *key, const char *const *words);

/* Returns whether a value is the state of an optimizer, by its key or by its form. */
bool torch_is_optimizer (const pk_value *key, const pk_value *value);

/* Returns whether a value with tensors is known not to be a model's weights. */
bool torch_is_training_state (const pk_value *key, const pk_value *value);

#endif

/* plugins/torch/keys.h: the keys of dictionaries as parts of names.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_KEYS_H
#define TORCH_KEYS_H

#include "plugins/torch/value.h"

/* Can it be part of a name: an int, or a string without a NUL? */
bool torch_key_is_name (const pk_value *key);

/* A key as text for people, cut at 256 bytes; not escaped. */
const char *torch_key_text (fmtconv_ctx *ctx, const pk_value *key);

/* A dictionary's keys differ from each other.  where: the dictionary's name, for the message.  0 or
 * E_FORMAT. */
int torch_keys_unique (fmtconv_ctx *ctx, fmtconv_source *pickle, const pk_value *dict, const char *where);

#endif

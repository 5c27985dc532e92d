/* plugins/common/pickle/keys.h: dictionary keys as parts of tensor names.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_KEYS_H
#define TORCH_KEYS_H

#include "plugins/common/pickle/value.h"

/* Returns whether the key can be part of a name: an int, or a string without a NUL. */
bool torch_key_is_name (const pk_value *key);

/* Returns the key as text for messages, truncated to 256 bytes, not escaped. */
const char *torch_key_text (fmtconv_ctx *ctx, const pk_value *key);

/* Checks that the keys of a dictionary differ.  where: the dictionary's name, for the message.  Returns 0 or
 * E_FORMAT. */
int torch_keys_unique (fmtconv_ctx *ctx, fmtconv_source *pickle, const pk_value *dict, const char *where);

#endif

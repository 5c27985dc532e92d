/* plugins/common/keys.h: dictionary keys of pickles as parts of tensor names.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KEYS_H
#define KEYS_H

#include <fmtconv/pickle.h>
#include <stdbool.h>

/* Returns whether the key can be part of a name: an int, or a string without a NUL. */
bool keys_is_name (const fmtconv_value *key);

/* Returns the key as text for messages, truncated to 256 bytes, not escaped. */
const char *keys_text (fmtconv_ctx *ctx, const fmtconv_value *key);

/* Checks that the keys of a dictionary differ.  where: the dictionary's name, for the message.  Returns 0, E_FORMAT or
 * E_NOMEM. */
int keys_unique (fmtconv_ctx *ctx, const fmtconv_pickle *pickle, const fmtconv_value *dict,
                 const char *where);

#endif

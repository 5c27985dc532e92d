/* core/attr/json-keys.h: finds keys that stand twice in an object.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_JSON_KEYS_H
#define FCI_ATTR_JSON_KEYS_H

#include "core/attr/json.h"

/* Checks an object that was read.  Returns false if a key occurs twice, or if memory is exhausted: the error is in
 * fault. */
bool fci_json_check_keys (fci_json *json, const fmtconv_attr *object);

#endif

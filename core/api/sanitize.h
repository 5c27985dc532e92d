/* core/api/sanitize.h: a model's attributes in the form that an inspection prints.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_SANITIZE_H
#define FCI_API_SANITIZE_H

#include <fmtconv/plugin.h>

/* Adds a copy of a value for people and JSON: of a packed array with more than 64 items its type, length
 * and first items; NaN and infinity as strings. */
void fci_add_sanitized (fmtconv_attr *object, const char *key, fmtconv_attr *value);

#endif

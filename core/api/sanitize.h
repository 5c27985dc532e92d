/* core/api/sanitize.h: a model's attributes in the form that an inspection prints.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_SANITIZE_H
#define FCI_API_SANITIZE_H

#include <fmtconv/plugin.h>

/* A copy of a value for people and JSON: of an array of a file that has more than 64 items only its type, their
 * number and the first ones; NaN and infinity as strings. */
void fci_add_sanitized (fmtconv_attr *object, const char *key, fmtconv_attr *value);

#endif

/* core/api/tree.h: helpers that build the attribute tree of a result.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_TREE_H
#define FCI_API_TREE_H

#include "core/model/model.h"

/* Append an empty array `key` (referenced, not yet in the object), or an empty object to an array. Return
 * it, or NULL on error. */
fmtconv_attr *fci_add_array (fmtconv_attr *object, const char *key);
fmtconv_attr *fci_add_object (fmtconv_attr *array);

/* Adds a count or a number of bytes. */
void fci_add_count (fmtconv_attr *object, const char *key, uint64_t n);

/* Adds a number; null for NaN and infinity, which JSON cannot represent. */
void fci_add_number (fmtconv_attr *object, const char *key, double v);

/* Adds a text, escaped if it is not UTF-8, such as a path. */
void fci_add_text (fmtconv_attr *object, const char *key, const char *text);

/* Adds "skipped": items that the reader of `model` left in the file. */
void fci_add_skipped (fmtconv_attr *object, const fmtconv_model *model);

/* Adds name, dtype, shape and bytes of a view. */
void fci_add_tensor (fmtconv_attr *object, const char *name, fmtconv_view *view);

#endif

/* core/api/tree.h: helpers that build the attribute tree of a result.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_TREE_H
#define FCI_API_TREE_H

#include "core/model/model.h"

/* The new empty array `key` (referenced) of an object that has none of that name; the new empty object at the
 * end of an array. */
fmtconv_attr *fci_add_array (fmtconv_attr *object, const char *key);
fmtconv_attr *fci_add_object (fmtconv_attr *array);

/* A count or a number of bytes. */
void fci_add_count (fmtconv_attr *object, const char *key, uint64_t n);

/* A figure: null where it is NaN or infinite, which JSON cannot say. */
void fci_add_number (fmtconv_attr *object, const char *key, double v);

/* Text that may not be UTF-8 (a path): escaped where it is not. */
void fci_add_text (fmtconv_attr *object, const char *key, const char *text);

/* "skipped": what the reader of `model` left in the file. */
void fci_add_skipped (fmtconv_attr *object, const fmtconv_model *model);

/* name, dtype, shape, bytes of a view into an object. */
void fci_add_tensor (fmtconv_attr *object, const char *name, fmtconv_view *view);

#endif

/* core/attr/attr.h: attribute trees as the core builds them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_ATTR_H
#define FCI_ATTR_ATTR_H

#include <fmtconv/input.h>
#include <stdbool.h>

/* Returns a node that is in no tree yet. NULL: an error. */
fmtconv_attr *fci_attr_new (fmtconv_ctx *ctx, unsigned kind);

/* Returns a string node with a copy of len bytes. NULL: an error. */
fmtconv_attr *fci_attr_string (fmtconv_ctx *ctx, const char *s, size_t len);

/* Returns the member whose key has len bytes, or NULL. */
fmtconv_attr *fci_attr_find (fmtconv_attr *object, const char *key, size_t len);

/* Appends `item`, a node in no tree, to an array (key NULL) or to an object, which must not have the key;
 * key is referenced. */
void fci_attr_append (fmtconv_attr *node, const char *key, fmtconv_attr *item);

#endif

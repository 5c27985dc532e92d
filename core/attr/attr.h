/* core/attr/attr.h: attribute trees as the core builds them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_ATTR_H
#define FCI_ATTR_ATTR_H

#include <fmtconv/input.h>
#include <stdbool.h>

/* A node without a place.  NULL: an error. */
fmtconv_attr *fci_attr_new (fmtconv_ctx *ctx, unsigned kind);

/* A string of len bytes, copied. */
fmtconv_attr *fci_attr_string (fmtconv_ctx *ctx, const char *s, size_t len);

/* The member of a key of len bytes, or NULL. */
fmtconv_attr *fci_attr_find (fmtconv_attr *object, const char *key, size_t len);

/* Put `item`, a node without a place, at the end of an array (key NULL) or object, which has no such
 * key; key is referenced. */
void fci_attr_append (fmtconv_attr *node, const char *key, fmtconv_attr *item);

#endif

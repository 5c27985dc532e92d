/* core/attr/set.h: changing attribute trees.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_SET_H
#define FCI_ATTR_SET_H

#include <fmtconv/attr.h>

/* Replaces the value of `node` with that of `fresh`, a node in no tree. */
void fci_attr_become (fmtconv_attr *node, fmtconv_attr *fresh);

/* Returns a deep copy that is in no tree. NULL: an error. */
fmtconv_attr *fci_attr_copy (fmtconv_ctx *ctx, const fmtconv_attr *node);

#endif

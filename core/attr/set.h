/* core/attr/set.h: changing attribute trees.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_SET_H
#define FCI_ATTR_SET_H

#include <fmtconv/attr.h>

/* Replace what `node` is by what `fresh`, a node without a place, is. */
void fci_attr_become (fmtconv_attr *node, fmtconv_attr *fresh);

/* A copy without a place. */
fmtconv_attr *fci_attr_copy (fmtconv_ctx *ctx, const fmtconv_attr *node);

#endif

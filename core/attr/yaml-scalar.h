/* core/attr/yaml-scalar.h: resolves a plain YAML scalar: null, bool, int, float or string.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_YAML_SCALAR_H
#define FCI_ATTR_YAML_SCALAR_H

#include <fmtconv/attr.h>

/* Returns the node for a plain YAML scalar of len bytes. NULL: an error. */
fmtconv_attr *fci_yaml_scalar (fmtconv_ctx *ctx, const char *s, size_t len);

#endif

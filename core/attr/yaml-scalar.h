/* core/attr/yaml-scalar.h: what a plain YAML scalar is: null, bool, int, float or string.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_YAML_SCALAR_H
#define FCI_ATTR_YAML_SCALAR_H

#include <fmtconv/attr.h>

/* What a plain YAML scalar is. */
fmtconv_attr *fci_yaml_scalar (fmtconv_ctx *ctx, const char *s, size_t len);

#endif

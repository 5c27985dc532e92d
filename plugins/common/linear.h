/* plugins/common/linear.h: which tensors are matrices that a layer multiplies its input by.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LINEAR_H
#define LINEAR_H

#include <fmtconv/plugin.h>

/* Returns the reason why a tensor is not the weight of a linear layer, or of several that are stacked, by its shape and
 * name; NULL: it is.  Every transform that quantizes asks this function, so that none of them rounds tokens, tables and
 * gates, which are few bytes, are not multiplied, and are expected as plain numbers by the programs that load them. */
const char *linear_refusal (const fmtconv_tensor *tensor);

#endif

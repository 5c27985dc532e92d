/* core/api/recipe.h: describes the operations on a tensor's elements, and the tensors that they come from.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_RECIPE_H
#define FCI_API_RECIPE_H

#include "core/layout/layout.h"
#include "core/model/lineage.h"

/* Adds "tensors" to the report: file, offset and origin of each tensor. */
void fci_add_tensors (fmtconv_attr *object, const fmtconv_layout *layout, const fci_tensor_lineage *account);

/* Returns the operations on the elements of a view: "copy", "gather", "compare, scale 0.5, round f16". */
const char *fci_view_recipe (fmtconv_view *view);

#endif

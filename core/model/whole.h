/* core/model/whole.h: a transform uses all elements of the tensors that it was given.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_WHOLE_H
#define FCI_MODEL_WHOLE_H

#include "core/model/scope.h"

/* Checks that the views of `model`, which is not frozen, show all elements of every tensor of the scope that was neither
 * dropped nor used as an operand.  Returns 0 or a code. */
int fci_model_check_whole (const fci_transform_scope *scope, const fmtconv_model *model, const char *plugin);

#endif

/* core/model/scaling.h: whether a model has tensors that mean nothing without their scales.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_SCALING_H
#define FCI_MODEL_SCALING_H

#include <fmtconv/types.h>

/* How many tensors of the model, without its components, are scaled by others. */
size_t fci_model_scaled (const fmtconv_model *model);

#endif

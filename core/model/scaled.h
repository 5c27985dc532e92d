/* core/model/scaled.h: whether a model has tensors that mean nothing without their scales.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SCALED_H
#define FCI_SCALED_H

#include "core/model/model.h"

/* Is any tensor of the model, without its components, scaled by another? */
bool fci_model_is_scaled (const fmtconv_model *model);

#endif

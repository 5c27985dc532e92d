/* core/model/scaling.h: finds tensors that need scales to be decoded.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_SCALING_H
#define FCI_MODEL_SCALING_H

#include <fmtconv/types.h>

/* Returns the number of scaled tensors of the model, without its components. */
size_t fci_model_scaled (const fmtconv_model *model);

#endif

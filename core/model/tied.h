/* core/model/tied.h: finds tensors of a model with identical bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_TIED_H
#define FCI_MODEL_TIED_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* Sets `tied` of all entries, which must be numbered. Returns false if out of memory. */
bool fci_model_tie (fmtconv_model *model);

#endif

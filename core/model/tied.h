/* core/model/tied.h: which tensors of a model are the very same bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_TIED_H
#define FCI_MODEL_TIED_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* Fill `tied` of all entries, which are numbered. */
bool fci_model_tie (fmtconv_model *model);

#endif

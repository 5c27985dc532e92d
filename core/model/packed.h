/* core/model/packed.h: finds integers of quantizers that need more than one scale to be decoded.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_PACKED_H
#define FCI_MODEL_PACKED_H

#include <fmtconv/formats.h>
#include <stdbool.h>

/* Returns whether the model may have integers of a scheme, by the names of its tensors.  false: it has none. */
bool fci_packed_may_occur (const fmtconv_model *model);

/* Returns whether the tensor holds the integers of a scheme: fci_packed_role without the roles that need more looks. */
bool fci_packed_is_codes (const fmtconv_model *model, const fmtconv_tensor *tensor);

/* Returns the role of a tensor among those of a scheme in the table of packed.c, and fills `scaling`, unless it is
 * NULL, for every role except NONE. */
int fci_packed_role (const fmtconv_model *model, const fmtconv_tensor *tensor, fmtconv_scaling *scaling);

#endif

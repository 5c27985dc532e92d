/* core/api/parts.h: the parts of a model: the tensors that each transform takes, and the remaining tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_PARTS_H
#define FCI_API_PARTS_H

#include "core/convert/recognize.h"
#include "core/model/model.h"

/* "parts": every kind that is recognized, with its command (one a complete claim), then what is left behind, by
 * reason.  stages: what was read; what the first transform makes of it, or NULL. */
void fci_add_parts (fmtconv_attr *object, const fci_claims *claims, const fmtconv_model *const *stages,
                    const char *const *commands);

/* "parts" of a bundle: its components, with the classes they name. */
void fci_add_components (fmtconv_attr *object, const fmtconv_model *bundle);

#endif

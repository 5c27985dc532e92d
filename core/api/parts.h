/* core/api/parts.h: the parts of a model: the tensors that each transform takes, and the remaining tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_PARTS_H
#define FCI_API_PARTS_H

#include "core/convert/recognize.h"
#include "core/model/model.h"

/* Adds "parts": every recognized kind with its command (one per complete match), then the remaining
 * tensors by reason. stages: the model read, and the result of the first transform or NULL. */
void fci_add_parts (fmtconv_attr *object, const fci_claims *claims, const fmtconv_model *const *stages,
                    const char *const *commands);

/* Adds "parts" of a bundle: its components with their classes. */
void fci_add_components (fmtconv_attr *object, const fmtconv_model *bundle);

#endif

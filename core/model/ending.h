/* core/model/ending.h: tensors whose names begin alike and end differently.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_ENDING_H
#define FCI_MODEL_ENDING_H

#include <fmtconv/model.h>

/* Returns the bytes of `name` before that ending; 0: another ending, or nothing before it. */
size_t fci_name_stem (const char *name, const char *ending);

/* Returns the tensor named by the first `stem` bytes of a name and that ending, or NULL. */
const fmtconv_tensor *fci_model_find_ending (const fmtconv_model *model, const char *name, size_t stem,
                                             const char *ending);

#endif

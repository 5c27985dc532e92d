/* core/model/description.h: the attributes that describe a model under the names that it has.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_DESCRIPTION_H
#define FCI_MODEL_DESCRIPTION_H

#include <fmtconv/model.h>

/* Removes title, configuration, library and class, and the names of their files: they describe the model that this one was
 * made of. */
void fci_model_forget_description (fmtconv_model *model);

#endif

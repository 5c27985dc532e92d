/* core/model/bundle.h: names of components, and files attached to models.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_BUNDLE_H
#define FCI_MODEL_BUNDLE_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* Names a frozen model as a component. Returns 0, or a code if it has another name. */
int fci_model_set_name (fmtconv_model *model, const char *name);

/* Returns whether a component may have this name: 1 to 64 letters, digits, '_' and, not first, '-' and
 * '.'. */
bool fci_component_name_ok (const char *name);

#endif

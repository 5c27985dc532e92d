/* core/model/bundle.h: names of components, and files that models carry along.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_MODEL_BUNDLE_H
#define FCI_MODEL_BUNDLE_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* Call a sealed model by a name, as a component.  0 or a code: a component of another name. */
int fci_model_set_name (fmtconv_model *model, const char *name);

/* May a component be called so: 1 to 64 letters, digits, '_' and, inside, '-' and '.'? */
bool fci_component_name_ok (const char *name);

#endif

/* core/convert/choose.h: the transform for a model that nobody named one for, and commands for what else is there.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_CHOOSE_H
#define FCI_CONVERT_CHOOSE_H

#include "core/convert/convert.h"
#include "core/convert/recognize.h"

/* The transforms that nobody needs to name, by what was read: one kind alone, or the one of the highest precedence;
 * several, each a component, where the output can hold them.  What else is recognized is named with the commands
 * that convert it.  0, or the code of an error; links->none: there are none. */
int fci_chain_choose (fci_conversion *c, const fmtconv_model *model, fci_links *links);

/* The same for a component of that name. */
int fci_chain_choose_component (fci_conversion *c, const fmtconv_model *model, const char *name,
                                fci_links *links);

/* The joins of bundles whose components these transforms made, behind the other links. */
int fci_chain_joins (fci_conversion *c, const fci_links *makers, fci_links *links);

/* Several that recognize it, each a component of its own: then a folder can hold them all. */
bool fci_claims_are_components (const fci_claims *claims);

#endif

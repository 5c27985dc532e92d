/* core/convert/choose.h: chooses transforms if the user names none, and lists commands for other matches.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_CHOOSE_H
#define FCI_CONVERT_CHOOSE_H

#include "core/convert/convert.h"
#include "core/convert/recognize.h"

/* Chooses transforms by the tensors of a model: the only match, the match of highest precedence, or one
 * for each component if the output can store several. Lists commands for the other matches. Returns 0 or
 * an error code; sets links->none if no transform matches. */
int fci_chain_choose (fci_conversion *c, const fmtconv_model *model, fci_links *links);

/* Chooses the only transform that matches completely, and what the writer wants before it, if it is for the writer; else adds
 * nothing. Returns 0 or an error code. */
int fci_chain_choose_for_writer (fci_conversion *c, const fmtconv_model *model, fci_links *links);

/* Does what fci_chain_choose does for the component `name`. */
int fci_chain_choose_component (fci_conversion *c, const fmtconv_model *model, const char *name,
                                fci_links *links);

/* Appends the bundle transforms that join the results of `makers`. Returns 0 or an error code. */
int fci_chain_joins (fci_conversion *c, const fci_links *makers, fci_links *links);

/* Returns whether several transforms match the model completely, each as a different component. */
bool fci_claims_are_components (const fci_claims *claims);

#endif

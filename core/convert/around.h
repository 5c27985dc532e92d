/* core/convert/around.h: transforms that a writer wants around a transform that was chosen for it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_AROUND_H
#define FCI_CONVERT_AROUND_H

#include "core/convert/convert.h"

/* Append the transforms of the writer's `before`, or of the chosen transform's `around`, up to "*", those from there on, or those
 * of the writer's `after` to the chain.  The last of `after` takes the place of --dtype.  chosen: NULL
 * for a transform that is chosen in reverse.  Return 0 or an error code. */
int fci_chain_before (fci_conversion *c, const fmtconv_transform *chosen, fci_links *links);
int fci_chain_next (fci_conversion *c, const fmtconv_transform *chosen, fci_links *links);
int fci_chain_after (fci_conversion *c, fci_links *links);

/* Returns whether a word has the form of a type of blocks, or of a mix of them: "q4_K", "Q4_K_M", "iq2_m", "tq1_0". */
bool fci_is_type_like (const char *word);

#endif

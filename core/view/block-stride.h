/* core/view/block-stride.h: how factors go along with axes that are split or joined.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_BLOCK_STRIDE_H
#define FCI_VIEW_BLOCK_STRIDE_H

#include "core/view/view.h"

/* The paces along both axes that one becomes, of several whole rows of `inner` indices; false: blocks begin within
 * rows. */
bool fci_pace_split (const fci_pace *pace, uint64_t inner, fci_pace *to_outer, fci_pace *to_inner);

/* The pace along the axis that two become, the second of `inner` indices; false: there is none. */
bool fci_pace_join (const fci_pace *outer, const fci_pace *own, uint64_t inner, fci_pace *to);

#endif

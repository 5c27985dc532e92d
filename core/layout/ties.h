/* core/layout/ties.h: the tensors whose bytes are in a file under another name.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_TIES_H
#define FCI_LAYOUT_TIES_H

#include "core/layout/layout.h"

/* Adds the bit `tied` to the state of each tensor that a part's writer tied to an emitted tensor of the same bytes: the
 * one with the name that the writer gave; or, if it has renamed the tensors, the next one that has no state.
 *   state    of the tensors from number `first` on
 * Returns 0, or E_INTERNAL if the bytes of such a tensor are others. */
int fci_layout_find_ties (const fmtconv_layout *layout, const fci_layout_part *part, uint32_t first,
                          uint8_t *state, uint8_t tied);

#endif

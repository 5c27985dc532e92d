/* core/kernel/fast.h: selects the fast loop of a stage; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_FAST_H
#define FCI_KERNEL_FAST_H

#include "core/kernel/stage.h"

/* Returns the fast loop of a stage at the current level; NULL: none. */
fci_fast_fn *fci_fast (const fci_stage *stage);

#endif

/* core/kernel/fast.h: which fast loop a stage gets; private to this folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_FAST_H
#define FCI_KERNEL_FAST_H

#include "core/kernel/stage.h"

/* The fast loop of a stage at this moment's level, or NULL. */
fci_fast_fn *fci_fast (const fci_stage *stage);

#endif

/* core/pickle/fold.h: objects whose parts are given back, and made again when they are asked for.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_FOLD_H
#define FCI_PICKLE_FOLD_H

#include "core/pickle/machine.h"

/* Folds an object that the machine has just finished, whose opcodes begin at `start`, if that is possible. */
void fci_pickle_fold (fci_pickle_machine *m, fci_pickle_object *object, fci_pickle_start start);

#endif

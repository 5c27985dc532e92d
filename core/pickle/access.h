/* core/pickle/access.h: the items of a value.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_ACCESS_H
#define FCI_PICKLE_ACCESS_H

#include "core/pickle/value.h"

/* Returns the items of a container, those that were added to an object, or the parts of a storage's id, and in *step how
 * many make an item: 2 in a dictionary, 1 elsewhere.  NULL: the value has none. */
const fci_pickle_items *fci_pickle_items_of (const fmtconv_value *value, uint32_t *step);

#endif

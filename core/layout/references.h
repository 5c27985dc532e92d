/* core/layout/references.h: regions that refer to others by number.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_REFERENCES_H
#define FCI_LAYOUT_REFERENCES_H

#include "core/layout/layout.h"

/* Replaces the region numbers of digests and tied tensors by pointers to the regions.  Returns 0 or a code.
 * */
int fci_layout_resolve (fmtconv_layout *layout);

#endif

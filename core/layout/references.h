/* core/layout/references.h: regions that refer to others by number.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_REFERENCES_H
#define FCI_LAYOUT_REFERENCES_H

#include "core/layout/layout.h"

/* Find the regions that digests and second names refer to by number.  0 or a code. */
int fci_layout_resolve (fmtconv_layout *layout);

#endif

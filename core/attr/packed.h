/* core/attr/packed.h: arrays of values that stay in their file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_PACKED_H
#define FCI_ATTR_PACKED_H

#include <fmtconv/input.h>

/* The value that the cursor of packed values is at, as a node without a place; a string may have NULs. */
fmtconv_attr *fci_packed_next (const fmtconv_packed *packed, fmtconv_cursor *cursor);

#endif

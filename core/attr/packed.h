/* core/attr/packed.h: arrays whose values stay in their file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_PACKED_H
#define FCI_ATTR_PACKED_H

#include <fmtconv/input.h>

/* Reads the next of the packed values at the cursor into a node in no tree; a string may be any bytes.
 * NULL: an error. */
fmtconv_attr *fci_packed_next (const fmtconv_packed *packed, fmtconv_cursor *cursor);

#endif

/* core/view/byteswap.h: elements in the other byte order.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_BYTESWAP_H
#define FCI_VIEW_BYTESWAP_H

#include <fmtconv/types.h>

/* Returns the bytes of each number that SWAP reverses in an element of that type; 0: a type stored in
 * blocks. */
unsigned fci_byteswap_width (uint32_t dtype);

#endif

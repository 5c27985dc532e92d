/* core/view/dtype.h: the data types of the library by name.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_DTYPE_H
#define FCI_VIEW_DTYPE_H

#include <fmtconv/types.h>

/* Returns the library's own data type of that name, in any case; 0: none. */
uint32_t fci_dtype_named (const char *name);

#endif

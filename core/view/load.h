/* core/view/load.h: reads the elements of a small tensor while a conversion is planned.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_LOAD_H
#define FCI_VIEW_LOAD_H

#include <fmtconv/types.h>
#include <stddef.h>

enum
{
  FCI_LOAD_MAX = 1 << 16 /* bytes */
};

/* Reads the elements of a tensor as they are stored, row-major, into the context's arena; *n receives the number of
 * bytes, which a NUL byte follows.  NULL: an error (recorded): E_UNSUPPORTED if the elements are computed or not
 * consecutive, E_LIMIT if they are more than FCI_LOAD_MAX bytes, E_IO. */
const void *fci_tensor_load (const fmtconv_tensor *tensor, size_t *n);

#endif

/* core/api/shares.h: the data types of a model, and the sources that hold its data.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_SHARES_H
#define FCI_API_SHARES_H

#include <fmtconv/model.h>

/* Adds "dtypes": tensors and bytes of each, the largest first. */
void fci_add_dtypes (fmtconv_attr *result, const fmtconv_model *model);

/* Adds "storages": how many sources hold data, how many of them that of several tensors, and how many tensors are tied. */
void fci_add_storages (fmtconv_attr *result, const fmtconv_model *model);

#endif

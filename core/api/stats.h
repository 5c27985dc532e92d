/* core/api/stats.h: statistics of all data of a model, for fmtconv_inspect.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_STATS_H
#define FCI_API_STATS_H

#include "core/model/model.h"

/* "stats" of a model's tensors into `result`, and into the objects of `list` (NULL: none), one a tensor in the order
 * of the leaves.  Reads all data. */
int fci_add_stats (fmtconv_attr *result, fmtconv_attr *list, const fmtconv_model *model);

#endif

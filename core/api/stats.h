/* core/api/stats.h: statistics of all data of a model, for fmtconv_inspect.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_STATS_H
#define FCI_API_STATS_H

#include "core/model/model.h"

/* Adds "stats" of a model to `result`, and of each tensor to the objects of `list` (or NULL), one per
 * tensor in the order of the leaves. Reads all data. Returns 0 or an error code. */
int fci_add_stats (fmtconv_attr *result, fmtconv_attr *list, const fmtconv_model *model);

#endif

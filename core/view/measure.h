/* core/view/measure.h: values that the executor measures before it writes, as views.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_MEASURE_H
#define FCI_VIEW_MEASURE_H

#include "core/view/view.h"

/* Returns whether a view depends on values that are measured last: all but norms and held values. Records
 * E_UNSUPPORTED if so: nothing can be measured after them. */
bool fci_view_is_measured (fmtconv_view *view);

/* Returns a view of `shape` of the values that `like` describes, measured from `wanted` and `other` (NULL:
 * none), which are F32. Equal views and descriptions give equal results. name: of the source, for
 * messages. NULL: an error (recorded). */
fmtconv_view *fci_view_measured (fmtconv_view *wanted, fmtconv_view *other, const fci_measure *like,
                                 unsigned rank, const uint64_t *shape, const char *name);

#endif

/* core/convert/ranks.h: a conversion by several processes: each writes a share, rank 0 publishes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_RANKS_H
#define FCI_CONVERT_RANKS_H

#include "core/convert/convert.h"

/* Returns the share of this rank. */
fci_dealing fci_rank_dealing (const fmtconv_ctx *ctx);

/* Executes the plan of a conversion, which is that of this rank's share, together with the other ranks; on rank 0 the plan
 * becomes that of the publication.  Returns 0 or a code, on each rank the same.  After an error nothing is left, unless
 * RESUME is given and the error is one after which a run can continue. */
int fci_execute_ranks (fci_conversion *c, const fci_execution *execution);

#endif

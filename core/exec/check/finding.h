/* core/exec/check/finding.h: from tallies of roundings to findings.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_FINDING_H
#define FCI_EXEC_CHECK_FINDING_H

#include "core/exec/check/outcome.h"
#include "core/exec/worker/worker.h"

/* Turn tallies into findings; warnings and errors. */
int fci_report_findings (const fci_pool *pool, fci_outcome *outcome);

#endif

/* core/exec/check/finding.h: turns tallies of roundings into findings.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_CHECK_FINDING_H
#define FCI_EXEC_CHECK_FINDING_H

#include "core/exec/check/outcome.h"
#include "core/exec/worker/worker.h"

/* Turns tallies into findings, and reports warnings and errors.  Returns 0 or a code. */
int fci_report_findings (const fci_pool *pool, fci_outcome *outcome);

#endif

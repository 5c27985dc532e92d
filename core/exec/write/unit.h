/* core/exec/write/unit.h: the jobs that write the output.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WRITE_UNIT_H
#define FCI_EXEC_WRITE_UNIT_H

#include "core/exec/worker/worker.h"

/* Jobs: write unit `unit` of the plan; the units of that group. */
fci_job fci_write_unit;
fci_job fci_write_group;

#endif

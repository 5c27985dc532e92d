/* core/exec/write/unit.h: the jobs that write the output.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WRITE_UNIT_H
#define FCI_EXEC_WRITE_UNIT_H

#include "core/exec/worker/worker.h"

/* Jobs that write unit number `unit` of the plan, or the units of group number `unit`. */
fci_job fci_write_unit;
fci_job fci_write_group;

#endif

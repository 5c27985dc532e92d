/* core/plan/group.h: cuts the runs of several layouts into groups that share source ranges.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_GROUP_H
#define FCI_PLAN_GROUP_H

#include "core/plan/run.h"

/* Cuts the runs of several layouts into groups of units.  Returns 0 or a code. */
int fci_plan_group (fci_plan *plan);

#endif

/* core/plan/text.h: a plan as text; only tests read it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_TEXT_H
#define FCI_PLAN_TEXT_H

#include "core/plan/plan.h"

/* Returns the plan as text for golden tests: one line for each requirement (measured or compared) and each
 * run. */
const char *fci_plan_text (const fci_plan *plan);

#endif

/* core/plan/text.h: a plan as text; only tests read it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_TEXT_H
#define FCI_PLAN_TEXT_H

#include "core/plan/plan.h"

/* The plan as text, one line a requirement (what is measured or compared) or run, for golden tests. */
const char *fci_plan_text (const fci_plan *plan);

#endif

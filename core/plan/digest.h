/* core/plan/digest.h: a plan as 64 bits.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_DIGEST_H
#define FCI_PLAN_DIGEST_H

#include "core/plan/plan.h"

/* 64 bits that are equal where the plan is. */
uint64_t fci_plan_digest (const fci_plan *plan);

#endif

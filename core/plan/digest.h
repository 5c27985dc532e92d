/* core/plan/digest.h: a 64-bit digest of a plan.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_DIGEST_H
#define FCI_PLAN_DIGEST_H

#include "core/plan/plan.h"

/* Returns a 64-bit digest; equal plans have equal digests. */
uint64_t fci_plan_digest (const fci_plan *plan);

#endif

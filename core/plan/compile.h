/* core/plan/compile.h: from layouts to plans.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_COMPILE_H
#define FCI_PLAN_COMPILE_H

#include "core/plan/plan.h"

/* Compile a sealed layout under ctx's options (memory, threads).  NULL: E_UNSUPPORTED (a row program that
 * cannot be run, naming the tensor), E_LIMIT. */
fci_plan *fci_plan_compile (fmtconv_ctx *ctx, const fmtconv_layout *layout);

/* The same of n >= 1 layouts in one plan: what several of them make of the same bytes of a source is made from one
 * reading, where it takes them in the same order.  Their files are numbered through.  The array is referenced. */
fci_plan *fci_plan_compile_all (fmtconv_ctx *ctx, const fmtconv_layout *const *layouts, size_t n);

/* Returns what the plan will do; it lives as long as the plan. */
const fci_cost *fci_plan_cost (const fci_plan *plan);

#endif

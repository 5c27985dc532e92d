/* core/plan/compile.h: compiles layouts to plans.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_COMPILE_H
#define FCI_PLAN_COMPILE_H

#include "core/plan/plan.h"

/* Compiles a frozen layout within the memory and threads of ctx's options.  NULL: E_UNSUPPORTED (a tensor's
 * row program cannot run) or E_LIMIT. */
fci_plan *fci_plan_compile (fmtconv_ctx *ctx, const fmtconv_layout *layout);

/* Compiles n >= 1 layouts to one plan.  Source bytes that several layouts use in the same order are read
 * once.  Files are numbered across all layouts.  The plan keeps a pointer to the array.
 * dealing: the part that is done; NULL: all.  E_USAGE: shares of several layouts. */
fci_plan *fci_plan_compile_all (fmtconv_ctx *ctx, const fmtconv_layout *const *layouts, size_t n,
                                const fci_dealing *dealing);

/* Returns the cost of the plan, which lives as long as the plan. */
const fci_cost *fci_plan_cost (const fci_plan *plan);

#endif

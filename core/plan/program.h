/* core/plan/program.h: programs: what becomes of a box's elements.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_PROGRAM_H
#define FCI_PLAN_PROGRAM_H

#include "core/plan/run.h"

/* The program of a box that is written as `dtype`; NULL: E_UNSUPPORTED naming the tensor. */
const fci_program *fci_program_of (fci_plan *plan, const fci_box *box, uint32_t dtype, const char *tensor);

/* How to evaluate a view, tallies included.  view: as fci_view_evaluated gives it. */
fci_rows *fci_rows_of (fci_plan *plan, const char *name, fmtconv_view *view);

/* What watches behind the operations ask, added to what is asked. */
void fci_point_watch (fci_point *point, const fci_op *ops);

#endif

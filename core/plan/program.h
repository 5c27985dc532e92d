/* core/plan/program.h: builds the programs that evaluate boxes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_PROGRAM_H
#define FCI_PLAN_PROGRAM_H

#include "core/plan/run.h"

/* Returns the program that evaluates a box to `dtype`.  NULL: E_UNSUPPORTED, naming the tensor. */
const fci_program *fci_program_of (fci_plan *plan, const fci_box *box, uint32_t dtype, const char *tensor);

/* Returns the rows that evaluate a view, with tallies.  view: a result of fci_view_evaluated. */
fci_rows *fci_rows_of (fci_plan *plan, const char *name, fmtconv_view *view);

/* Adds the findings that the watches after the operations request to the point. */
void fci_point_watch (fci_point *point, const fci_op *ops);

#endif

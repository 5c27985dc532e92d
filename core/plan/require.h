/* core/plan/require.h: what is done before anything is written, and which checksums are compared.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_REQUIRE_H
#define FCI_PLAN_REQUIRE_H

#include "core/plan/run.h"

/* Take the requirements of a tensor of the output into the plan.  false: an error was recorded. */
bool fci_plan_require (fci_plan *plan, const char *tensor, fmtconv_view *view);

/* Of these only what is measured: for a pass that compares by itself. */
bool fci_plan_measure (fci_plan *plan, const char *tensor, fmtconv_view *view);

/* Remember that a source's checksum can be compared. */
bool fci_plan_note_source (fci_plan *plan, fmtconv_source *source);

#endif

/* core/plan/require.h: adds comparisons, measurements and checksums to a plan.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_REQUIRE_H
#define FCI_PLAN_REQUIRE_H

#include "core/plan/run.h"

/* Returns the bytes in memory that a measurement takes until the output is written. */
uint64_t fci_plan_measure_bytes (const fci_requirement *requirement);

/* Adds the requirements of an output tensor to the plan.  Returns false if an error was recorded. */
bool fci_plan_require (fci_plan *plan, const char *tensor, fmtconv_view *view);

/* Adds only the measurements, for a pass that compares by itself. */
bool fci_plan_measure (fci_plan *plan, const char *tensor, fmtconv_view *view);

/* Adds a source to those whose checksums are compared. */
bool fci_plan_note_source (fci_plan *plan, fmtconv_source *source);

#endif

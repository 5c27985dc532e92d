/* core/plan/encoder.h: adds the encoder of a quantized tensor to the plan.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_ENCODER_H
#define FCI_PLAN_ENCODER_H

#include "core/plan/run.h"

/* Sets rows->encoder if rows->view is quantized.  Returns false if an error was recorded. */
bool fci_encoder_of (fci_plan *plan, fci_rows *rows);

#endif

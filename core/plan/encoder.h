/* core/plan/encoder.h: how rows of f32 become blocks.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_ENCODER_H
#define FCI_PLAN_ENCODER_H

#include "core/plan/run.h"

/* What becomes of rows of f32, for rows->view; false: an error was recorded.  *coder: NULL where nothing is
 * quantized. */
bool fci_encoder_of (fci_plan *plan, fci_rows *rows);

#endif

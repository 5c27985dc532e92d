/* core/convert/finish.h: from models to files: layouts, one plan for all of them, its execution.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_FINISH_H
#define FCI_CONVERT_FINISH_H

#include "core/convert/convert.h"

/* Builds layouts and one plan for n conversions with finished models, and executes it. Returns 0 or an
 * error code. */
int fci_finish_outputs (fci_conversion *c, size_t n);

#endif

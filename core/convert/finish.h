/* core/convert/finish.h: from models to files: layouts, one plan for all of them, its execution.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_FINISH_H
#define FCI_CONVERT_FINISH_H

#include "core/convert/convert.h"

/* Layouts, plan, execution: from n conversions whose models are made to published files. */
int fci_finish_outputs (fci_conversion *c, size_t n);

#endif

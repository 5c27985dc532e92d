/* core/spec/passed.h: who wrote the values that a spec passes to the variables of another.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_PASSED_H
#define FCI_SPEC_PASSED_H

#include "core/spec/spec.h"

/* Keeps who wrote `value`, which a spec passes to the variable `name` of a spec that it reads: the parameters of the
 * reader do not tell it from a value that the user typed.  Returns 0 or an error code. */
int fci_passed_add (fmtconv_ctx *ctx, const char *name, const fci_expanded *value);

/* Returns what was kept for a variable with this value.  NULL: no spec wrote any of it. */
const fci_expanded *fci_passed_find (fmtconv_ctx *ctx, const char *name, const char *value);

#endif

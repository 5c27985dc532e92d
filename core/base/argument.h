/* core/base/argument.h: arguments of public calls that a plugin must not leave out.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_ARGUMENT_H
#define FCI_BASE_ARGUMENT_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* Returns whether a call can begin: the context has no error, and the argument is not NULL.  NULL without an earlier
 * error is E_INTERNAL, which names the running plugin, the call and the argument. */
bool fci_has_argument (fmtconv_ctx *ctx, const char *call, const char *name, const void *argument);

#endif

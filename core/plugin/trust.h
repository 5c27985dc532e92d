/* core/plugin/trust.h: whether other users could change a file that is executed or followed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_TRUST_H
#define FCI_PLUGIN_TRUST_H

#include <fmtconv/types.h>

/* Returns the reason why a file must not be used, or NULL: it, its folder and all folders above belong to this user, to
 * root, or to the owner of "/" (which an unprivileged container shows by another number), and not everyone may write to
 * them; to a folder above that is sticky, as /tmp is, everyone may.  Links are followed first.
 * NULL also after a call of the system that failed, E_IO, which is recorded then. */
const char *fci_trust_refusal (fmtconv_ctx *ctx, const char *path);

#endif

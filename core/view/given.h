/* core/view/given.h: the views that a public call receives.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_GIVEN_H
#define FCI_VIEW_GIVEN_H

#include <fmtconv/types.h>
#include <stdbool.h>

/* Returns whether a call with n views can begin.  A NULL among others, without an earlier error, is E_INTERNAL, which names
 * the plugin and the call; if all are NULL, the call that receives its result says so. */
bool fci_views_given (const char *call, size_t n, fmtconv_view *const *views);

#endif

/* core/view/require-equal.h: views that must be equal, and the requirement that what is made of them carries.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_REQUIRE_EQUAL_H
#define FCI_VIEW_REQUIRE_EQUAL_H

#include "core/view/build.h"
#include "core/view/view.h"

/* What is made needs `other` too: the tensors that it is made of are used, and what it requires must hold.  false: an
 * error was recorded. */
bool fci_view_head_use (fci_view_head *head, fmtconv_view *other);

/* A requirement with a number of its own; what it is, is filled in by the caller.  NULL: an error. */
fci_requirement *fci_requirement_new (fmtconv_ctx *ctx, fmtconv_view *wanted);

/* One more among those of `head`.  false, also of NULL: an error was recorded. */
bool fci_view_require (fci_view_head *head, fci_requirement *requirement);

/* The requirements of a tensor of that name, which keep the first name they get. */
void fci_view_name_requirements (fmtconv_view *view, const char *name);

/* Returns both lists as one; NULL: none. */
const fci_requirements *fci_requirements_join (fmtconv_ctx *ctx, const fci_requirements *a,
                                               const fci_requirements *b);

#endif

/* core/view/require-equal.h: views that must be equal, and the requirements that derived views carry.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_REQUIRE_EQUAL_H
#define FCI_VIEW_REQUIRE_EQUAL_H

#include "core/view/build.h"
#include "core/view/view.h"

/* Adds the origins and requirements of `other` to the head: the new view uses them too. Returns false on
 * an error (recorded). */
bool fci_view_head_use (fci_view_head *head, fmtconv_view *other);

/* Returns a requirement with a unique number; the caller fills in its kind. NULL: an error. */
fci_requirement *fci_requirement_new (fmtconv_ctx *ctx, fmtconv_view *wanted);

/* Adds a requirement to `head`. Returns false, also if it is NULL: an error was recorded. */
bool fci_view_require (fci_view_head *head, fci_requirement *requirement);

/* Returns a view that can be written only if `other` is equal to `wanted`, of the same type and shape.  why: what is wrong if
 * it is not; tensor: the name of `other`.  The view does not use `other`.  NULL: an error. */
fmtconv_view *fci_view_require_value (fmtconv_view *view, fmtconv_view *wanted, fmtconv_view *other,
                                      const char *tensor, const char *why);

/* Names the requirements of a view after its tensor; a name that is set stays. */
void fci_view_name_requirements (fmtconv_view *view, const char *name);

/* Returns the union of both lists; NULL: empty, or out of memory. */
const fci_requirements *fci_requirements_join (fmtconv_ctx *ctx, const fci_requirements *a,
                                               const fci_requirements *b);

#endif

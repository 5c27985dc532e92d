/* core/view/given.c: the views that a public call receives.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/argument.h"
#include "core/view/given.h"
#include "core/view/view.h"

bool
fci_views_given (const char *call, size_t n, fmtconv_view *const *views)
{
  fmtconv_ctx *ctx = NULL;
  for (size_t i = 0; i < n && !ctx; i++)
    ctx = views[i] ? views[i]->ctx : NULL;
  bool given = ctx && !fmtconv_ctx_failed (ctx);
  for (size_t i = 0; given && i < n; i++)
    given = fci_has_argument (ctx, call, "view", views[i]);
  return given;
}

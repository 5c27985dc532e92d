/* core/zip/opened.c: the archives that are open in a context.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/base/state.h"
#include "core/zip/opened.h"
#include "core/zip/zip.h"

typedef struct opened
{
  fmtconv_zip *last;
} opened;

static const fci_state_key opened_key = { "zip/opened.c", sizeof (opened) };

/* An archive in a scratch is gone when someone asks. */
int
fci_zip_note (fmtconv_zip *zip)
{
  if (zip->ctx->scratch)
    return 0;
  opened *all = fci_state (zip->ctx, &opened_key);
  if (!all)
    return fmtconv_ctx_failed (zip->ctx);
  zip->before = all->last;
  all->last = zip;
  return 0;
}

fmtconv_zip *
fci_zip_next (fmtconv_ctx *ctx, const fmtconv_zip *zip)
{
  const opened *all = fci_state_find (ctx, &opened_key);
  return zip ? zip->before : all ? all->last : NULL;
}

/* core/api/convert.c: fmtconv_convert: runs the conversions of a job and reports them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/report.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/convert/convert.h"

static fmtconv_attr *
report (const fci_conversion *c, size_t n)
{
  return n > 1 ? fci_report_outputs (c, n) : fci_report (c);
}

/* Reports what was done.  The outputs have their names then: they stand, even if there is no memory for the report, which is
 * `empty` in that case. */
static fmtconv_attr *
report_of (const fci_conversion *c, size_t n, fmtconv_attr *empty)
{
  fmtconv_ctx *ctx = c->ctx;
  fci_try saved;
  fci_try_begin (ctx, &saved);
  fmtconv_attr *made = report (c, n);
  if (fci_try_forget (ctx, &saved) == 0)
    return made;
  fmtconv_note (ctx, "the conversion is complete, but there is no memory for its report");
  return empty;
}

fmtconv_attr *
fmtconv_convert (fmtconv_ctx *ctx, const fmtconv_job *job)
{
  size_t n;
  if (fci_call_begin (ctx, job, "a job is required"))
    return NULL;
  fci_conversion *c = fci_conversions (ctx, job, &n);
  fmtconv_attr *empty = fmtconv_attr_object (ctx);
  if (!c || !empty || fci_convert (c, n))
    return NULL;
  if (ctx->options.flags & FMTCONV_DRY_RUN)
    return report (c, n);
  return report_of (c, n, empty);
}

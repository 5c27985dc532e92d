/* core/api/convert.c: fmtconv_convert: runs the conversions of a job and reports them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/report.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/convert/convert.h"

fmtconv_attr *
fmtconv_convert (fmtconv_ctx *ctx, const fmtconv_job *job)
{
  size_t n;
  if (fci_call_begin (ctx, job, "a job is required"))
    return NULL;
  fci_conversion *c = fci_conversions (ctx, job, &n);
  if (!c || fci_convert (c, n))
    return NULL;
  return n > 1 ? fci_report_outputs (c, n) : fci_report (c);
}

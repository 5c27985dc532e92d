/* core/exec/fault.c: what goes wrong in a worker, and the words for it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/work.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

int
fci_fault_read (fci_worker *worker, const fmtconv_source *source, int error)
{
  worker->fault = (fci_fault){ .code = FMTCONV_E_IO, .os_errno = error, .source = source };
  return -1;
}

int
fci_fault_write (fci_worker *worker, uint32_t file, int error)
{
  worker->fault = (fci_fault){ .code = FMTCONV_E_IO, .os_errno = error, .file = file };
  return -1;
}

int
fci_fault_code (fci_worker *worker, int code)
{
  worker->fault = (fci_fault){ .code = code };
  return -1;
}

/* Without the place, which depends on how units are cut. */
static int
report_read (fmtconv_ctx *ctx, const fci_fault *fault)
{
  const fmtconv_where where = { .hint = "wait until nothing writes to it, then convert again" };
  if (fault->os_errno == FCI_READ_SHORT)
    return fci_fail_file (ctx, FMTCONV_E_IO, fault->source->name, &where,
                          "the file became shorter while it was converted");
  errno = fault->os_errno;
  return fci_fail_io (ctx, fault->source->name, "cannot be read");
}

/* The element's index along every axis. */
static int
report_difference (fmtconv_ctx *ctx, const fci_fault *fault)
{
  uint64_t index[FMTCONV_MAX_RANK], rest = fault->element;
  char text[FMTCONV_MAX_RANK * 22 + 1] = "";
  size_t n = 0;
  for (unsigned i = fault->view->rank; i-- > 0; rest /= fault->view->shape[i])
    index[i] = rest % fault->view->shape[i];
  for (unsigned i = 0; i < fault->view->rank; i++)
    n += (size_t) snprintf (text + n, sizeof text - n, "%s%" PRIu64, i ? "," : "", index[i]);
  return fmtconv_fail_at (ctx, fault->code,
                          &(fmtconv_where){ .tensor = fault->tensor,
                                            .hint = "nothing was published; this is a defect of the disk, "
                                                    "the memory or fmtconv" },
                          "what was written differs from the source at index [%s]", text);
}

int
fci_fault_report (const fci_work *work)
{
  const fci_fault *fault = &work->fault;
  if (fault->code == FMTCONV_E_NOMEM)
    return (void) fci_nomem (work->ctx), FMTCONV_E_NOMEM;
  if (fault->code == FMTCONV_E_FORMAT && fault->what)
    return fmtconv_fail_at (work->ctx, fault->code, &(fmtconv_where){ .tensor = fault->tensor }, "%s",
                            fault->what);
  if (fault->code == FMTCONV_E_FORMAT)
    return report_difference (work->ctx, fault);
  if (fault->source)
    return report_read (work->ctx, fault);
  errno = fault->os_errno;
  return fci_fail_io (work->ctx, work->shown[fault->file], "cannot be written");
}

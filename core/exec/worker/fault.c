/* core/exec/worker/fault.c: records faults of workers, and reports them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/worker/fault.h"
#include "core/exec/worker/reread.h"
#include "core/source/disk.h"
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
fci_fault_reread (fci_worker *worker, uint32_t file, int error)
{
  worker->fault = (fci_fault){ .code = FMTCONV_E_IO, .os_errno = error, .file = file, .is_reread = true };
  return -1;
}

int
fci_fault_code (fci_worker *worker, int code)
{
  worker->fault = (fci_fault){ .code = code };
  return -1;
}

/* Reports a failed read, without the offset, which depends on the cut of the units. */
static int
report_read (fmtconv_ctx *ctx, const fci_fault *fault)
{
  const fmtconv_where where = { .hint = "wait until no program writes to it, then convert again" };
  if (fault->os_errno == FCI_READ_SHORT)
    return fci_fail_file (ctx, FMTCONV_E_IO, fci_source_name (fault->source), &where,
                          "the file was truncated during the conversion");
  if (fault->os_errno == FCI_READ_CHANGED)
    return fci_fail_changed (ctx, fci_source_name (fault->source));
  errno = fault->os_errno;
  return fci_fail_io (ctx, fci_source_name (fault->source), "cannot be read");
}

/* Returns the element's index along each axis: "1,0,7". */
static const char *
index_text (fmtconv_ctx *ctx, const fci_fault *fault)
{
  uint64_t index[FMTCONV_MAX_RANK], rest = fault->element;
  char text[FMTCONV_MAX_RANK * 22 + 1] = "";
  size_t n = 0;
  for (unsigned i = fault->view->rank; i-- > 0; rest /= fault->view->shape[i])
    index[i] = rest % fault->view->shape[i];
  for (unsigned i = 0; i < fault->view->rank; i++)
    n += (size_t) snprintf (text + n, sizeof text - n, "%s%" PRIu64, i ? "," : "", index[i]);
  const char *kept = fci_strdup (ctx, text);
  return kept ? kept : "";
}

/* Returns whether the element with that row-major index is in the box. */
static bool
is_inside (fmtconv_view *view, const fci_box *box, uint64_t element)
{
  for (unsigned i = view->rank; i-- > 0; element /= view->shape[i])
    {
      uint64_t index = element % view->shape[i];
      if (index < box->start[i] || index - box->start[i] >= FCI_EXTENT (box, view->rank)[i])
        return false;
    }
  return true;
}

/* Returns the source of an element; NULL: no box contains it. */
static const fmtconv_source *
source_of (fmtconv_view *view, uint64_t element)
{
  for (size_t i = 0; i < view->n_boxes; i++)
    if (is_inside (view, &view->boxes[i], element))
      return view->boxes[i].source;
  return NULL;
}

/* Reports a difference between two inputs that must be equal. */
static int
report_unequal (fmtconv_ctx *ctx, const fci_fault *fault)
{
  const fmtconv_source *wanted = source_of (fault->view, fault->element);
  const fmtconv_source *other = source_of (fault->other, fault->element);
  return fci_fail_file (
      ctx, FMTCONV_E_FORMAT, wanted ? fci_source_name (wanted) : "?",
      &(fmtconv_where){ .tensor = fault->tensor,
                        .hint = "check that both files are complete and belong to one checkpoint" },
      "it must be equal in '%s', but differs at index [%s]", other ? fci_source_name (other) : "?",
      index_text (ctx, fault));
}

static int
report_difference (fmtconv_ctx *ctx, const fci_fault *fault)
{
  if (fault->other)
    return report_unequal (ctx, fault);
  return fmtconv_fail_at (ctx, fault->code,
                          &(fmtconv_where){ .tensor = fault->tensor,
                                            .hint = "nothing was published: the disk, the memory or "
                                                    "fmtconv is defective" },
                          "the written data differs from the source at index [%s]", index_text (ctx, fault));
}

/* Reports a tensor of the input that is not equal to a constant. */
static int
report_unequal_constant (fmtconv_ctx *ctx, const fci_fault *fault)
{
  const fmtconv_source *other = source_of (fault->other, fault->element);
  return fci_fail_file (ctx, FMTCONV_E_FORMAT, other ? fci_source_name (other) : "?",
                        &(fmtconv_where){ .tensor = fault->tensor }, "%s, but differs at index [%s]",
                        fault->what, index_text (ctx, fault));
}

/* Reports an invalid value of a tensor. */
static int
report_value (fmtconv_ctx *ctx, const fci_fault *fault)
{
  const unsigned rank = fault->view->rank;
  return fmtconv_fail_at (ctx, fault->code, &(fmtconv_where){ .tensor = fault->tensor },
                          "%s; the first is in row %" PRIu64, fault->what,
                          rank ? fault->element / fault->view->shape[rank - 1] : 0);
}

int
fci_fault_report (const fci_pool *pool)
{
  const fci_fault *fault = &pool->fault;
  if (fault->code == FMTCONV_E_NOMEM)
    {
      fci_nomem (pool->ctx);
      return FMTCONV_E_NOMEM;
    }
  if (fault->code == FMTCONV_E_FORMAT && fault->what && fault->source)
    return fci_fail_file (pool->ctx, fault->code, fci_source_name (fault->source), NULL, "%s", fault->what);
  if (fault->code == FMTCONV_E_FORMAT && fault->what && fault->other)
    return report_unequal_constant (pool->ctx, fault);
  if (fault->code == FMTCONV_E_FORMAT && fault->what && fault->view)
    return report_value (pool->ctx, fault);
  if (fault->code == FMTCONV_E_FORMAT && fault->what)
    return fmtconv_fail_at (pool->ctx, fault->code, &(fmtconv_where){ .tensor = fault->tensor }, "%s",
                            fault->what);
  if (fault->code == FMTCONV_E_FORMAT)
    return report_difference (pool->ctx, fault);
  if (fault->source)
    return report_read (pool->ctx, fault);
  if (fault->is_reread)
    return fci_fail_reread (pool->ctx, pool->display[fault->file], fault->os_errno);
  errno = fault->os_errno;
  return fci_fail_io (pool->ctx, pool->display[fault->file], "cannot be written");
}

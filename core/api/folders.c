/* core/api/folders.c: fmtconv_job_folders, fmtconv_edit_folders: the folders in which files are changed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/convert/edit.h"
#include "core/convert/job.h"
#include "core/exec/publish/folders.h"
#include <string.h>

/* Appends a path, once. */
static void
add (void *list, const char *path)
{
  fmtconv_attr *array = list;
  for (const fmtconv_attr *a = array->first; a; a = a->next)
    if (strcmp (a->v.s, path) == 0)
      return;
  fmtconv_attr_set_string (array, NULL, path);
}

fmtconv_attr *
fmtconv_job_folders (fmtconv_ctx *ctx, const fmtconv_job *given)
{
  fmtconv_job job;
  if (fci_call_begin (ctx, given, "a job is required") || fci_job_take (ctx, given, &job))
    return NULL;
  fmtconv_attr *list = fmtconv_attr_literal (ctx, "[]");
  if (list && job.output && job.n_outputs == 0)
    fci_publish_folders (ctx, job.output, add, list);
  for (size_t i = 0; list && i < job.n_outputs; i++)
    if (job.outputs[i].output)
      fci_publish_folders (ctx, job.outputs[i].output, add, list);
  return fmtconv_ctx_failed (ctx) ? NULL : list;
}

fmtconv_attr *
fmtconv_edit_folders (fmtconv_ctx *ctx, const char *path)
{
  if (fci_call_begin (ctx, path, "a file is required"))
    return NULL;
  const char *file = fci_edit_path (ctx, path);
  fmtconv_attr *list = file ? fmtconv_attr_literal (ctx, "[]") : NULL;
  if (list)
    fci_publish_folders (ctx, file, add, list);
  return fmtconv_ctx_failed (ctx) ? NULL : list;
}

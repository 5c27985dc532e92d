/* core/convert/job.c: copies the job of an application.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/structs.h"
#include "core/convert/job.h"

static void
keep (fmtconv_ctx *ctx, const char **text)
{
  *text = fci_strdup (ctx, *text);
}

static void
take_components (fmtconv_ctx *ctx, fmtconv_job *job)
{
  fmtconv_job_component *parts = fci_structs_take (ctx, FCI_STRUCT (fmtconv_job_component),
                                                   "fmtconv_job.parts", job->parts, job->n_parts);
  job->parts = parts;
  for (size_t i = 0; parts && i < job->n_parts; i++)
    {
      fmtconv_job_component *p = &parts[i];
      keep (ctx, &p->name);
      keep (ctx, &p->reader);
      keep (ctx, &p->input);
      p->transforms =
          fci_strings_take (ctx, "fmtconv_job_component.transforms", p->transforms, p->n_transforms);
      p->files = fci_strings_take (ctx, "fmtconv_job_component.files", p->files, p->n_files);
      if (!p->name || !p->input)
        fmtconv_fail (ctx, FMTCONV_E_USAGE, "fmtconv_job.parts: item %zu has no name or no input", i + 1);
    }
}

static void
take_outputs (fmtconv_ctx *ctx, fmtconv_job *job)
{
  fmtconv_job_output *outputs = fci_structs_take (ctx, FCI_STRUCT (fmtconv_job_output), "fmtconv_job.outputs",
                                                  job->outputs, job->n_outputs);
  job->outputs = outputs;
  for (size_t i = 0; outputs && i < job->n_outputs; i++)
    {
      keep (ctx, &outputs[i].writer);
      keep (ctx, &outputs[i].output);
      outputs[i].transforms = fci_strings_take (ctx, "fmtconv_job_output.transforms", outputs[i].transforms,
                                                outputs[i].n_transforms);
    }
}

int
fci_job_take (fmtconv_ctx *ctx, const fmtconv_job *given, fmtconv_job *job)
{
  if (fci_struct_take (ctx, FCI_STRUCT (fmtconv_job), given, job))
    return ctx->failed;
  keep (ctx, &job->reader);
  keep (ctx, &job->writer);
  keep (ctx, &job->dtype);
  keep (ctx, &job->input);
  keep (ctx, &job->output);
  keep (ctx, &job->manifest);
  job->transforms = fci_strings_take (ctx, "fmtconv_job.transforms", job->transforms, job->n_transforms);
  take_components (ctx, job);
  take_outputs (ctx, job);
  return ctx->failed;
}

/* cli/convert.c: the command that converts checkpoints.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include "sandbox.h"
#include <stdio.h>

/* Makes the outputs of --tee and OUTPUT those of the job. */
static const fmtconv_job *
with_tees (const struct settings *s, fmtconv_ctx *ctx, fmtconv_job *job)
{
  fmtconv_job_output *outputs = fmtconv_ctx_alloc (ctx, s->n_tees + 1, sizeof *outputs);
  for (size_t i = 0; outputs && i <= s->n_tees; i++)
    outputs[i] = (fmtconv_job_output){ .struct_size = sizeof *outputs,
                                       .writer = job->writer,
                                       .output = i ? s->tees[i - 1] : job->output };
  job->writer = job->output = NULL;
  job->outputs = outputs;
  job->n_outputs = s->n_tees + 1;
  return outputs ? job : NULL;
}

const fmtconv_job *
job_of (const struct settings *s, fmtconv_ctx *ctx, const char *input, const char *output, fmtconv_job *own)
{
  if (!s->spec)
    {
      *own = (fmtconv_job){ .struct_size = sizeof *own,
                            .reader = s->reader,
                            .transforms = s->transforms,
                            .n_transforms = s->n_transforms,
                            .writer = s->writer,
                            .dtype = s->dtype,
                            .input = input,
                            .output = output,
                            .manifest = s->manifest };
      return s->n_tees ? with_tees (s, ctx, own) : own;
    }
  fmtconv_job *job = fmtconv_job_from_spec (ctx, s->spec, s->variables, s->n_variables, input, output);
  if (job && s->dtype)
    job->dtype = s->dtype;
  if (job && s->manifest)
    job->manifest = s->manifest;
  return job;
}

bool
check_convert (const struct settings *s)
{
  if (s->shares && s->flags & FMTCONV_PUBLISH)
    {
      print_usage ("--share and --publish exclude each other: first all shares, then --publish");
      return false;
    }
  if (s->n_arguments > 2)
    {
      print_usage ("INPUT and OUTPUT are required, %d arguments were given", s->n_arguments);
      return false;
    }
  if (s->spec || s->n_arguments == 2)
    return true;
  if (s->n_arguments == 1)
    print_usage ("OUTPUT is missing after '%s', which is not a command (convert, inspect, diff, verify, map, "
                 "plugins, help)",
                 s->arguments[0]);
  else
    print_usage ("INPUT and OUTPUT are required, %d arguments were given", s->n_arguments);
  return false;
}

static bool
print_spec (const struct settings *s, fmtconv_ctx *ctx, const fmtconv_job *job)
{
  const char *text = fmtconv_job_to_spec (ctx, job);
  fmtconv_attr *event = text && s->json ? fmtconv_attr_object (ctx) : NULL;
  if (event)
    {
      fmtconv_attr_set_string (event, "text", text);
      put_event ("spec", event);
    }
  return text && (s->json || fputs (text, stdout) >= 0);
}

void
limit_writes (const struct settings *s, fmtconv_ctx *ctx, const fmtconv_attr *list)
{
  const char **folders =
      list && !s->no_sandbox ? fmtconv_ctx_alloc (ctx, list->len + 1, sizeof *folders) : NULL;
  size_t n = 0;
  for (const fmtconv_attr *a = folders ? list->first : NULL; a; a = a->next)
    folders[n++] = a->v.s;
  if (folders && s->ranks) /* Open MPI removes its buffers there when it ends */
    folders[n++] = "/dev/shm";
  if (folders)
    sandbox_files (folders, n);
}

/* Limits writes to the outputs.  Returns false after an error. */
static bool
limit_to_outputs (const struct settings *s, fmtconv_ctx *ctx, const fmtconv_job *job)
{
  if (!s->no_sandbox)
    limit_writes (s, ctx, fmtconv_job_folders (ctx, job));
  return context_is_fine (ctx);
}

static bool
convert (const struct settings *s, fmtconv_ctx *ctx, const fmtconv_job *job)
{
  fmtconv_attr *report = fmtconv_convert (ctx, job);
  if (!report)
    return false;
  if (!(s->flags & FMTCONV_DRY_RUN) && !s->shares)
    context_complete ();
  if (!report->first || s->rank > 0) /* a note said why; rank 0 prints it */
    return true;
  if (s->json)
    put_event ("result", report);
  else if (s->flags & FMTCONV_DRY_RUN)
    plan_print (s, report);
  else if (s->verbosity >= PRINT_NOTES && !s->shares) /* of a share, a note said what to do next */
    summary_print (s, report);
  return true;
}

int
run_convert (const struct settings *s)
{
  struct speaker *sp = speaker_of (s);
  if (!check_convert (s))
    return CLI_USAGE;
  fmtconv_job own;
  fmtconv_ctx *ctx = context_new (s, sp);
  const char *input = s->n_arguments > 0 ? s->arguments[0] : NULL,
             *output = s->n_arguments > 1 ? s->arguments[1] : NULL;
  const fmtconv_job *job = context_is_fine (ctx) ? job_of (s, ctx, input, output, &own) : NULL;
  bool done = job && limit_to_outputs (s, ctx, job)
              && (s->print_spec ? print_spec (s, ctx, job) : convert (s, ctx, job));
  ranks_leave (s, ctx);
  return context_end (ctx, done);
}

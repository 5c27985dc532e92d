/* core/pipeline/convert.c: fmtconv_convert: from two paths and a chain to published files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/pipeline/convert.h"
#include "core/pipeline/report.h"
#include "core/plugin/registry.h"
#include "core/source/input.h"
#include <string.h>
#include <time.h>

double
fci_clock (void)
{
  struct timespec now = { 0 };
  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* What the paths say before anything is opened. */
static int
check_paths (fci_conversion *c)
{
  fmtconv_ctx *ctx = c->ctx;
  const char *output = c->job.output;
  if (!c->job.input || !*c->job.input || !output || !*output)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "an input and an output are needed");
  if (!strcmp (output, "-"))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "the output cannot be a stream: it is written in any order, and appears when it is "
                         "complete");
  return ctx->failed;
}

/* Refuse before any work what the output's path alone forbids: a layout of the target alone stands for the
 * one that is not known yet. */
static int
check_output (fci_conversion *c)
{
  fmtconv_layout *layout = fci_output_layout (c);
  if (!layout || (!c->to_folder && !fmtconv_create (layout, NULL)) || fci_check_not_inside (c))
    return c->ctx->failed;
  return fci_publish_check (c->ctx, layout, c->output);
}

static int
open_input (fci_conversion *c)
{
  c->input = fci_input_user (c->ctx, c->job.input);
  /* Opened now, a file is known as an input when the output is checked. */
  if (c->input && !fmtconv_is_folder (c->input))
    fmtconv_open (c->input);
  return c->ctx->failed;
}

static int
read_model (fci_conversion *c)
{
  c->stages = fmtconv_alloc (c->ctx, c->job.n_transforms + 3, sizeof *c->stages);
  if (!c->stages)
    return c->ctx->failed;
  c->stages[0] = fci_stage_read (c->ctx, c->reader.plugin, c->reader.params, c->input);
  return c->ctx->failed;
}

static int
transform_model (fci_conversion *c)
{
  for (size_t i = 0; i < c->n_transforms && !fci_check_cancel (c->ctx); i++)
    c->stages[i + 1] =
        fci_stage_transform (c->ctx, c->transforms[i].plugin, c->transforms[i].params, c->stages[i]);
  return c->ctx->failed;
}

/* Said before the work starts, so that a wrong choice can be stopped. */
static int
say_chain (fci_conversion *c)
{
  const char *chain = fci_chain_text (c);
  if (c->detected && chain)
    fmtconv_note (c->ctx, "chosen: %s %s %s", chain, fci_shell_path (c->ctx, c->job.input),
                  fci_shell_path (c->ctx, c->job.output));
  return c->ctx->failed;
}

static int
make_plan (fci_conversion *c)
{
  c->layout = fci_stage_write (c->ctx, c->writer.plugin, c->writer.params, c->stages[c->n_transforms],
                               fci_output_layout (c));
  if (!c->layout || fci_publish_check (c->ctx, c->layout, c->output))
    return c->ctx->failed;
  c->plan = fci_plan_compile (c->ctx, c->layout);
  c->plan_seconds = fci_clock () - c->started;
  return c->ctx->failed;
}

/* The output's temporary, as the reader of that name sees it that wrote it. */
static const fmtconv_model *
reread (void *arg, const fmtconv_file *file, const char *path)
{
  const fci_conversion *c = arg;
  const fci_module *module = fci_module_find (c->ctx, file->writer);
  if (!module || !fci_plugin_has (module->plugin, FCI_READER))
    {
      if (!c->ctx->failed)
        fmtconv_fail (c->ctx, FMTCONV_E_USAGE, "--verify reads the output again, and '%s' is no reader",
                      file->writer);
      return NULL;
    }
  fmtconv_input *in = fci_input_alias (c->ctx, path, file->base);
  return in ? fci_stage_read (c->ctx, module->plugin, "", in) : NULL;
}

static int
execute (fci_conversion *c)
{
  unsigned flags = c->ctx->options.flags;
  fci_execution run = { .plan = c->plan, .layout = c->layout, .output = c->output };
  if (flags & FMTCONV_DRY_RUN)
    return 0;
  if (flags & FMTCONV_VERIFY)
    {
      run.reread = reread;
      run.arg = c;
    }
  return fci_execute (c->ctx, &run, &c->outcome);
}

int
fci_convert_chain (fci_conversion *c)
{
  if (check_paths (c) || fci_chain_given (c) || fci_output_settle (c))
    return c->ctx->failed;
  if ((!c->reader.plugin || !c->job.n_transforms) && (open_input (c) || fci_chain_reader (c)))
    return c->ctx->failed;
  return (!c->job.n_transforms && read_model (c)) ? c->ctx->failed : fci_chain_transforms (c);
}

fmtconv_attr *
fmtconv_convert (fmtconv_ctx *ctx, const fmtconv_job *job)
{
  if (!ctx || !job || ctx->failed)
    return NULL;
  fci_conversion c = { .ctx = ctx, .started = fci_clock () };
  memcpy (&c.job, job, job->struct_size < sizeof c.job ? job->struct_size : sizeof c.job);
  if (check_paths (&c) || fci_chain_given (&c) || fci_output_settle (&c) || open_input (&c)
      || check_output (&c) || fci_chain_reader (&c) || read_model (&c) || fci_chain_transforms (&c)
      || transform_model (&c) || say_chain (&c) || make_plan (&c) || execute (&c))
    return NULL;
  return fci_report (&c);
}

/* core/pipeline/convert.c: fmtconv_convert: from two paths and a chain to published files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/pipeline/convert.h"
#include "core/pipeline/report.h"
#include "core/pipeline/stage.h"
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
  if ((!c->job.n_parts && (!c->job.input || !*c->job.input)) || !output || !*output)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "an input and an output are needed");
  if (!strcmp (output, "-"))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "the output cannot be a stream: it is written in any order, and appears when it is "
                         "complete");
  return ctx->failed;
}

/* The parts of the job, or the one that it is without any. */
static int
make_parts (fci_conversion *c)
{
  const fmtconv_job *job = &c->job;
  c->n_parts = job->n_parts ? job->n_parts : 1;
  c->part = fmtconv_alloc (c->ctx, c->n_parts, sizeof *c->part);
  for (size_t i = 0; c->part && i < c->n_parts; i++)
    c->part[i].job =
        job->n_parts ? job->parts[i] : (fmtconv_part){ .reader = job->reader, .input = job->input };
  return c->ctx->failed;
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

/* Opened now, a file is known as an input when the output is checked. */
static int
open_inputs (fci_conversion *c)
{
  for (size_t i = 0; i < c->n_parts; i++)
    {
      fci_part *part = &c->part[i];
      part->input = fci_input_user (c->ctx, part->job.input);
      if (part->input && !fmtconv_is_folder (part->input))
        fmtconv_open (part->input);
    }
  return c->ctx->failed;
}

/* What a part is before its transforms. */
static int
read_part (fci_conversion *c, fci_part *part)
{
  if (part->job.copy)
    part->read = fci_stage_copy (c->ctx, &part->job, part->input);
  else if (!fci_chain_reader (c, part))
    part->read = fci_stage_read (c->ctx, part->reader.plugin, part->reader.params, part->input);
  part->model = part->read;
  return c->ctx->failed;
}

/* The components, each by its own chain, to one bundle. */
static int
bundle_parts (fci_conversion *c)
{
  fmtconv_model **all = fmtconv_alloc (c->ctx, c->n_parts, sizeof *all);
  const char *file = c->ctx->file;
  for (size_t i = 0; all && i < c->n_parts; i++)
    {
      fci_part *part = &c->part[i];
      c->ctx->file = part->job.name; /* messages begin with it */
      if (fci_chain_part (c, part) || fci_links_run (c->ctx, &part->chain, &part->model)
          || fci_model_call ((fmtconv_model *) part->model, part->job.name))
        return c->ctx->failed;
      all[i] = (fmtconv_model *) part->model;
    }
  c->ctx->file = file;
  c->model = all ? fci_model_bundle (c->ctx, c->n_parts, all) : NULL;
  return c->ctx->failed;
}

static int
read_parts (fci_conversion *c)
{
  for (size_t i = 0; i < c->n_parts; i++)
    if (read_part (c, &c->part[i]))
      return c->ctx->failed;
  c->model = c->part->read;
  return c->part->job.name ? bundle_parts (c) : 0;
}

/* Said before the work starts, so that a wrong choice can be stopped. */
static int
say_chain (fci_conversion *c)
{
  const char *command = fci_chain_command (c);
  if (c->detected && command)
    fmtconv_note (c->ctx, "chosen: %s", command);
  for (size_t i = 0; c->detected && c->part->job.name && i < c->n_parts; i++)
    fmtconv_detail (c->ctx, "%s: %s", c->part[i].job.name, fci_part_command (c, &c->part[i]));
  if (c->detected && c->part->job.name)
    fmtconv_note (c->ctx, "chosen for the components:");
  return c->ctx->failed;
}

static int
make_plan (fci_conversion *c)
{
  c->layout = fci_stage_write (c->ctx, c->writer.plugin, c->writer.params, c->model, fci_output_layout (c));
  /* Again, because by now all inputs are known. */
  if (!c->layout || fci_check_not_inside (c) || fci_publish_check (c->ctx, c->layout, c->output))
    return c->ctx->failed;
  for (size_t i = 0; i < c->n_parts; i++)
    if (fci_limits_note (c->ctx, c->writer.plugin, c->part[i].read, c->model))
      return c->ctx->failed;
  c->plan = fci_plan_compile (c->ctx, c->layout);
  c->plan_seconds = fci_clock () - c->started;
  return c->ctx->failed;
}

/* The output's temporary, as the reader of that name sees it that wrote it; what both of them are told (the root of
 * the tensors) it is told too, and only errors are of interest. */
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
  const char *shared = fci_params_shared (c->ctx, module->plugin->reader->params, file->params);
  c->ctx->rereads = true;
  const fmtconv_model *model = in && shared ? fci_stage_read (c->ctx, module->plugin, shared, in) : NULL;
  c->ctx->rereads = false;
  return model;
}

static int
execute (fci_conversion *c)
{
  unsigned flags = c->ctx->options.flags;
  const fci_output output = { .layout = c->layout, .path = c->output };
  fci_execution run = { .plan = c->plan, .outputs = &output, .n_outputs = 1 };
  if (flags & FMTCONV_DRY_RUN)
    return 0;
  if (flags & FMTCONV_VERIFY)
    {
      run.reread = reread;
      run.arg = c;
    }
  return fci_execute (c->ctx, &run, &c->outcome);
}

/* Does the job say all of the chain, so that nothing needs to be read? */
static bool
is_settled (const fci_conversion *c)
{
  bool settled = c->job.n_transforms > 0;
  for (size_t i = 0; settled && i < c->n_parts; i++)
    {
      const fmtconv_part *part = &c->part[i].job;
      settled = part->copy || (part->reader && (!part->name || part->n_transforms));
    }
  return settled;
}

int
fci_convert_chain (fci_conversion *c)
{
  if (check_paths (c) || make_parts (c) || fci_chain_given (c) || fci_output_settle (c))
    return c->ctx->failed;
  if (!is_settled (c) && (open_inputs (c) || read_parts (c)))
    return c->ctx->failed;
  return fci_chain_whole (c);
}

const fmtconv_model *
fci_convert_model (fci_conversion *c)
{
  c->only_model = true;
  if (make_parts (c) || fci_chain_given (c) || open_inputs (c) || read_parts (c) || fci_chain_whole (c)
      || fci_links_run (c->ctx, &c->chain, &c->model) || say_chain (c))
    return NULL;
  return c->model;
}

fmtconv_attr *
fmtconv_convert (fmtconv_ctx *ctx, const fmtconv_job *job)
{
  if (!ctx || !job || ctx->failed)
    return NULL;
  fci_conversion c = { .ctx = ctx, .started = fci_clock () };
  memcpy (&c.job, job, job->struct_size < sizeof c.job ? job->struct_size : sizeof c.job);
  if (check_paths (&c) || make_parts (&c) || fci_chain_given (&c) || fci_output_settle (&c)
      || open_inputs (&c) || check_output (&c) || read_parts (&c) || fci_chain_whole (&c)
      || fci_links_run (ctx, &c.chain, &c.model) || say_chain (&c) || make_plan (&c) || execute (&c))
    return NULL;
  return fci_report (&c);
}

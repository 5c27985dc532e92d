/* core/convert/convert.c: the order of a conversion: from two paths and a chain to published files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/clock.h"
#include "core/base/ctx.h"
#include "core/base/held.h"
#include "core/convert/chain.h"
#include "core/convert/components.h"
#include "core/convert/convert.h"
#include "core/convert/copy.h"
#include "core/convert/finish.h"
#include "core/convert/inside.h"
#include "core/convert/job.h"
#include "core/convert/links.h"
#include "core/convert/output.h"
#include "core/convert/stage.h"
#include "core/convert/typed.h"
#include "core/exec/publish/check.h"
#include "core/exec/publish/outputs.h"
#include "core/model/bundle.h"
#include "core/model/new.h"
#include "core/plugin/registry.h"
#include "core/source/input.h"
#include <string.h>

/* Checks the paths before anything is opened. */
static int
check_paths (fci_conversion *c)
{
  fmtconv_ctx *ctx = c->ctx;
  const char *output = c->job.output;
  if ((!c->job.n_parts && (!c->job.input || !*c->job.input)) || !output || !*output)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "an input and an output are required");
  if (!strcmp (output, "-"))
    return fmtconv_fail (
        ctx, FMTCONV_E_USAGE,
        "the output cannot be a stream: it is written in random order and published when it is complete");
  return ctx->failed;
}

/* Creates the parts of the job; a job without parts is a single part. */
static int
make_parts (fci_conversion *c)
{
  const fmtconv_job *job = &c->job;
  c->n_parts = job->n_parts ? job->n_parts : 1;
  c->part = fmtconv_ctx_alloc (c->ctx, c->n_parts, sizeof *c->part);
  for (size_t i = 0; c->part && i < c->n_parts; i++)
    c->part[i].job = job->n_parts ? job->parts[i]
                                  : (fmtconv_job_component){ .struct_size = sizeof *job->parts,
                                                             .reader = job->reader,
                                                             .input = job->input };
  return c->ctx->failed;
}

/* Returns a layout with only the target, to be checked before the real layout exists. NULL: an error. */
static const fmtconv_layout *
placeholder (const fci_conversion *c)
{
  fmtconv_layout *layout = fci_output_layout (c);
  return layout && (c->to_folder || fmtconv_layout_create (layout, NULL)) ? layout : NULL;
}

/* Opens the inputs early, so that the check of the output knows their files. */
static int
open_inputs (fci_conversion *c)
{
  for (size_t i = 0; i < c->n_parts; i++)
    {
      fci_input_part *part = &c->part[i];
      part->input = fci_input_user (c->ctx, part->job.input);
      if (part->input && !fmtconv_input_is_folder (part->input))
        fmtconv_input_open (part->input);
    }
  return c->ctx->failed;
}

/* Reads a part. */
static int
read_part (fci_conversion *c, fci_input_part *part)
{
  if (part->job.copy)
    part->read = fci_stage_copy (c->ctx, &part->job, part->input);
  else if (!fci_chain_reader (c, part))
    part->read = fci_stage_read (c->ctx, &part->reader, part->input);
  part->model = part->read;
  return c->ctx->failed;
}

/* Makes a component with its chain. Messages begin with its name. */
static int
make_component (fci_conversion *c, fci_input_part *part)
{
  fci_subject subject;
  fci_subject_push_file (c->ctx, &subject, part->job.name);
  if (!fci_chain_part (c, part) && !fci_links_run (c->ctx, &part->chain, &part->model))
    fci_model_set_name ((fmtconv_model *) part->model, part->job.name);
  fci_subject_pop (c->ctx, &subject);
  return c->ctx->failed;
}

/* Makes all components, each with its chain, and bundles them. */
static int
bundle_parts (fci_conversion *c)
{
  fmtconv_model **all = fmtconv_ctx_alloc (c->ctx, c->n_parts, sizeof *all);
  for (size_t i = 0; all && i < c->n_parts; i++)
    {
      if (make_component (c, &c->part[i]))
        return c->ctx->failed;
      all[i] = (fmtconv_model *) c->part[i].model;
    }
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

/* Prints the chain of each output. */
static void
print_output_paths (fci_conversion *c, size_t n)
{
  const char *command = fci_chain_command (c);
  if (command && n == 1)
    fmtconv_note (c->ctx, c->defects ? "comparing with the result of: %s" : "running: %s", command);
  if (!command || n == 1)
    return;
  for (size_t i = 0; i < n; i++)
    fmtconv_detail (c->ctx, "%s", fci_chain_command (&c[i]));
  fmtconv_note (c->ctx, c->defects ? "comparing with the results of:" : "running in one pass:");
}

/* Prints the chains before the work starts, so that the user can stop a wrong choice. */
static int
print_chains (fci_conversion *c, size_t n)
{
  bool detected = false;
  for (size_t i = 0; i < n; i++)
    detected = detected || c[i].detected;
  if (detected)
    print_output_paths (c, n);
  for (size_t i = 0; detected && c->part->job.name && i < c->n_parts; i++)
    fmtconv_detail (c->ctx, "%s: %s", c->part[i].job.name, fci_input_part_command (c, &c->part[i]));
  if (detected && c->part->job.name)
    fmtconv_note (c->ctx, "running for the components:");
  return c->ctx->failed;
}

/* Returns whether the job gives the complete chain, so that nothing has to be read to choose it. */
static bool
is_resolved (const fci_conversion *c)
{
  bool settled = c->job.n_transforms > 0;
  for (size_t i = 0; settled && i < c->n_parts; i++)
    {
      const fmtconv_job_component *part = &c->part[i].job;
      settled = part->copy || (part->reader && (!part->name || part->n_transforms));
    }
  return settled;
}

/* Sets the output. All outputs have the inputs of the first. */
static int
set_output (fci_conversion *c, fci_conversion *first, const fmtconv_job_output *output)
{
  if (output)
    {
      c->job.writer = output->writer;
      c->job.output = output->output;
    }
  if (check_paths (c) || (c == first && make_parts (c)))
    return c->ctx->failed;
  c->part = first->part;
  c->n_parts = first->n_parts;
  return output ? fci_links_parse (c->ctx, output->transforms, output->n_transforms, &c->own) : 0;
}

fci_conversion *
fci_conversions (fmtconv_ctx *ctx, const fmtconv_job *typed, size_t *n)
{
  fmtconv_job job;
  if (fci_job_take (ctx, typed, &job))
    return NULL;
  *n = job.n_outputs ? job.n_outputs : 1;
  fci_conversion *c = fmtconv_ctx_alloc (ctx, *n, sizeof *c);
  for (size_t i = 0; c && i < *n && !ctx->failed; i++)
    {
      c[i] = (fci_conversion){ .ctx = ctx, .job = job, .started = fci_monotonic_seconds () };
      set_output (&c[i], c, job.n_outputs ? &job.outputs[i] : NULL);
    }
  return ctx->failed ? NULL : c;
}

/* Resolves what the job gives. */
static int
resolve_given (fci_conversion *c, size_t n)
{
  fci_input_parts_given (c);
  for (size_t i = 0; i < n && !c->ctx->failed; i++)
    if (!fci_chain_given (&c[i]))
      fci_output_resolve (&c[i]);
  return c->ctx->failed;
}

/* Checks the paths of the outputs before any work. */
static int
check_outputs (fci_conversion *c, size_t n)
{
  if (c->defects)
    return 0;
  fci_output *outputs = fmtconv_ctx_alloc (c->ctx, n, sizeof *outputs);
  for (size_t i = 0; outputs && i < n; i++)
    outputs[i] = (fci_output){ .layout = placeholder (&c[i]), .path = c[i].output };
  if (c->ctx->failed || fci_outputs_check (c->ctx, outputs, n))
    return c->ctx->failed;
  for (size_t i = 0; i < n && !c->ctx->failed; i++)
    if (!fci_check_output_outside (&c[i]))
      fci_publish_check (c->ctx, outputs[i].layout, outputs[i].path);
  return c->ctx->failed;
}

/* Resolves the transforms of all outputs. */
static int
resolve_chains (fci_conversion *c, size_t n)
{
  fci_chain_bundle (c);
  for (size_t i = 1; i < n && !c->ctx->failed; i++)
    {
      c[i].detected = c[i].detected || c->detected;
      fci_chain_other_output (&c[i], c);
    }
  return c->ctx->failed;
}

int
fci_convert_chains (fci_conversion *c, size_t n)
{
  if (resolve_given (c, n))
    return c->ctx->failed;
  if (!is_resolved (c) && (open_inputs (c) || read_parts (c)))
    return c->ctx->failed;
  return resolve_chains (c, n);
}

/* Runs the chains. Steps that the outputs begin with in common run once; they are compared before a run
 * detects components. */
static int
run_chains (fci_conversion *c, size_t n)
{
  const fmtconv_model *read = c->model;
  for (size_t i = 1; i < n; i++)
    c[i].n_common =
        fci_links_common (&c->chain, &c[i].chain, c->n_common < c[i].n_common ? c->n_common : c[i].n_common);
  for (size_t i = 0; i < n && !c->ctx->failed; i++)
    {
      c[i].model = read;
      for (size_t k = 0; i && k < c[i].n_common; k++)
        c[i].chain.link[k] = c->chain.link[k];
      fci_links_run (c->ctx, &c[i].chain, &c[i].model);
    }
  return c->ctx->failed;
}

const fmtconv_model *
fci_convert_model (fci_conversion *c)
{
  c->only_model = true;
  if (make_parts (c) || fci_input_parts_given (c) || fci_chain_given (c) || open_inputs (c) || read_parts (c)
      || fci_chain_bundle (c) || fci_links_run (c->ctx, &c->chain, &c->model) || print_chains (c, 1))
    return NULL;
  return c->model;
}

/* Checks components before transforms run: a bundle remains a bundle. */
static int
check_components (fci_conversion *c, size_t n)
{
  for (size_t i = 0; i < n && !c->ctx->failed; i++)
    {
      c[i].model = c->model;
      fci_check_components (&c[i]);
    }
  return c->ctx->failed;
}

int
fci_convert (fci_conversion *c, size_t n)
{
  fci_messages_hold (c->ctx);
  if (!(resolve_given (c, n) || open_inputs (c) || check_outputs (c, n) || read_parts (c)
        || resolve_chains (c, n) || check_components (c, n) || run_chains (c, n) || print_chains (c, n)))
    fci_finish_outputs (c, n);
  fci_messages_release (c->ctx);
  return c->ctx->failed;
}

/* core/convert/finish.c: from models to files: layouts, one plan for all of them, its execution.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/clock.h"
#include "core/base/ctx.h"
#include "core/base/held.h"
#include "core/base/ranks.h"
#include "core/convert/chain.h"
#include "core/convert/convert.h"
#include "core/convert/finish.h"
#include "core/convert/inside.h"
#include "core/convert/leftovers.h"
#include "core/convert/link.h"
#include "core/convert/output.h"
#include "core/convert/provenance.h"
#include "core/convert/ranks.h"
#include "core/convert/stage.h"
#include "core/exec/against.h"
#include "core/exec/publish/check.h"
#include "core/exec/publish/outputs.h"
#include "core/plan/compile.h"
#include "core/plugin/params.h"
#include "core/plugin/registry.h"
#include "core/source/input.h"

/* Checks an output that is to be written, once its files and all inputs are known, and notes what is left out. */
static void
check_output (fci_conversion *c)
{
  if (c->layout && !fci_check_output_outside (c))
    fci_publish_check (c->ctx, c->layout, c->output);
  for (size_t k = 0; k < c->n_parts && !c->ctx->failed; k++)
    fci_note_leftovers (c->ctx, c->writer.plugin, c->part[k].read, c->model);
}

/* Returns the layouts of all outputs, after checking the outputs. Returns NULL on error. */
static fci_output *
make_layouts (fci_conversion *c, size_t n)
{
  fci_output *outputs = fmtconv_ctx_alloc (c->ctx, n, sizeof *outputs);
  const char *sources = NULL;
  for (size_t i = 0; outputs && i < n && !c->ctx->failed; i++)
    {
      fci_conversion *to = &c[i];
      if (fci_provenance_put (to, &sources))
        return NULL;
      to->layout = fci_stage_write (to->ctx, &to->writer, to->model, fci_output_layout (to));
      if (!c->defects)
        check_output (to);
      outputs[i] = (fci_output){ .layout = to->layout, .path = to->output };
    }
  if (c->ctx->failed || (!c->defects && fci_outputs_check (c->ctx, outputs, n)))
    return NULL;
  return outputs;
}

/* Returns which part of the plan this process does. */
static fci_dealing
dealing_of (const fmtconv_ctx *ctx)
{
  const fmtconv_options *options = &ctx->options;
  return fci_has_ranks (ctx)
             ? fci_rank_dealing (ctx)
             : (fci_dealing){ options->share, options->shares, (options->flags & FMTCONV_PUBLISH) != 0 };
}

static int
make_plan (fci_conversion *c, const fci_output *outputs, size_t n)
{
  const fmtconv_layout **layouts = fmtconv_ctx_alloc (c->ctx, n, sizeof *layouts);
  for (size_t i = 0; layouts && i < n; i++)
    layouts[i] = outputs[i].layout;
  const fci_dealing dealing = dealing_of (c->ctx);
  c->plan = layouts ? fci_plan_compile_all (c->ctx, layouts, n, c->defects ? NULL : &dealing) : NULL;
  c->plan_seconds = fci_monotonic_seconds () - c->started;
  return c->ctx->failed;
}

/* Returns the model that the reader of the writer's name finds in temporary output files. Passes the
 * parameters that writer and reader share, such as the root of the tensors; reports only errors. */
static const fmtconv_model *
reread (void *arg, const fci_written *written)
{
  const fci_conversion *c = arg;
  const fci_module *module = fci_module_find (c->ctx, written->part->writer);
  if (!module || !fci_plugin_has (module->plugin, FCI_READER))
    {
      if (!c->ctx->failed)
        fmtconv_fail (c->ctx, FMTCONV_E_USAGE,
                      "--verify rereads the output, but the plugin '%s' has no reader",
                      written->part->writer);
      return NULL;
    }
  fmtconv_input *in =
      fci_input_alias (c->ctx, written->path, written->base, written->stored, written->within);
  const char *shared = fci_params_shared (c->ctx, module->plugin->reader->params, written->part->params);
  fci_subject subject = *fci_subject_now (c->ctx);
  subject.is_quiet = true;
  fci_subject_push (c->ctx, &subject);
  const fmtconv_model *model = NULL;
  fci_link link;
  if (in && shared && !fci_link_make (c->ctx, FCI_READER, module->plugin, shared, &link))
    model = fci_stage_read (c->ctx, &link, in);
  fci_subject_pop (c->ctx, &subject);
  return model;
}

/* Returns a text that says what is done with the inputs; NULL: an error was recorded. */
static const char *
chains_text (fci_conversion *c, size_t n)
{
  const char *text = "";
  for (size_t i = 0; text && i < n; i++)
    {
      const char *options = fci_chain_options (&c[i]);
      text = options ? fmtconv_ctx_printf (c->ctx, "%s%s\n", text, options) : NULL;
    }
  return c->ctx->failed ? NULL : text;
}

int
fci_finish_outputs (fci_conversion *c, size_t n)
{
  const unsigned flags = c->ctx->options.flags;
  const fci_output *outputs = make_layouts (c, n);
  if (!outputs || make_plan (c, outputs, n))
    return c->ctx->failed;
  fci_messages_release (c->ctx);
  if (flags & FMTCONV_DRY_RUN)
    return c->ctx->failed;
  const char *chain = chains_text (c, n);
  if (!chain)
    return c->ctx->failed;
  const fci_execution run = { .plan = c->plan,
                              .outputs = outputs,
                              .n_outputs = n,
                              .chain = chain,
                              .reread = flags & FMTCONV_VERIFY ? reread : NULL,
                              .arg = c };
  return c->defects               ? fci_execute_against (c->ctx, &run, c->defects, &c->outcome)
         : fci_has_ranks (c->ctx) ? fci_execute_ranks (c, &run)
                                  : fci_execute (c->ctx, &run, &c->outcome);
}

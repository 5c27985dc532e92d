/* core/convert/chain.c: the chain of plugins: as typed, as detected, and as a command.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/around.h"
#include "core/convert/chain.h"
#include "core/convert/choose.h"
#include "core/convert/convert.h"
#include "core/convert/detect.h"
#include "core/convert/for-writer.h"
#include "core/convert/link.h"
#include "core/convert/links.h"
#include "core/convert/output.h"
#include "core/convert/shell.h"
#include "core/convert/stage.h"
#include "core/convert/typed.h"
#include "core/plugin/params.h"
#include "core/plugin/registry.h"
#include "core/view/dtype.h"
#include <string.h>

/* Resolves --dtype to a last cast transform, which skips models marked keep-dtype.  A mix of types, such as Q4_K_M, is left
 * to a transform that is chosen for the writer. */
static int
given_dtype (fci_conversion *c)
{
  if (!c->job.dtype || (!fci_dtype_named (c->job.dtype) && fci_is_type_like (c->job.dtype)))
    return 0;
  if (!fmtconv_dtype_parse (c->ctx, c->job.dtype))
    return c->ctx->failed;
  return fci_link_parse (c->ctx, fmtconv_ctx_printf (c->ctx, "cast:to=%s,keep=yes", c->job.dtype),
                         FCI_TRANSFORM, &c->cast);
}

static int
given_part (fmtconv_ctx *ctx, fci_input_part *part)
{
  const fmtconv_job_component *job = &part->job;
  if (job->name && (!job->input || !*job->input))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "the component '%s' has no input", job->name);
  if (job->reader && fci_reader_parse (ctx, job->reader, &part->reader))
    return ctx->failed;
  return fci_links_parse (ctx, job->transforms, job->n_transforms, &part->chain);
}

int
fci_input_parts_given (fci_conversion *c)
{
  for (size_t i = 0; i < c->n_parts; i++)
    if (given_part (c->ctx, &c->part[i]))
      return c->ctx->failed;
  return 0;
}

int
fci_chain_given (fci_conversion *c)
{
  if (fci_links_parse (c->ctx, c->job.transforms, c->job.n_transforms, &c->chain) || given_dtype (c))
    return c->ctx->failed;
  if (c->only_model)
    return 0;
  if (c->job.writer)
    fci_link_parse (c->ctx, c->job.writer, FCI_WRITER, &c->writer);
  else
    {
      fci_link_make (c->ctx, FCI_WRITER, fci_detect_writer (c->ctx, fci_output_hint (c)), "", &c->writer);
      c->detected = true;
    }
  if (!c->ctx->failed)
    fci_links_for_writer (c->ctx, c->writer.plugin->name, &c->chain);
  if (!c->ctx->failed && (c->ctx->options.flags & FMTCONV_VERIFY) && !c->writer.plugin->reader)
    fmtconv_fail (c->ctx, FMTCONV_E_USAGE, "--verify rereads the output, but the plugin '%s' has no reader",
                  c->writer.plugin->name);
  return c->ctx->failed;
}

int
fci_chain_reader (fci_conversion *c, fci_input_part *part)
{
  if (part->reader.plugin)
    return 0;
  fci_link_make (c->ctx, FCI_READER, fci_detect_reader (c->ctx, part->input), "", &part->reader);
  c->detected = true;
  return c->ctx->failed;
}

int
fci_chain_part (fci_conversion *c, fci_input_part *part)
{
  if (!part->job.name || part->job.copy || part->job.n_transforms)
    return 0;
  if (fci_chain_choose_component (c, part->read, part->job.name, &part->chain))
    return c->ctx->failed;
  c->detected = c->detected || part->chain.n;
  return 0;
}

/* Chooses the transforms of the whole model if the job names none. */
static int
choose_whole (fci_conversion *c)
{
  if (!c->part->job.name)
    fci_chain_choose (c, c->part->read, &c->chain);
  for (size_t i = 0; c->part->job.name && !c->ctx->failed && i < c->n_parts; i++)
    fci_chain_joins (c, &c->part[i].chain, &c->chain);
  c->chain.none = !c->chain.n;
  c->detected = c->detected || c->chain.n;
  return c->ctx->failed;
}

/* Appends the transforms of the output only, and --dtype. */
static int
end_chain (fci_conversion *c)
{
  c->n_common = c->chain.n;
  if (c->is_for_writer && fci_chain_after (c, &c->chain))
    return c->ctx->failed;
  for (size_t i = 0; i < c->own.n; i++)
    {
      fci_link *link = fci_links_add (c->ctx, &c->chain);
      if (!link)
        return c->ctx->failed;
      *link = c->own.link[i];
      c->chain.none = false;
    }
  if (c->job.dtype && !c->cast.plugin && !fmtconv_dtype_parse (c->ctx, c->job.dtype))
    return c->ctx->failed;
  fci_link *cast = c->job.dtype ? fci_links_add (c->ctx, &c->chain) : NULL;
  if (cast)
    *cast = c->cast;
  return c->ctx->failed;
}

int
fci_chain_bundle (fci_conversion *c)
{
  const bool is_typed = c->job.n_transforms > 0;
  if (is_typed ? !c->part->job.name && fci_chain_around_types (c) : choose_whole (c))
    return c->ctx->failed;
  return end_chain (c);
}

/* Returns whether the output can store several components. */
static bool
holds_components (const fci_conversion *c)
{
  return c->to_folder && (c->writer.plugin->writer->limits.understands & FMTCONV_FEATURE_COMPONENTS);
}

/* Returns whether transforms may be chosen for one of two writers that are not chosen for the other. */
static bool
is_other_writer (const fci_conversion *c, const fci_conversion *first)
{
  return c->writer.plugin != first->writer.plugin
         && (first->is_for_writer || c->writer.plugin->writer->after || c->writer.plugin->writer->undoes);
}

int
fci_chain_other_output (fci_conversion *c, const fci_conversion *first)
{
  if (c->job.n_transforms)
    return fci_chain_bundle (c);
  if (holds_components (c) != holds_components (first) || is_other_writer (c, first))
    return fci_chain_bundle (c);
  c->is_for_writer = first->is_for_writer;
  c->chain.none = first->n_common == 0;
  for (size_t i = 0; i < first->n_common; i++)
    {
      fci_link *link = fci_links_add (c->ctx, &c->chain);
      if (!link)
        return c->ctx->failed;
      *link = first->chain.link[i];
    }
  return end_chain (c);
}

/* Returns " -t A -t B" without the last `but` transforms. */
static const char *
links_text (fmtconv_ctx *ctx, const fci_links *links, size_t but)
{
  const char *text = links->none ? " -t none" : "";
  for (size_t i = 0; i + but < links->n && text; i++)
    text = fmtconv_ctx_printf (ctx, "%s%s", text, fci_link_option (ctx, 't', &links->link[i]));
  return text ? text : "";
}

const char *
fci_input_part_command (const fci_conversion *c, const fci_input_part *part)
{
  if (part->job.copy)
    return fmtconv_ctx_printf (c->ctx, "copy of %s", fci_shell_path (c->ctx, part->job.input));
  return fmtconv_ctx_printf (c->ctx, "fmtconv%s%s %s", fci_link_option (c->ctx, 'r', &part->reader),
                             links_text (c->ctx, &part->chain, 0), fci_shell_path (c->ctx, part->job.input));
}

const char *
fci_chain_command (const fci_conversion *c)
{
  if (c->part->job.name)
    return NULL;
  if (c->only_model)
    return fmtconv_ctx_printf (c->ctx, "fmtconv%s%s %s", fci_link_option (c->ctx, 'r', &c->part->reader),
                               links_text (c->ctx, &c->chain, 0),
                               fci_shell_path (c->ctx, c->part->job.input));
  const char *dtype = c->job.dtype ? c->job.dtype : "";
  return fmtconv_ctx_printf (
      c->ctx, "fmtconv%s%s%s%s%s %s %s", fci_link_option (c->ctx, 'r', &c->part->reader),
      links_text (c->ctx, &c->chain, *dtype != 0), fci_link_option (c->ctx, 'w', &c->writer),
      *dtype ? " --dtype " : "", *dtype ? fci_shell_word (c->ctx, dtype) : "",
      fci_shell_path (c->ctx, c->part->job.input), fci_shell_path (c->ctx, c->job.output));
}

/* Returns "NAME: -r READER -t A" for each component, separated by semicolons. */
static const char *
parts_text (const fci_conversion *c)
{
  const char *text = "";
  for (size_t i = 0; i < c->n_parts && text; i++)
    {
      const fci_input_part *part = &c->part[i];
      const char *reader = part->job.copy ? " copy" : fci_link_option (c->ctx, 'r', &part->reader);
      text = fmtconv_ctx_printf (c->ctx, "%s%s:%s%s;", text, part->job.name, reader,
                                 links_text (c->ctx, &part->chain, 0));
    }
  return text ? text : "";
}

const char *
fci_chain_options (const fci_conversion *c)
{
  const char *parts = c->part->job.name ? parts_text (c) : fci_link_option (c->ctx, 'r', &c->part->reader);
  const char *dtype = c->job.dtype ? c->job.dtype : "";
  const char *text =
      fmtconv_ctx_printf (c->ctx, "%s%s%s%s%s", parts, links_text (c->ctx, &c->chain, *dtype != 0),
                          fci_link_option (c->ctx, 'w', &c->writer), *dtype ? " --dtype " : "",
                          *dtype ? fci_shell_word (c->ctx, dtype) : "");
  return text && *text == ' ' ? text + 1 : text;
}

/* core/pipeline/report.c: the report of a conversion.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/pipeline/report.h"
#include "core/pipeline/spec-input.h"
#include <string.h>

/* A chain while it is reported: that of the conversion, or of a spec that is an input of another. */
typedef struct chain
{
  const fci_conversion *c;
  const char *component;     /* what it makes; NULL: the whole */
  const char *spec;          /* path; NULL: of the conversion */
  const struct chain *outer; /* whose input it is */
} chain;

/* The spec that a part was read from, as a chain.  false: a plain reader read it. */
static bool
is_spec (const chain *outer, const fci_part *part, chain *out)
{
  const fci_spec_input *spec = fci_spec_input_of (outer->c->ctx, part->read);
  const char *component = part->job.name ? part->job.name : outer->component;
  if (spec)
    *out = (chain){ .c = spec->chain, .component = component, .spec = spec->path, .outer = outer };
  return spec != NULL;
}

/* "through": the specs that an input or transform stands in, the outermost first. */
static void
add_through (fmtconv_attr *list, const chain *of)
{
  if (!of->spec)
    return;
  add_through (list, of->outer);
  fci_add_text (list, NULL, of->spec);
}

static void
add_input (fmtconv_attr *list, const chain *of, const fci_part *part)
{
  fmtconv_attr *input = fci_add_object (list);
  fmtconv_set_string (input, "component", of->component ? of->component : part->job.name);
  fci_add_text (input, "path", part->job.input);
  fmtconv_set_string (input, "reader", part->job.copy ? "copy" : part->reader.plugin->name);
  add_through (fci_add_array (input, "through"), of);
  fci_add_count (input, "tensors", fci_model_tensors (part->read));
  fci_add_count (input, "bytes", fci_model_bytes (part->read));
  fci_add_skipped (input, part->read);
}

/* The files that are read, in place of the specs that name them. */
static void
add_inputs (fmtconv_attr *list, const chain *of)
{
  chain inner;
  for (size_t i = 0; i < of->c->n_parts; i++)
    if (is_spec (of, &of->c->part[i], &inner))
      add_inputs (list, &inner);
    else
      add_input (list, of, &of->c->part[i]);
}

static void
add_links (fmtconv_attr *list, const chain *of, const fci_links *links, const char *component)
{
  for (size_t i = 0; i < links->n; i++)
    {
      const fci_link *link = &links->link[i];
      fmtconv_attr *node = fci_add_object (list);
      fmtconv_set_string (node, "name", link->plugin->name);
      fmtconv_set_bool (node, "reverse", link->reverse);
      fmtconv_set_string (node, "component", link->component ? link->component : component);
      add_through (fci_add_array (node, "through"), of);
      fmtconv_set_string (node, "title", fmtconv_get_string (fmtconv_attrs (link->out), "title", NULL));
      fci_add_count (node, "in", link->n_in);
      fci_add_count (node, "out", fci_model_tensors (link->out));
    }
}

/* In the order in which they ran. */
static void
add_transforms (fmtconv_attr *list, const chain *of)
{
  chain inner;
  for (size_t i = 0; i < of->c->n_parts; i++)
    {
      const fci_part *part = &of->c->part[i];
      if (is_spec (of, part, &inner))
        add_transforms (list, &inner);
      add_links (list, of, &part->chain, of->component ? of->component : part->job.name);
    }
  add_links (list, of, &of->c->chain, of->component);
}

static void
add_dropped (fmtconv_attr *report, fmtconv_ctx *ctx, const fci_account *account)
{
  size_t n;
  const fci_dropped *dropped = fci_account_dropped (ctx, account, &n);
  fmtconv_attr *list = fci_add_array (report, "dropped");
  for (size_t i = 0; dropped && i < n; i++)
    {
      fmtconv_attr *node = fci_add_object (list);
      fci_add_text (node, "why", dropped[i].why);
      fci_add_count (node, "tensors", dropped[i].tensors);
      fci_add_count (node, "bytes", dropped[i].bytes);
      fmtconv_set_string (node, "first", dropped[i].first);
    }
}

/* The path of a file of the output. */
static const char *
path_of (const fci_conversion *c, const char *name)
{
  const char *slash = strrchr (c->output, '/');
  if (c->to_folder)
    return fmtconv_text (c->ctx, "%s/%s", c->output, name);
  return fmtconv_text (c->ctx, "%.*s%s", slash ? (int) (slash - c->output) + 1 : 0, c->output, name);
}

static void
add_files (fmtconv_attr *report, const fci_conversion *c)
{
  fmtconv_attr *list = fci_add_array (report, "files");
  for (const fmtconv_file *file = c->layout->first; file; file = file->next)
    {
      fmtconv_attr *node = fci_add_object (list);
      fci_add_text (node, "path", path_of (c, file->name));
      fci_add_count (node, "bytes", file->size);
      fci_add_count (node, "tensors", file->n_tensors);
    }
}

static void
add_account (fmtconv_attr *report, const fci_account *a)
{
  fmtconv_attr *node = fmtconv_make (report, "account");
  fci_add_count (node, "in", a->in);
  fci_add_count (node, "kept", a->kept);
  fci_add_count (node, "renamed", a->renamed);
  fci_add_count (node, "split", a->split);
  fci_add_count (node, "merged", a->merged);
  fci_add_count (node, "dropped", a->dropped);
  fci_add_count (node, "out", a->out);
}

static uint64_t
links_memory (const fci_links *links)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < links->n; i++)
    sum += fci_model_memory (links->link[i].out);
  return sum;
}

/* Of all models of a chain. */
static uint64_t
chain_memory (const chain *of)
{
  chain inner;
  uint64_t sum = links_memory (&of->c->chain);
  for (size_t i = 0; i < of->c->n_parts; i++)
    {
      const fci_part *part = &of->c->part[i];
      sum += fci_model_memory (part->read) + links_memory (&part->chain);
      if (is_spec (of, part, &inner))
        sum += chain_memory (&inner);
    }
  return sum;
}

static void
add_cost (fmtconv_attr *report, const chain *of)
{
  const fci_conversion *c = of->c;
  const fci_cost *cost = fci_plan_cost (c->plan);
  fmtconv_attr *bytes = fmtconv_make (report, "bytes"), *memory = fmtconv_make (report, "memory");
  fci_add_count (bytes, "read", cost->read);
  fci_add_count (bytes, "written", cost->written);
  fci_add_count (bytes, "copied", cost->copied);
  fci_add_count (bytes, "gathered", cost->gathered);
  fci_add_count (bytes, "converted", cost->converted);
  fci_add_count (bytes, "literal", cost->literal);
  fci_add_count (bytes, "compared", cost->compared);
  fci_add_count (memory, "bound", cost->scratch);
  fci_add_count (memory, "catalogue", cost->memory + chain_memory (of));
  fci_add_count (memory, "unit", cost->unit);
}

static const char *
finding_name (unsigned finding)
{
  switch (finding)
    {
    case FMTCONV_INEXACT:
      return "inexact";
    case FMTCONV_OVERFLOW:
      return "overflow";
    case FMTCONV_UNDERFLOW:
      return "underflow";
    case FMTCONV_NAN:
      return "nan";
    default:
      return "inf";
    }
}

static void
add_outcome (fmtconv_attr *report, const fci_outcome *outcome)
{
  static const char *const severities[] = {
    [FMTCONV_COUNT] = "count", [FMTCONV_WARN] = "warning", [FMTCONV_ERROR] = "error"
  };
  fmtconv_attr *list = fci_add_array (report, "findings"), *checks = fmtconv_make (report, "checks");
  for (const fci_finding *f = outcome->findings; f; f = f->next)
    {
      fmtconv_attr *node = fci_add_object (list);
      fmtconv_set_string (node, "tensor", f->tensor);
      fmtconv_set_string (node, "finding", finding_name (f->finding));
      fmtconv_set_string (node, "severity", severities[f->severity]);
      fci_add_count (node, "count", f->count);
      fci_add_count (node, "of", f->of);
      if (f->row != UINT64_MAX)
        fci_add_count (node, "row", f->row);
      fmtconv_set_string (node, "hint", f->hint);
    }
  fci_add_count (checks, "crc_checked", outcome->crc_checked);
  fci_add_count (checks, "crc_unchecked", outcome->crc_unchecked);
  fci_add_count (checks, "equal", outcome->equal);
  fci_add_count (checks, "verified", outcome->verified);
}

/* The whole command line. */
static void
add_command (fmtconv_attr *report, const fci_conversion *c)
{
  const char *command = fci_chain_command (c);
  if (command)
    fci_add_text (report, "command", command);
}

fmtconv_attr *
fci_report (const fci_conversion *c)
{
  unsigned flags = c->ctx->options.flags;
  const chain whole = { .c = c };
  fci_account account;
  fmtconv_attr *report = fmtconv_object (c->ctx);
  if (!report || fci_account_make (c->ctx, c->model, &account))
    return NULL;
  add_command (report, c);
  fmtconv_set_bool (report, "detected", c->detected);
  fmtconv_set_bool (report, "dry_run", (flags & FMTCONV_DRY_RUN) != 0);
  add_inputs (fci_add_array (report, "inputs"), &whole);
  add_transforms (fci_add_array (report, "transforms"), &whole);
  add_dropped (report, c->ctx, &account);
  add_files (report, c);
  if (flags & FMTCONV_LIST)
    fci_add_tensors (report, c->layout, &account);
  add_account (report, &account);
  add_cost (report, &whole);
  add_outcome (report, &c->outcome);
  fmtconv_set_float (report, "seconds", fci_clock () - c->started);
  fmtconv_set_float (report, "plan_seconds", c->plan_seconds);
  return c->ctx->failed ? NULL : report;
}

/* core/api/report.c: the report of a conversion.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/recipe.h"
#include "core/api/report-chain.h"
#include "core/api/report.h"
#include "core/api/tree.h"
#include "core/base/clock.h"
#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/convert/chain.h"
#include "core/convert/convert.h"
#include "core/plan/compile.h"
#include <string.h>

static void
add_dropped (fmtconv_attr *report, fmtconv_ctx *ctx, const fci_tensor_lineage *account)
{
  size_t n;
  const fci_drop_reason *dropped = fci_tensor_lineage_dropped (ctx, account, &n);
  fmtconv_attr *list = fci_add_array (report, "dropped");
  for (size_t i = 0; dropped && i < n; i++)
    {
      fmtconv_attr *node = fci_add_object (list);
      fci_add_text (node, "why", dropped[i].why);
      fci_add_count (node, "tensors", dropped[i].tensors);
      fci_add_count (node, "bytes", dropped[i].bytes);
      fmtconv_attr_set_string (node, "first", dropped[i].first);
    }
}

/* Returns the path of a file of the output. */
static const char *
path_of (const fci_conversion *c, const char *name)
{
  const char *slash = strrchr (c->output, '/');
  if (c->to_folder)
    return fmtconv_ctx_printf (c->ctx, "%s/%s", c->output, name);
  return fmtconv_ctx_printf (c->ctx, "%.*s%s", slash ? (int) (slash - c->output) + 1 : 0, c->output, name);
}

static void
add_files (fmtconv_attr *list, const fci_conversion *c)
{
  for (const fmtconv_file *file = c->layout->first; file; file = file->next)
    {
      fmtconv_attr *node = fci_add_object (list);
      fci_add_text (node, "path", path_of (c, file->name));
      fci_add_count (node, "bytes", file->size);
      fci_add_count (node, "tensors", file->n_tensors);
    }
}

static void
add_lineage (fmtconv_attr *report, const fci_tensor_lineage *a)
{
  fmtconv_attr *node = fmtconv_attr_make (report, "account");
  fci_add_count (node, "in", a->in);
  fci_add_count (node, "kept", a->kept);
  fci_add_count (node, "renamed", a->renamed);
  fci_add_count (node, "split", a->split);
  fci_add_count (node, "merged", a->merged);
  fci_add_count (node, "dropped", a->dropped);
  fci_add_count (node, "out", a->out);
}

static void
add_cost (fmtconv_attr *report, const fci_conversion *c, size_t n)
{
  const fci_cost *cost = fci_plan_cost (c->plan);
  fmtconv_attr *bytes = fmtconv_attr_make (report, "bytes"), *memory = fmtconv_attr_make (report, "memory");
  fci_add_count (bytes, "read", cost->read);
  fci_add_count (bytes, "written", cost->written);
  fci_add_count (bytes, "copied", cost->copied);
  fci_add_count (bytes, "gathered", cost->gathered);
  fci_add_count (bytes, "converted", cost->converted);
  fci_add_count (bytes, "literal", cost->literal);
  fci_add_count (bytes, "compared", cost->compared);
  fci_add_count (bytes, "measured", cost->measured);
  fci_add_count (bytes, "fetched", c->outcome.fetched);
  fci_add_count (memory, "bound", cost->scratch);
  fci_add_count (memory, "catalogue", cost->memory + fci_chains_memory (c, n));
  fci_add_count (memory, "models", report->ctx->budget.models);
  fci_add_count (memory, "unit", cost->unit);
  fci_add_count (memory, "parse", report->ctx->budget.most);
  fci_add_count (memory, "parse_limit", fci_budget_limit (&report->ctx->budget));
  fci_add_count (memory, "peak", fci_os_peak_memory ());
}

static const char *
finding_name (unsigned finding)
{
  switch (finding)
    {
    case FMTCONV_FINDING_INEXACT:
      return "inexact";
    case FMTCONV_FINDING_OVERFLOW:
      return "overflow";
    case FMTCONV_FINDING_UNDERFLOW:
      return "underflow";
    case FMTCONV_FINDING_NAN:
      return "nan";
    default:
      return "inf";
    }
}

/* Returns the path of a layout's output. */
static const char *
path_of_layout (const fci_conversion *c, size_t n, const fmtconv_layout *layout)
{
  for (size_t i = 0; i < n; i++)
    if (c[i].layout == layout)
      return c[i].job.output;
  return NULL;
}

static void
add_outcome (fmtconv_attr *report, const fci_conversion *c, size_t n)
{
  static const char *const severities[] = { [FMTCONV_SEVERITY_COUNT] = "count",
                                            [FMTCONV_SEVERITY_WARN] = "warning",
                                            [FMTCONV_SEVERITY_ERROR] = "error" };
  const fci_outcome *outcome = &c->outcome;
  fmtconv_attr *list = fci_add_array (report, "findings"), *checks = fmtconv_attr_make (report, "checks");
  for (const fci_finding *f = outcome->findings; f; f = f->next)
    {
      fmtconv_attr *node = fci_add_object (list);
      fmtconv_attr_set_string (node, "tensor", f->tensor);
      if (n > 1)
        fci_add_text (node, "output", path_of_layout (c, n, f->file->layout));
      fmtconv_attr_set_string (node, "finding", finding_name (f->finding));
      fmtconv_attr_set_string (node, "severity", f->is_usual ? "note" : severities[f->severity]);
      fci_add_count (node, "count", f->count);
      fci_add_count (node, "of", f->of);
      if (f->row != UINT64_MAX)
        fci_add_count (node, "row", f->row);
      fmtconv_attr_set_string (node, "hint", f->hint);
    }
  fci_add_count (checks, "crc_checked", outcome->crc_checked);
  fci_add_count (checks, "crc_unchecked", outcome->crc_unchecked);
  fci_add_count (checks, "equal", outcome->equal);
  fci_add_count (checks, "verified", outcome->verified);
  fci_add_count (checks, "verified_files", outcome->verified_files);
  fci_add_count (checks, "verified_bytes", outcome->verified_bytes);
}

/* Adds the command line of the conversion. */
static void
add_command (fmtconv_attr *report, const fci_conversion *c)
{
  const char *command = fci_chain_command (c);
  if (command)
    fci_add_text (report, "command", command);
}

/* Adds what belongs to one output: dropped tensors, files, and the origins of its tensors. */
static int
add_output (fmtconv_attr *object, const fci_conversion *c)
{
  fci_tensor_lineage account;
  if (fci_tensor_lineage_make (c->ctx, c->model, c->layout->last_part->dropped, &account))
    return c->ctx->failed;
  add_dropped (object, c->ctx, &account);
  add_files (fci_add_array (object, "files"), c);
  if (c->ctx->options.flags & FMTCONV_LIST)
    fci_add_tensors (object, c->layout, &account);
  add_lineage (object, &account);
  return c->ctx->failed;
}

/* Adds how the output was made: inputs, transforms, commands. */
static void
add_way (fmtconv_attr *report, const fci_conversion *c)
{
  fmtconv_attr_set_bool (report, "detected", c->detected);
  fmtconv_attr_set_bool (report, "dry_run", (c->ctx->options.flags & FMTCONV_DRY_RUN) != 0);
  fci_add_inputs (fci_add_array (report, "inputs"), c);
}

static void
add_times (fmtconv_attr *report, const fci_conversion *c)
{
  fmtconv_attr_set_float (report, "seconds", fci_monotonic_seconds () - c->started);
  fmtconv_attr_set_float (report, "plan_seconds", c->plan_seconds);
}

fmtconv_attr *
fci_report (const fci_conversion *c)
{
  fmtconv_attr *report = fmtconv_attr_object (c->ctx);
  if (!report)
    return NULL;
  add_command (report, c);
  add_way (report, c);
  fmtconv_attr *transforms = fci_add_array (report, "transforms");
  fci_add_part_transforms (transforms, c);
  fci_add_own_transforms (transforms, c);
  if (add_output (report, c))
    return NULL;
  add_cost (report, c, 1);
  add_outcome (report, c, 1);
  add_times (report, c);
  return c->ctx->failed ? NULL : report;
}

fmtconv_attr *
fci_report_outputs (const fci_conversion *c, size_t n)
{
  fmtconv_attr *report = fmtconv_attr_object (c->ctx);
  add_way (report, c);
  fci_add_part_transforms (fci_add_array (report, "transforms"), c);
  fmtconv_attr *list = fci_add_array (report, "outputs"), *files = fci_add_array (report, "files");
  for (size_t i = 0; i < n && !c->ctx->failed; i++)
    {
      fmtconv_attr *node = fci_add_object (list);
      add_command (node, &c[i]);
      fci_add_text (node, "path", c[i].job.output);
      fmtconv_attr_set_string (node, "writer", c[i].writer.plugin->name);
      fci_add_own_transforms (fci_add_array (node, "transforms"), &c[i]);
      add_output (node, &c[i]);
      fci_add_count (node, "written", fci_layout_size (c[i].layout));
      add_files (files, &c[i]);
    }
  add_cost (report, c, n);
  add_outcome (report, c, n);
  add_times (report, c);
  return c->ctx->failed ? NULL : report;
}

/* core/api/edit.c: fmtconv_edit: changes names and keys of a file, and reports how.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/structs.h"
#include "core/convert/edit.h"
#include "core/plan/compile.h"

static const char *const kinds[] = {
  [FMTCONV_CHANGE_SET] = "set", [FMTCONV_CHANGE_UNSET] = "unset", [FMTCONV_CHANGE_RENAME] = "rename"
};

/* Copies a change, and checks it.  Returns 0 or a code. */
static int
take_change (fmtconv_ctx *ctx, fmtconv_change *change)
{
  const bool has_value = change->value != NULL;
  if (change->kind > FMTCONV_CHANGE_RENAME || !change->name || !*change->name
      || has_value == (change->kind == FMTCONV_CHANGE_UNSET))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "a change has a name and, except UNSET, a value");
  change->name = fci_strdup (ctx, change->name);
  change->value = has_value ? fci_strdup (ctx, change->value) : NULL;
  return fmtconv_ctx_failed (ctx);
}

static const fmtconv_change *
take_changes (fmtconv_ctx *ctx, const fmtconv_change *given, size_t n)
{
  fmtconv_change *changes = fci_structs_take (ctx, FCI_STRUCT (fmtconv_change), "changes", given, n);
  for (size_t i = 0; changes && i < n; i++)
    if (take_change (ctx, &changes[i]))
      return NULL;
  return changes;
}

static void
add_changes (fmtconv_attr *report, const fci_edit *e)
{
  fmtconv_attr *list = fci_add_array (report, "changes");
  for (size_t i = 0; list && i < e->n; i++)
    {
      fmtconv_attr *node = fci_add_object (list);
      fci_add_text (node, "kind", kinds[e->changes[i].kind]);
      fci_add_text (node, "name", e->changes[i].name);
      fci_add_text (node, "value", e->changes[i].value);
    }
}

static fmtconv_attr *
report_of (const fci_edit *e)
{
  static const char *const ways[] = {
    [FCI_EDIT_NOTHING] = "nothing", [FCI_EDIT_IN_PLACE] = "in-place", [FCI_EDIT_REPLACED] = "replaced"
  };
  fmtconv_attr *report = fmtconv_attr_object (e->ctx);
  fci_add_text (report, "path", e->path);
  fci_add_text (report, "reader", e->reader.plugin->name);
  fci_add_text (report, "way", ways[e->way]);
  fmtconv_attr_set_bool (report, "dry_run", (e->ctx->options.flags & FMTCONV_DRY_RUN) != 0);
  add_changes (report, e);
  fci_add_count (report, "bytes", e->layout->first->size);
  fci_add_count (report, "written", e->plan ? fci_plan_cost (e->plan)->literal : e->patch.n);
  return report;
}

/* The file is changed when the report is made: what fails then is a note, and `empty` the report. */
static fmtconv_attr *
report_done (const fci_edit *e, fmtconv_attr *empty)
{
  fci_try saved;
  fci_try_begin (e->ctx, &saved);
  fmtconv_attr *made = report_of (e);
  if (fci_try_forget (e->ctx, &saved) == 0)
    return made;
  fmtconv_note (e->ctx, "the edit is complete, but there is no memory for its report");
  return empty;
}

fmtconv_attr *
fmtconv_edit (fmtconv_ctx *ctx, const char *path, const fmtconv_change *given, size_t n)
{
  if (fci_call_begin (ctx, path && (given || !n), "a file and its changes are required"))
    return NULL;
  fci_edit edit = {
    .ctx = ctx, .path = fci_strdup (ctx, path), .changes = take_changes (ctx, given, n), .n = n
  };
  fmtconv_attr *empty = fmtconv_attr_object (ctx);
  if (!empty || fci_edit_run (&edit))
    return NULL;
  return report_done (&edit, empty);
}

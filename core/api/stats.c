/* core/api/stats.c: statistics of all data of a model, for fmtconv_inspect.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/stats.h"
#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/exec/check/scan.h"
#include <math.h>

static void
add_sums (fmtconv_attr *object, const fci_sums *s)
{
  const uint64_t finite = s->n - s->nan - s->inf;
  fci_add_count (object, "values", s->n);
  fci_add_count (object, "nan", s->nan);
  fci_add_count (object, "inf", s->inf);
  fci_add_count (object, "zero", s->zero);
  fci_add_count (object, "overflow_f16", s->overflow);
  fci_add_number (object, "min", finite ? s->min : NAN);
  fci_add_number (object, "max", finite ? s->max : NAN);
  fci_add_number (object, "mean", finite ? s->sum / (double) finite : NAN);
}

/* Collects the tensors that have statistics. Returns their number. */
static size_t
list_scans (const fmtconv_model *model, fci_scan *scans)
{
  size_t n = 0;
  FCI_FOREACH_LEAF (leaf, model)
    FMTCONV_FOREACH (t, leaf)
      if (fci_scan_can (t->dtype))
        scans[n++] = (fci_scan){ .name = t->name, .a = t->view };
  return n;
}

/* Adds one object for each tensor, in the same order. */
static void
fill_list (fmtconv_attr *list, const fmtconv_model *model, const fci_scan *scans)
{
  fmtconv_attr *node = list->first;
  FCI_FOREACH_LEAF (leaf, model)
    for (const fmtconv_tensor *t = fmtconv_model_next (leaf, NULL); t && node;
         t = fmtconv_model_next (leaf, t), node = node->next)
      if (fci_scan_can (t->dtype))
        add_sums (fmtconv_attr_make (node, "stats"), &scans++->sums);
      else
        fmtconv_attr_set (node, "stats", NULL);
}

int
fci_add_stats (fmtconv_attr *result, fmtconv_attr *list, const fmtconv_model *model)
{
  fmtconv_ctx *ctx = fci_model_ctx (model);
  fci_scan *scans = fmtconv_ctx_alloc (ctx, fci_model_tensors (model) + 1, sizeof *scans);
  size_t n = scans ? list_scans (model, scans) : 0;
  fci_sums all = { 0 };
  if (!scans || fci_scan_all (ctx, scans, n))
    return ctx->failed;
  for (size_t i = 0; i < n; i++)
    fci_sums_join (&all, &scans[i].sums);
  add_sums (fmtconv_attr_make (result, "stats"), &all);
  if (list)
    fill_list (list, model, scans);
  return ctx->failed;
}

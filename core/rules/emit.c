/* core/rules/emit.c: builds the output views: fused, picked, split, changed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/size.h"
#include "core/model/model.h"
#include "core/rules/constant.h"
#include "core/rules/emit.h"
#include "core/rules/gather.h"
#include "core/rules/items.h"
#include "core/rules/match.h"
#include "core/rules/parts.h"
#include "core/rules/pattern-match.h"
#include "core/rules/run.h"
#include "core/rules/shape.h"
#include "core/view/view.h"
#include <inttypes.h>
#include <string.h>

fmtconv_view *
fci_rule_change (fmtconv_view *view, const fci_rule_op *op, const fci_tensor_dims *after)
{
  switch (op->kind)
    {
    case FCI_RULE_CAST:
      return fmtconv_view_cast (view, op->dtype);
    case FCI_RULE_PERMUTE:
      return fmtconv_view_permute (view, op->axes);
    case FCI_RULE_RESHAPE:
      return fmtconv_view_reshape (view, after->rank, after->n);
    case FCI_RULE_SCALE:
      return fmtconv_view_scale (view, op->factor);
    case FCI_RULE_ADD:
      return fmtconv_view_add_scalar (view, op->factor);
    case FCI_RULE_GATHER:
      return fmtconv_view_gather (view, op->axis, op->n_indices, op->indices);
    case FCI_RULE_TRIM:
      return fmtconv_view_slice (view, op->axis, 0, after->n[op->axis]);
    case FCI_RULE_SKIP:
      return fmtconv_view_slice (view, op->axis, op->n_skipped, after->n[op->axis]);
    }
  return NULL;
}

/* Puts zeros for the first indices of an axis that were left out. */
static fmtconv_view *
unskip (fmtconv_view *view, const fci_rule_op *op)
{
  fci_tensor_dims dims = { .rank = view ? fmtconv_view_rank (view) : 0 };
  if (!view || !op->n_skipped)
    return view;
  memcpy (dims.n, fmtconv_view_shape (view), dims.rank * sizeof *dims.n);
  dims.n[op->axis] = op->n_skipped;
  uint64_t n = 1;
  for (unsigned i = 0; i < dims.rank; i++)
    if (!fci_size_mul (n, dims.n[i], &n))
      return NULL;
  const float *zeros = fmtconv_ctx_alloc (view->ctx, n, sizeof *zeros);
  fmtconv_view *first =
      zeros ? fmtconv_view_constant (view->ctx, FMTCONV_F32, dims.rank, dims.n, zeros) : NULL;
  if (first)
    first = fmtconv_view_cast (first, fmtconv_view_dtype (view));
  return first ? fmtconv_view_concat (op->axis, 2, (fmtconv_view *const[]){ first, view }) : NULL;
}

static fmtconv_view *
unchange (fmtconv_view *view, const fci_rule_op *op, const fci_tensor_dims *before)
{
  unsigned axes[FMTCONV_MAX_RANK];
  switch (op->kind)
    {
    case FCI_RULE_PERMUTE:
      for (unsigned i = 0; i < op->rank; i++)
        axes[op->axes[i]] = i;
      return fmtconv_view_permute (view, axes);
    case FCI_RULE_RESHAPE:
      return fmtconv_view_reshape (view, before->rank, before->n);
    case FCI_RULE_SCALE:
      return fmtconv_view_scale (view, 1 / op->factor);
    case FCI_RULE_ADD:
      return fmtconv_view_add_scalar (view, -op->factor);
    case FCI_RULE_GATHER:
      return fci_rule_ungather (view, op);
    case FCI_RULE_TRIM:
      return view; /* padding is not made again */
    case FCI_RULE_SKIP:
      return unskip (view, op);
    case FCI_RULE_CAST:
      break; /* refused when the table was compiled */
    }
  return NULL;
}

/* Returns the fused tensors, of copies the first; in reverse, before .ops. */
static fmtconv_view *
join (fci_rule_run *run, const fci_element_bytes *item)
{
  const fci_rule *rule = item->rule;
  fmtconv_view *parts[FCI_MAX_PARTS];
  fci_tensor_dims by[FCI_RULE_MAX_OPS + 1];
  if (run->table.reverse && fci_rule_hides (rule) && !fci_rule_item_shapes (run, item, by))
    return NULL;
  for (unsigned k = 0; k < rule->n_join; k++)
    {
      parts[k] = fci_rule_item_tensor (run, item, k)->view;
      for (unsigned o = rule->n_ops; run->table.reverse && o-- > 0;)
        parts[k] = unchange (parts[k], &rule->op[o], &by[o]);
    }
  const unsigned n = rule->n_join / rule->n_copies;
  for (unsigned k = 0; rule->n_copies > 1 && k < n; k++)
    parts[k] = fmtconv_view_require_equal (rule->n_copies, parts + k * rule->n_copies);
  return n == 1 ? parts[0] : fmtconv_view_concat (rule->declared->axis, n, parts);
}

/* Returns the parts that .pick names, joining neighbors into one slice. */
static fmtconv_view *
pick (const fci_rule *rule, fmtconv_view *whole)
{
  fmtconv_view *parts[FCI_MAX_PARTS];
  unsigned n = 0, axis = rule->declared->axis;
  uint64_t unit = whole ? fmtconv_view_shape (whole)[axis] / rule->pick_of : 0;
  for (unsigned k = 0, run; k < rule->n_pick; k += run)
    {
      for (run = 1; k + run < rule->n_pick && rule->pick[k + run] == rule->pick[k] + run; run++)
        ;
      parts[n++] = fmtconv_view_slice (whole, axis, rule->pick[k] * unit, run * unit);
    }
  return n == 1 ? parts[0] : fmtconv_view_concat (axis, n, parts);
}

/* Returns the item whose rule picks part k; *place: position in its pick. */
static const fci_element_bytes *
owner (const fci_element_bytes *item, unsigned k, unsigned *place)
{
  for (; item; item = item->next_pick)
    for (unsigned i = 0; i < item->rule->n_pick; i++)
      if (item->rule->pick[i] == k)
        {
          *place = i;
          return item;
        }
  return NULL;
}

/* Returns, in reverse, the parts of all rules that picked, in their original order. */
static fmtconv_view *
unpick (fci_rule_run *run, const fci_element_bytes *item)
{
  fmtconv_view *parts[FCI_MAX_PARTS];
  unsigned n = 0, axis = item->rule->declared->axis, of = item->rule->pick_of;
  for (unsigned k = 0, next; k < of; k = next)
    {
      unsigned place = 0, at = 0;
      const fci_element_bytes *from = owner (item, k, &place);
      for (next = k + 1; next < of && owner (item, next, &at) == from && at == place + next - k; next++)
        ;
      fmtconv_view *part = join (run, from);
      uint64_t unit = part ? fmtconv_view_shape (part)[axis] / from->rule->n_pick : 0;
      parts[n++] = fmtconv_view_slice (part, axis, place * unit, (next - k) * unit);
    }
  return n == 1 ? parts[0] : fmtconv_view_concat (axis, n, parts);
}

/* Returns the item's part of a split. */
static fmtconv_view *
cut (fci_rule_run *run, const fci_element_bytes *item, fmtconv_view *whole)
{
  const fci_rule *rule = item->rule;
  uint64_t size[FCI_MAX_PARTS], sum = 0, start = 0;
  if (!rule->part)
    return fmtconv_view_chunk (whole, rule->declared->axis, item->part, rule->n_split);
  if (!fci_rule_parts_sizes (run, rule, size, &sum))
    return NULL;
  for (unsigned k = 0; k < item->part; k++)
    start += size[k];
  return fmtconv_view_slice (whole, rule->declared->axis, start, size[item->part]);
}

/* Notes that the first indices of a tensor are cut off. */
static void
note_skipped (fci_rule_run *run, const fci_element_bytes *item, uint64_t n)
{
  const fmtconv_tensor *t = fci_rule_item_tensor (run, item, 0);
  if (!n)
    return;
  fmtconv_note (run->ctx, "%s: left out the first %" PRIu64 " rows, which are not used", t->name, n);
  fmtconv_model_drop (run->out, t, "rows that are not used");
}

/* Notes that the last n indices of a tensor are cut off. */
static void
note_padding (fci_rule_run *run, const fci_element_bytes *item, uint64_t n)
{
  const fmtconv_tensor *t = fci_rule_item_tensor (run, item, 0);
  if (!n)
    return;
  fmtconv_note (run->ctx, "%s: left out %" PRIu64 " rows of padding", t->name, n);
  fmtconv_model_drop (run->out, t, "padding of the vocabulary");
}

static fmtconv_view *
make_view (fci_rule_run *run, const fci_element_bytes *item)
{
  const fci_rule *rule = item->rule;
  bool reverse = run->table.reverse;
  fci_tensor_dims by[FCI_RULE_MAX_OPS + 1];
  if (!reverse && rule->n_ops && !fci_rule_item_shapes (run, item, by))
    return NULL;
  fmtconv_view *view = reverse && rule->leader ? unpick (run, item) : join (run, item);
  if (!reverse && rule->n_pick)
    view = pick (rule, view);
  if (rule->n_split > 1)
    view = cut (run, item, view);
  for (unsigned o = 0; !reverse && o < rule->n_ops; o++)
    {
      if (rule->op[o].kind == FCI_RULE_TRIM)
        note_padding (run, item, by[o].n[rule->op[o].axis] - by[o + 1].n[rule->op[o].axis]);
      if (rule->op[o].kind == FCI_RULE_SKIP)
        note_skipped (run, item, rule->op[o].n_skipped);
      view = fci_rule_change (view, &rule->op[o], &by[o + 1]);
    }
  return view;
}

static void
drop_remaining (fci_rule_run *run)
{
  const char *unmatched = run->table.declared->unmatched;
  for (size_t i = 0; i < run->n_tensors; i++)
    {
      bool taken = run->taken[i] != FCI_RULE_NONE;
      const char *why = taken ? run->table.family[run->taken[i]].why : unmatched;
      if (fci_rule_run_is_outside (run, i))
        continue;
      if (run->spare && run->spare[i])
        why = run->spare[i];
      if (why && *why)
        fmtconv_model_drop (run->out, fci_model_tensor (run->in, i), why);
      else if (taken && why)
        fmtconv_model_drop (run->out, fci_model_tensor (run->in, i), "dropped by the rules");
    }
}

static void
bind_lets (fci_rule_run *run)
{
  for (unsigned i = 0; i < run->table.n_lets; i++)
    {
      const fci_let *let = &run->table.let[i];
      if (let->known && let->value.type == FCI_VALUE_NUMBER && let->value.number >= 0)
        fci_model_bind (run->out, fci_strndup (run->ctx, let->name.at, let->name.len),
                        (uint64_t) let->value.number);
    }
}

static void
bind_all (fci_rule_run *run)
{
  bind_lets (run);
  for (unsigned i = 0; i < run->table.n_vars; i++)
    if (run->table.var[i].bound)
      fci_model_bind (run->out, fci_strndup (run->ctx, run->table.var[i].name.at, run->table.var[i].name.len),
                      run->table.var[i].value);
  for (unsigned i = 0; i < run->table.n_captures; i++)
    {
      const fci_capture *capture = &run->table.capture[i];
      if (capture->values.n && *capture->name.at != '#')
        fci_model_bind (run->out,
                        fmtconv_ctx_printf (run->ctx, "#%.*s", (int) capture->name.len, capture->name.at),
                        capture->values.n);
    }
}

/* Puts the tensors that rules take under their names, without the prefix, in the order of the input. */
static void
put_kept (fci_rule_run *run)
{
  for (size_t i = 0; i < run->n_tensors && !fmtconv_ctx_failed (run->ctx); i++)
    {
      const fmtconv_tensor *t = fci_model_tensor (run->in, i);
      const fci_family *family = run->taken[i] == FCI_RULE_NONE ? NULL : &run->table.family[run->taken[i]];
      const char *rest = family && !family->anchored ? fci_pattern_strip (run->prefix, t->name) : NULL;
      if (family && !family->why)
        fmtconv_model_put (run->out, rest ? rest : t->name, t->view);
    }
}

void
fci_rule_run_emit (fci_rule_run *run)
{
  if (run->keeps)
    put_kept (run);
  for (size_t i = 0; !run->keeps && i < run->n_items && !fmtconv_ctx_failed (run->ctx); i++)
    {
      const fci_element_bytes *item = run->item[i];
      fmtconv_view *view = item->rule ? make_view (run, item) : fci_model_tensor (run->in, item->first)->view;
      fmtconv_model_put (run->out, item->name, i ? view : fci_rule_run_require_constants (run, view));
    }
  if (!run->keeps && !fmtconv_ctx_failed (run->ctx))
    fci_rule_run_put_constants (run);
  drop_remaining (run);
  bind_all (run);
}

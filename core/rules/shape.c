/* core/rules/shape.c: shape variables: checks every tensor against its rule and the other tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/size.h"
#include "core/rules/gather.h"
#include "core/rules/index.h"
#include "core/rules/items.h"
#include "core/rules/parts.h"
#include "core/rules/shape.h"
#include "core/rules/trim.h"
#include "core/rules/unify.h"
#include "core/rules/whole.h"
#include <inttypes.h>

/* ---- Effect of .ops on a shape */

static bool
elements (const fci_tensor_dims *dims, uint64_t *n)
{
  *n = 1;
  for (unsigned i = 0; i < dims->rank; i++)
    if (!fci_size_mul (*n, dims->n[i], n))
      return false;
  return true;
}

bool
fci_rule_op_dims (fci_rule_run *run, const fci_rule_op *op, const fci_tensor_dims *before,
                  fci_tensor_dims *after)
{
  uint64_t a = 0, b = 0;
  *after = *before;
  if (op->kind == FCI_RULE_RESHAPE)
    return fci_rule_shape_known (run, &op->to, after) && elements (before, &a) && elements (after, &b)
           && a == b;
  if (op->kind == FCI_RULE_GATHER)
    return fci_rule_gather_dims (op, after);
  if (op->kind == FCI_RULE_TRIM || op->kind == FCI_RULE_SKIP)
    return fci_rule_trim_dims (op, after);
  if (op->kind != FCI_RULE_PERMUTE)
    return true;
  for (unsigned i = 0; i < op->rank && op->rank == before->rank; i++)
    after->n[i] = before->n[op->axes[i]];
  return op->rank == before->rank;
}

/* Computes the size along .axis of one of the parts that the whole is split into. */
static bool
part_size (fci_rule_run *run, const fci_rule *rule, unsigned split, unsigned part, uint64_t *n)
{
  uint64_t size[FCI_MAX_PARTS], sum = 0;
  if (rule->part)
    {
      if (!fci_rule_parts_sizes (run, rule, size, &sum) || sum != *n)
        return false;
      *n = size[part];
      return true;
    }
  if (*n % split)
    return false;
  *n /= split;
  return true;
}

static bool
shapes_by_ops (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *whole,
               fci_tensor_dims *by)
{
  const fci_rule *rule = item->rule;
  unsigned axis = rule->declared->axis, split = run->table.reverse ? rule->n_join : rule->n_split;
  by[0] = *whole;
  if ((rule->n_pick || split > 1) && axis >= whole->rank)
    return false;
  if (rule->n_pick)
    {
      if (by[0].n[axis] % rule->pick_of)
        return false;
      by[0].n[axis] = by[0].n[axis] / rule->pick_of * rule->n_pick;
    }
  if (split > 1 && !part_size (run, rule, split, item->part, &by[0].n[axis]))
    return false;
  for (unsigned k = 0; k < rule->n_ops; k++)
    if (!fci_rule_op_dims (run, &rule->op[k], &by[k], &by[k + 1]))
      return false;
  return true;
}

/* ---- Checks */

static void
check_split (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *whole)
{
  const fci_rule *rule = item->rule;
  fci_dims_buffer text;
  bool picks = !run->table.reverse && rule->n_pick;
  uint64_t parts = (picks ? (uint64_t) rule->pick_of : 1) * (rule->part ? 1 : rule->n_split);
  if (picks && rule->n_split > 1 && rule->n_pick % rule->n_split == 0)
    parts = rule->pick_of;
  if (parts == 1 || !fci_rule_has_axis (run, item, whole))
    return;
  if (whole->n[rule->declared->axis] % parts)
    fci_rule_run_problem (
        run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s: axis %u does not divide into %" PRIu64 " parts",
        fci_rule_item_tensor (run, item, 0)->name, fci_dims_text (whole, text), rule->declared->axis, parts);
}

/* Keeps the shape of a tensor of the output for conditions. */
static void
keep_whole (fci_rule_run *run, fci_element_bytes *item, const fci_tensor_dims *whole)
{
  fci_tensor_dims *kept = run->table.reverse && (run->table.n_conditions || run->table.declared->attributes)
                              ? fci_rule_run_alloc (run, 1, sizeof *kept)
                              : NULL;
  if (!kept)
    return;
  *kept = *whole;
  item->whole = kept;
}

static void
check_item (fci_rule_run *run, fci_element_bytes *item)
{
  fci_tensor_dims whole;
  if (!fci_rule_item_whole (run, item, &whole))
    return;
  keep_whole (run, item, &whole);
  for (const fci_element_bytes *part = item; part; part = part->next_pick)
    if (!fci_rule_unify (run, part, part->rule->shape, part->rule->n_shapes, &whole))
      fci_rule_fail_shape (run, part, &whole);
  check_split (run, item, &whole);
}

bool
fci_rule_hides (const fci_rule *rule)
{
  for (unsigned k = 0; k < rule->n_ops; k++)
    if (rule->op[k].kind == FCI_RULE_RESHAPE)
      return true;
  return false;
}

bool
fci_rule_item_shapes (fci_rule_run *run, const fci_element_bytes *item, fci_tensor_dims *by)
{
  fci_tensor_dims whole;
  bool known = run->table.reverse ? fci_rule_shape_known (run, item->rule->shape, &whole)
                                  : fci_rule_item_joined (run, item, &whole);
  return known && shapes_by_ops (run, item, &whole, by);
}

/* Checks, with all variables bound, that the operations fit. */
static void
check_ops (fci_rule_run *run, const fci_element_bytes *item)
{
  const fci_rule *rule = item->rule;
  fci_tensor_dims own, by[FCI_RULE_MAX_OPS + 1];
  if (run->table.reverse ? !fci_rule_hides (rule) : !rule->n_ops)
    return;
  fci_dims_of (fci_rule_item_tensor (run, item, 0), &own);
  if (!fci_rule_item_shapes (run, item, by)
      || (run->table.reverse && !fci_dims_equal (&by[rule->n_ops], &own)))
    fci_rule_fail_ops (run, item, &own);
}

static bool
has_expr (const fci_rule *rule)
{
  for (unsigned i = 0; i < rule->n_shapes; i++)
    for (unsigned d = 0; d < rule->shape[i].rank; d++)
      if (rule->shape[i].dim[d].var == FCI_DIM_EXPR)
        return true;
  return false;
}

/* Reports parts whose sizes are not those of .parts. whole: with the sum of the parts. */
static void
check_parts (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *whole)
{
  const fci_rule *rule = item->rule;
  const unsigned axis = rule->declared->axis;
  uint64_t size[FCI_MAX_PARTS], sum = 0;
  fci_dims_buffer text;
  *run->reason = 0;
  bool fits = axis < whole->rank && fci_rule_parts_sizes (run, rule, size, &sum) && sum == whole->n[axis];
  for (unsigned k = 0; fits && rule->n_join > 1 && k < rule->n_join; k++)
    {
      const fmtconv_tensor *tensor = fci_rule_item_tensor (run, item, k);
      fits = tensor->shape[fci_rule_joins_along (run, rule, tensor->rank)] == size[k];
    }
  if (!fits)
    fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s': axis %u of %s does not have the parts '%.80s'%s%s",
                          fci_rule_item_tensor (run, item, 0)->name, axis, fci_dims_text (whole, text),
                          rule->declared->parts, *run->reason ? ": " : "", run->reason);
}

/* Checks, with all variables bound, what depends on expressions. */
static void
check_exprs (fci_rule_run *run, const fci_element_bytes *item)
{
  const fci_rule *rule = item->rule;
  fci_tensor_dims whole;
  if ((!rule->part && !has_expr (rule)) || !fci_rule_item_whole (run, item, &whole))
    return;
  if (has_expr (rule) && !fci_rule_unify (run, item, rule->shape, rule->n_shapes, &whole))
    fci_rule_fail_shape (run, item, &whole);
  if (rule->part)
    check_parts (run, item, &whole);
}

void
fci_rule_run_shapes (fci_rule_run *run)
{
  for (size_t i = 0; i < run->n_items && !run->code; i++)
    if (run->item[i]->rule && !run->item[i]->part)
      check_item (run, run->item[i]);
  if (run->problems[FCI_PROBLEM_SHAPE])
    return;
  run->bound = true;
  for (size_t i = 0; i < run->n_items && !run->code; i++)
    if (run->item[i]->rule && !run->item[i]->part)
      check_exprs (run, run->item[i]);
  for (size_t i = 0; i < run->n_items && !run->code && !run->problems[FCI_PROBLEM_SHAPE]; i++)
    for (const fci_element_bytes *part = run->item[i]; part && part->rule; part = part->next_pick)
      if (!part->part)
        check_ops (run, part);
}

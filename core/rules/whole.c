/* core/rules/whole.c: the shape of the whole tensor that an item is cut from, or that its tensors are joined to.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/size.h"
#include "core/rules/items.h"
#include "core/rules/unify.h"
#include "core/rules/whole.h"
#include <string.h>

void
fci_dims_of (const fmtconv_tensor *tensor, fci_tensor_dims *dims)
{
  dims->rank = tensor->rank;
  if (tensor->rank)
    memcpy (dims->n, tensor->shape, tensor->rank * sizeof *dims->n);
}

/* Undoes .ops from the last one to the first reshape, which binds variables and hides the rest (false). */
static bool
undo_ops (fci_rule_run *run, const fci_element_bytes *item, fci_tensor_dims *dims)
{
  const fci_rule *rule = item->rule;
  for (unsigned k = rule->n_ops; k-- > 0;)
    {
      const fci_rule_op *op = &rule->op[k];
      const fci_tensor_dims after = *dims;
      if (op->kind == FCI_RULE_RESHAPE)
        {
          if (!fci_rule_unify (run, item, &op->to, 1, dims))
            fci_rule_fail_ops (run, item, dims);
          return false;
        }
      if (op->kind == FCI_RULE_PERMUTE && op->rank != dims->rank)
        {
          fci_rule_fail_ops (run, item, dims);
          return false;
        }
      for (unsigned i = 0; op->kind == FCI_RULE_PERMUTE && i < op->rank; i++)
        dims->n[op->axes[i]] = after.n[i];
      if (op->kind == FCI_RULE_SKIP
          && (op->axis >= dims->rank || !fci_size_add (dims->n[op->axis], op->n_skipped, &dims->n[op->axis])))
        {
          fci_rule_fail_ops (run, item, dims);
          return false;
        }
    }
  return true;
}

static bool
fail_differing (fci_rule_run *run, const fmtconv_tensor *a, const fmtconv_tensor *b)
{
  fci_tensor_dims x, y;
  fci_dims_buffer tx, ty;
  fci_dims_of (a, &x);
  fci_dims_of (b, &y);
  fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' is %s%s, '%s' is %s%s: they cannot be fused", a->name,
                        fmtconv_dtype_get (a->dtype)->name, fci_dims_text (&x, tx), b->name,
                        fmtconv_dtype_get (b->dtype)->name, fci_dims_text (&y, ty));
  return false;
}

bool
fci_rule_has_axis (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *dims)
{
  fci_dims_buffer text;
  if (item->rule->declared->axis < dims->rank)
    return true;
  fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, and no axis %u to cut",
                        fci_rule_item_tensor (run, item, 0)->name, fci_dims_text (dims, text),
                        item->rule->declared->axis);
  return false;
}

/* Returns the axis of a tensor of the input along which the rule joins: in reverse, that of before the operations. */
unsigned
fci_rule_joins_along (const fci_rule_run *run, const fci_rule *rule, unsigned rank)
{
  unsigned axis = rule->declared->axis;
  for (unsigned o = 0; run->table.reverse && o < rule->n_ops; o++)
    for (unsigned i = 0; rule->op[o].kind == FCI_RULE_PERMUTE && i < rank; i++)
      if (rule->op[o].axes[i] == axis)
        {
          axis = i;
          break;
        }
  return axis;
}

/* Returns whether a tensor has the shape of the first; with .parts, apart from the axis along which they are joined,
 * whose sizes are added up. */
static bool
fits_beside (const fci_rule_run *run, const fci_rule *rule, const fci_tensor_dims *first,
             const fci_tensor_dims *other, uint64_t *sum)
{
  fci_tensor_dims same = *other;
  if (!rule->part)
    return fci_dims_equal (first, other);
  const unsigned axis = fci_rule_joins_along (run, rule, first->rank);
  if (other->rank != first->rank || axis >= first->rank || !fci_size_add (*sum, other->n[axis], sum))
    return false;
  same.n[axis] = first->n[axis];
  return fci_dims_equal (first, &same);
}

/* Computes the dimensions of the fused tensors. Returns false on a problem. */
bool
fci_rule_item_joined (fci_rule_run *run, const fci_element_bytes *item, fci_tensor_dims *dims)
{
  const fci_rule *rule = item->rule;
  const fmtconv_tensor *first = fci_rule_item_tensor (run, item, 0);
  uint64_t sum = 0;
  fci_dims_of (first, dims);
  for (unsigned k = 0; k < rule->n_join; k++)
    {
      const fmtconv_tensor *tensor = fci_rule_item_tensor (run, item, k);
      fci_tensor_dims other;
      fci_dims_of (tensor, &other);
      if (tensor->dtype != first->dtype || !fits_beside (run, rule, dims, &other, &sum))
        return fail_differing (run, first, tensor);
    }
  if (run->table.reverse && !undo_ops (run, item, dims))
    return false;
  if (rule->n_join == rule->n_copies)
    return true;
  if (rule->part)
    {
      dims->n[rule->declared->axis] = sum;
      return true;
    }
  return fci_rule_has_axis (run, item, dims)
         && fci_size_mul (dims->n[rule->declared->axis], rule->n_join / rule->n_copies,
                          &dims->n[rule->declared->axis]);
}

/* Computes, in reverse, the dimensions of the parts that several rules picked. */
static bool
picked (fci_rule_run *run, const fci_element_bytes *item, fci_tensor_dims *whole)
{
  unsigned axis = item->rule->declared->axis, n = 0;
  fci_tensor_dims unit = { 0 };
  for (const fci_element_bytes *part = item; part; part = part->next_pick)
    {
      fci_tensor_dims dims;
      if (!fci_rule_item_joined (run, part, &dims) || !fci_rule_has_axis (run, part, &dims))
        return false;
      uint64_t rows = dims.n[axis];
      dims.n[axis] /= part->rule->n_pick;
      const fmtconv_tensor *a = fci_rule_item_tensor (run, item, 0), *b = fci_rule_item_tensor (run, part, 0);
      if (rows % part->rule->n_pick || (part != item && !fci_dims_equal (&unit, &dims))
          || a->dtype != b->dtype)
        return fail_differing (run, a, b);
      unit = dims;
      n += part->rule->n_pick;
    }
  *whole = unit;
  return n == item->rule->pick_of && fci_size_mul (unit.n[axis], n, &whole->n[axis]);
}

bool
fci_rule_item_whole (fci_rule_run *run, const fci_element_bytes *item, fci_tensor_dims *whole)
{
  bool parts = run->table.reverse && item->rule->leader;
  return parts ? picked (run, item, whole) : fci_rule_item_joined (run, item, whole);
}

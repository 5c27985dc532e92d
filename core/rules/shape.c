/* core/rules/shape.c: shape variables: checks every tensor against its rule and the other tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/size.h"
#include "core/rules/items.h"
#include "core/rules/run.h"
#include "core/rules/shape.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef char shape_text[24 * FMTCONV_MAX_RANK + 4];

static const char *
show (const fci_tensor_dims *dims, shape_text text)
{
  size_t n = (size_t) snprintf (text, 2, "[");
  for (unsigned i = 0; i < dims->rank; i++)
    n += (size_t) snprintf (text + n, sizeof (shape_text) - n, "%s%" PRIu64, i ? "," : "", dims->n[i]);
  snprintf (text + n, sizeof (shape_text) - n, "]");
  return text;
}

static bool
same_dims (const fci_tensor_dims *a, const fci_tensor_dims *b)
{
  return a->rank == b->rank && memcmp (a->n, b->n, a->rank * sizeof *a->n) == 0;
}

/* ---- Unification */
static bool
shape_known (const fci_table *table, const fci_rule_shape *shape, fci_tensor_dims *dims)
{
  dims->rank = shape->rank;
  for (unsigned i = 0; i < shape->rank; i++)
    {
      const fci_rule_dim *dim = &shape->dim[i];
      const fci_var *var = dim->var >= 0 ? &table->var[dim->var] : NULL;
      if (dim->var == FCI_DIM_ANY || (var && !var->bound))
        return false;
      if (!fci_size_mul (dim->times, var ? var->value : 1, &dims->n[i]))
        return false;
    }
  return true;
}

/* Reports a wrong shape, with the expected shape of that rank if its variables are known: "[256,64]
 * (4h,h|4h)"; otherwise as written in the rule. */
static void
fail_shape (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *dims)
{
  shape_text text, other;
  fci_tensor_dims wanted;
  const fci_rule *rule = item->rule;
  const char *name = fci_rule_item_tensor (run, item, 0)->name;
  for (unsigned i = 0; i < rule->n_shapes; i++)
    if (rule->shape[i].rank == dims->rank && shape_known (&run->table, &rule->shape[i], &wanted))
      {
        fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, not %s (%s)", name,
                              show (dims, text), show (&wanted, other), rule->declared->shape);
        return;
      }
  fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, not %s", name, show (dims, text),
                        rule->declared->shape);
}

static void
fail_ops (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *dims)
{
  shape_text text;
  fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, which '%s' does not fit",
                        fci_rule_item_tensor (run, item, 0)->name, show (dims, text),
                        item->rule->declared->ops);
}

/* Binds or checks the variable of a dimension. Returns false if the dimension is impossible. */
static bool
unify_dim (fci_rule_run *run, const fci_element_bytes *item, const fci_rule_dim *dim,
           const fci_tensor_dims *dims, uint64_t n)
{
  shape_text text;
  const char *name = fci_rule_item_tensor (run, item, 0)->name;
  if (dim->var == FCI_DIM_ANY)
    return true;
  if (dim->var == FCI_DIM_NUMBER)
    return n == dim->times;
  fci_var *var = &run->table.var[dim->var];
  if (n % dim->times)
    return false;
  if (!var->bound)
    *var = (fci_var){ .name = var->name, .bound = true, .value = n / dim->times, .tensor = name };
  else if (var->value != n / dim->times)
    fci_rule_run_problem (
        run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s: %.*s would be %" PRIu64 ", but '%s' gives %" PRIu64,
        name, show (dims, text), (int) var->name.len, var->name.at, n / dim->times, var->tensor, var->value);
  return true;
}

/* Checks dimensions against alternative shapes. Returns false if none fits. */
static bool
unify (fci_rule_run *run, const fci_element_bytes *item, const fci_rule_shape *shapes, unsigned n,
       const fci_tensor_dims *dims)
{
  const fci_rule_shape *shape = NULL;
  for (unsigned i = 0; i < n; i++)
    if (shapes[i].rank == dims->rank)
      shape = &shapes[i];
  bool fits = shape || !n;
  for (unsigned d = 0; shape && fits && d < dims->rank; d++)
    fits = unify_dim (run, item, &shape->dim[d], dims, dims->n[d]);
  return fits;
}

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

static bool
apply_op (const fci_table *table, const fci_rule_op *op, const fci_tensor_dims *before,
          fci_tensor_dims *after)
{
  uint64_t a = 0, b = 0;
  *after = *before;
  if (op->kind == FCI_RULE_RESHAPE)
    return shape_known (table, &op->to, after) && elements (before, &a) && elements (after, &b) && a == b;
  if (op->kind != FCI_RULE_PERMUTE)
    return true;
  for (unsigned i = 0; i < op->rank && op->rank == before->rank; i++)
    after->n[i] = before->n[op->axes[i]];
  return op->rank == before->rank;
}

static bool
shapes_by_ops (const fci_table *table, const fci_rule *rule, const fci_tensor_dims *whole,
               fci_tensor_dims *by)
{
  unsigned axis = rule->declared->axis, split = table->reverse ? rule->n_join : rule->n_split;
  by[0] = *whole;
  if ((rule->n_pick || split > 1) && axis >= whole->rank)
    return false;
  if (rule->n_pick)
    {
      if (by[0].n[axis] % rule->pick_of)
        return false;
      by[0].n[axis] = by[0].n[axis] / rule->pick_of * rule->n_pick;
    }
  if (split > 1)
    {
      if (by[0].n[axis] % split)
        return false;
      by[0].n[axis] /= split;
    }
  for (unsigned k = 0; k < rule->n_ops; k++)
    if (!apply_op (table, &rule->op[k], &by[k], &by[k + 1]))
      return false;
  return true;
}

/* ---- The whole tensor of an item */
static void
dims_of (const fmtconv_tensor *tensor, fci_tensor_dims *dims)
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
          if (!unify (run, item, &op->to, 1, dims))
            fail_ops (run, item, dims);
          return false;
        }
      if (op->kind == FCI_RULE_PERMUTE && op->rank != dims->rank)
        {
          fail_ops (run, item, dims);
          return false;
        }
      for (unsigned i = 0; op->kind == FCI_RULE_PERMUTE && i < op->rank; i++)
        dims->n[op->axes[i]] = after.n[i];
    }
  return true;
}

static bool
fail_differing (fci_rule_run *run, const fmtconv_tensor *a, const fmtconv_tensor *b)
{
  fci_tensor_dims x, y;
  shape_text tx, ty;
  dims_of (a, &x);
  dims_of (b, &y);
  fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' is %s%s, '%s' is %s%s: they cannot be fused", a->name,
                        fmtconv_dtype_get (a->dtype)->name, show (&x, tx), b->name,
                        fmtconv_dtype_get (b->dtype)->name, show (&y, ty));
  return false;
}

static bool
has_axis (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *dims)
{
  shape_text text;
  if (item->rule->declared->axis < dims->rank)
    return true;
  fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, and no axis %u to cut",
                        fci_rule_item_tensor (run, item, 0)->name, show (dims, text),
                        item->rule->declared->axis);
  return false;
}

/* Computes the dimensions of the fused tensors. Returns false on a problem. */
static bool
joined (fci_rule_run *run, const fci_element_bytes *item, fci_tensor_dims *dims)
{
  const fci_rule *rule = item->rule;
  const fmtconv_tensor *first = fci_rule_item_tensor (run, item, 0);
  dims_of (first, dims);
  for (unsigned k = 1; k < rule->n_join; k++)
    {
      const fmtconv_tensor *tensor = fci_rule_item_tensor (run, item, k);
      fci_tensor_dims other;
      dims_of (tensor, &other);
      if (!same_dims (dims, &other) || tensor->dtype != first->dtype)
        return fail_differing (run, first, tensor);
    }
  if (run->table.reverse && !undo_ops (run, item, dims))
    return false;
  if (rule->n_join == 1)
    return true;
  return has_axis (run, item, dims)
         && fci_size_mul (dims->n[rule->declared->axis], rule->n_join, &dims->n[rule->declared->axis]);
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
      if (!joined (run, part, &dims) || !has_axis (run, part, &dims))
        return false;
      uint64_t rows = dims.n[axis];
      dims.n[axis] /= part->rule->n_pick;
      const fmtconv_tensor *a = fci_rule_item_tensor (run, item, 0), *b = fci_rule_item_tensor (run, part, 0);
      if (rows % part->rule->n_pick || (part != item && !same_dims (&unit, &dims)) || a->dtype != b->dtype)
        return fail_differing (run, a, b);
      unit = dims;
      n += part->rule->n_pick;
    }
  *whole = unit;
  return n == item->rule->pick_of && fci_size_mul (unit.n[axis], n, &whole->n[axis]);
}

static void
check_split (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *whole)
{
  const fci_rule *rule = item->rule;
  shape_text text;
  bool picks = !run->table.reverse && rule->n_pick;
  uint64_t parts = (picks ? (uint64_t) rule->pick_of : 1) * rule->n_split;
  if (picks && rule->n_split > 1 && rule->n_pick % rule->n_split == 0)
    parts = rule->pick_of;
  if (parts == 1 || !has_axis (run, item, whole))
    return;
  if (whole->n[rule->declared->axis] % parts)
    fci_rule_run_problem (
        run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s: axis %u does not divide into %" PRIu64 " parts",
        fci_rule_item_tensor (run, item, 0)->name, show (whole, text), rule->declared->axis, parts);
}

static void
check_item (fci_rule_run *run, const fci_element_bytes *item)
{
  fci_tensor_dims whole;
  bool parts = run->table.reverse && item->rule->leader;
  if (!(parts ? picked (run, item, &whole) : joined (run, item, &whole)))
    return;
  for (const fci_element_bytes *part = item; part; part = part->next_pick)
    if (!unify (run, part, part->rule->shape, part->rule->n_shapes, &whole))
      fail_shape (run, part, &whole);
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
  bool known =
      run->table.reverse ? shape_known (&run->table, item->rule->shape, &whole) : joined (run, item, &whole);
  return known && shapes_by_ops (&run->table, item->rule, &whole, by);
}

/* Checks, with all variables bound, that the operations fit. */
static void
check_ops (fci_rule_run *run, const fci_element_bytes *item)
{
  const fci_rule *rule = item->rule;
  fci_tensor_dims own, by[FCI_RULE_MAX_OPS + 1];
  if (run->table.reverse ? !fci_rule_hides (rule) : !rule->n_ops)
    return;
  dims_of (fci_rule_item_tensor (run, item, 0), &own);
  if (!fci_rule_item_shapes (run, item, by) || (run->table.reverse && !same_dims (&by[rule->n_ops], &own)))
    fail_ops (run, item, &own);
}

void
fci_rule_run_shapes (fci_rule_run *run)
{
  for (size_t i = 0; i < run->n_items && !run->code; i++)
    if (run->item[i]->rule && !run->item[i]->part)
      check_item (run, run->item[i]);
  if (run->problems[FCI_PROBLEM_SHAPE])
    return;
  for (size_t i = 0; i < run->n_items && !run->code; i++)
    for (const fci_element_bytes *part = run->item[i]; part && part->rule; part = part->next_pick)
      if (!part->part)
        check_ops (run, part);
}

/* core/rules/shape.c: shape variables: checks every tensor against its rule and the other tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/size.h"
#include "core/rules/env.h"
#include "core/rules/index.h"
#include "core/rules/items.h"
#include "core/rules/parts.h"
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

/* Computes a dimension. Returns false if it has no value, or not yet. */
static bool
dim_known (fci_rule_run *run, const fci_rule_dim *dim, uint64_t *n)
{
  const fci_var *var = dim->var >= 0 ? &run->table.var[dim->var] : NULL;
  int64_t value = 0;
  if (dim->var == FCI_DIM_ANY || (var && !var->bound))
    return false;
  if (dim->var != FCI_DIM_EXPR)
    return fci_size_mul (dim->times, var ? var->value : 1, n);
  if (!fci_rule_run_number (run, dim->expr, &value))
    return false;
  *n = (uint64_t) value;
  return value >= 0;
}

static bool
shape_known (fci_rule_run *run, const fci_rule_shape *shape, fci_tensor_dims *dims)
{
  dims->rank = shape->rank;
  for (unsigned i = 0; i < shape->rank; i++)
    if (!dim_known (run, &shape->dim[i], &dims->n[i]))
      return false;
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
    if (rule->shape[i].rank == dims->rank && shape_known (run, &rule->shape[i], &wanted))
      {
        fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, not %s (%s)", name,
                              show (dims, text), show (&wanted, other), rule->declared->shape);
        return;
      }
  fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, not %s%s%s", name, show (dims, text),
                        rule->declared->shape, *run->reason ? ": " : "", run->reason);
}

static void
fail_ops (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *dims)
{
  shape_text text;
  fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, which '%s' does not fit%s%s",
                        fci_rule_item_tensor (run, item, 0)->name, show (dims, text),
                        item->rule->declared->ops, *run->reason ? ": " : "", run->reason);
}

/* Binds the variable of "factor * variable" if it has no value but the factor has. */
static void
bind_by_factor (fci_rule_run *run, const fci_element_bytes *item, const fci_rule_dim *dim, uint64_t n)
{
  int64_t factor = 0;
  fci_var *var = dim->factor ? &run->table.var[dim->factor_of] : NULL;
  if (!var || var->bound || !fci_rule_run_number (run, dim->factor, &factor) || factor < 1
      || n % (uint64_t) factor)
    return;
  var->bound = true;
  var->value = n / (uint64_t) factor;
  var->tensor = fci_rule_item_tensor (run, item, 0)->name;
}

/* Compares an expression whose names have values; the others are compared when all have. */
static bool
unify_expr (fci_rule_run *run, const fci_element_bytes *item, const fci_rule_dim *dim, uint64_t n)
{
  int64_t value = 0;
  bind_by_factor (run, item, dim, n);
  const fci_expr_state state = fci_rule_run_try_number (run, dim->expr, &value);
  if (state == FCI_EXPR_KNOWN || !run->bound)
    *run->reason = 0;
  return (state == FCI_EXPR_OPEN && !run->bound)
         || (state == FCI_EXPR_KNOWN && value >= 0 && (uint64_t) value == n);
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
  if (dim->var == FCI_DIM_EXPR)
    return unify_expr (run, item, dim, n);
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
apply_op (fci_rule_run *run, const fci_rule_op *op, const fci_tensor_dims *before, fci_tensor_dims *after)
{
  uint64_t a = 0, b = 0;
  *after = *before;
  if (op->kind == FCI_RULE_RESHAPE)
    return shape_known (run, &op->to, after) && elements (before, &a) && elements (after, &b) && a == b;
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
    if (!apply_op (run, &rule->op[k], &by[k], &by[k + 1]))
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

/* Returns the axis of a tensor of the input along which the rule joins: in reverse, that of before the operations. */
static unsigned
joins_along (const fci_rule_run *run, const fci_rule *rule, unsigned rank)
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
    return same_dims (first, other);
  const unsigned axis = joins_along (run, rule, first->rank);
  if (other->rank != first->rank || axis >= first->rank || !fci_size_add (*sum, other->n[axis], sum))
    return false;
  same.n[axis] = first->n[axis];
  return same_dims (first, &same);
}

/* Computes the dimensions of the fused tensors. Returns false on a problem. */
static bool
joined (fci_rule_run *run, const fci_element_bytes *item, fci_tensor_dims *dims)
{
  const fci_rule *rule = item->rule;
  const fmtconv_tensor *first = fci_rule_item_tensor (run, item, 0);
  uint64_t sum = 0;
  dims_of (first, dims);
  for (unsigned k = 0; k < rule->n_join; k++)
    {
      const fmtconv_tensor *tensor = fci_rule_item_tensor (run, item, k);
      fci_tensor_dims other;
      dims_of (tensor, &other);
      if (tensor->dtype != first->dtype || !fits_beside (run, rule, dims, &other, &sum))
        return fail_differing (run, first, tensor);
    }
  if (run->table.reverse && !undo_ops (run, item, dims))
    return false;
  if (rule->n_join == 1)
    return true;
  if (rule->part)
    {
      dims->n[rule->declared->axis] = sum;
      return true;
    }
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
  uint64_t parts = (picks ? (uint64_t) rule->pick_of : 1) * (rule->part ? 1 : rule->n_split);
  if (picks && rule->n_split > 1 && rule->n_pick % rule->n_split == 0)
    parts = rule->pick_of;
  if (parts == 1 || !has_axis (run, item, whole))
    return;
  if (whole->n[rule->declared->axis] % parts)
    fci_rule_run_problem (
        run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s: axis %u does not divide into %" PRIu64 " parts",
        fci_rule_item_tensor (run, item, 0)->name, show (whole, text), rule->declared->axis, parts);
}

static bool
whole_of (fci_rule_run *run, const fci_element_bytes *item, fci_tensor_dims *whole)
{
  bool parts = run->table.reverse && item->rule->leader;
  return parts ? picked (run, item, whole) : joined (run, item, whole);
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
  if (!whole_of (run, item, &whole))
    return;
  keep_whole (run, item, &whole);
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
  bool known = run->table.reverse ? shape_known (run, item->rule->shape, &whole) : joined (run, item, &whole);
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
  dims_of (fci_rule_item_tensor (run, item, 0), &own);
  if (!fci_rule_item_shapes (run, item, by) || (run->table.reverse && !same_dims (&by[rule->n_ops], &own)))
    fail_ops (run, item, &own);
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
  shape_text text;
  *run->reason = 0;
  bool fits = axis < whole->rank && fci_rule_parts_sizes (run, rule, size, &sum) && sum == whole->n[axis];
  for (unsigned k = 0; fits && rule->n_join > 1 && k < rule->n_join; k++)
    {
      const fmtconv_tensor *tensor = fci_rule_item_tensor (run, item, k);
      fits = tensor->shape[joins_along (run, rule, tensor->rank)] == size[k];
    }
  if (!fits)
    fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s': axis %u of %s does not have the parts '%.80s'%s%s",
                          fci_rule_item_tensor (run, item, 0)->name, axis, show (whole, text),
                          rule->declared->parts, *run->reason ? ": " : "", run->reason);
}

/* Checks, with all variables bound, what depends on expressions. */
static void
check_exprs (fci_rule_run *run, const fci_element_bytes *item)
{
  const fci_rule *rule = item->rule;
  fci_tensor_dims whole;
  if ((!rule->part && !has_expr (rule)) || !whole_of (run, item, &whole))
    return;
  if (has_expr (rule) && !unify (run, item, rule->shape, rule->n_shapes, &whole))
    fail_shape (run, item, &whole);
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

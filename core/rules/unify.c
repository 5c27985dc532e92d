/* core/rules/unify.c: binds shape variables by the tensors, and compares shapes with what they give.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/size.h"
#include "core/rules/env.h"
#include "core/rules/items.h"
#include "core/rules/unify.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *
fci_dims_text (const fci_tensor_dims *dims, fci_dims_buffer text)
{
  size_t n = (size_t) snprintf (text, 2, "[");
  for (unsigned i = 0; i < dims->rank; i++)
    n += (size_t) snprintf (text + n, sizeof (fci_dims_buffer) - n, "%s%" PRIu64, i ? "," : "", dims->n[i]);
  snprintf (text + n, sizeof (fci_dims_buffer) - n, "]");
  return text;
}

bool
fci_dims_equal (const fci_tensor_dims *a, const fci_tensor_dims *b)
{
  return a->rank == b->rank && memcmp (a->n, b->n, a->rank * sizeof *a->n) == 0;
}

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

bool
fci_rule_shape_known (fci_rule_run *run, const fci_rule_shape *shape, fci_tensor_dims *dims)
{
  dims->rank = shape->rank;
  for (unsigned i = 0; i < shape->rank; i++)
    if (!dim_known (run, &shape->dim[i], &dims->n[i]))
      return false;
  return true;
}

/* Reports a wrong shape, with the expected shape of that rank if its variables are known: "[256,64]
 * (4h,h|4h)"; otherwise as written in the rule. */
void
fci_rule_fail_shape (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *dims)
{
  fci_dims_buffer text, other;
  fci_tensor_dims wanted;
  const fci_rule *rule = item->rule;
  const char *name = fci_rule_item_name (run, item);
  for (unsigned i = 0; i < rule->n_shapes; i++)
    if (rule->shape[i].rank == dims->rank && fci_rule_shape_known (run, &rule->shape[i], &wanted))
      {
        fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, not %s (%s)", name,
                              fci_dims_text (dims, text), fci_dims_text (&wanted, other),
                              rule->declared->shape);
        return;
      }
  fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, not %s%s%s", name,
                        fci_dims_text (dims, text), rule->declared->shape, *run->reason ? ": " : "",
                        run->reason);
}

void
fci_rule_fail_ops (fci_rule_run *run, const fci_element_bytes *item, const fci_tensor_dims *dims)
{
  fci_dims_buffer text;
  fci_rule_run_problem (run, FCI_PROBLEM_SHAPE, "'%s' has the shape %s, which '%s' does not fit%s%s",
                        fci_rule_item_name (run, item), fci_dims_text (dims, text), item->rule->declared->ops,
                        *run->reason ? ": " : "", run->reason);
}

/* Computes an expression that may be missing. Returns false if it has no value, or not yet. */
static bool
number_or (fci_rule_run *run, const fci_expr *expr, int64_t missing, int64_t *n)
{
  *n = missing;
  return !expr || fci_rule_run_number (run, expr, n);
}

/* Binds the variable of "summand + factor * variable" if it has no value but the others have. */
static void
bind_by_factor (fci_rule_run *run, const fci_element_bytes *item, const fci_rule_dim *dim, uint64_t n)
{
  int64_t factor = 0, summand = 0;
  fci_var *var = dim->binds ? &run->table.var[dim->factor_of] : NULL;
  if (!var || var->bound || !number_or (run, dim->factor, 1, &factor)
      || !number_or (run, dim->summand, 0, &summand) || factor < 1 || summand < 0 || (uint64_t) summand > n
      || (n - (uint64_t) summand) % (uint64_t) factor)
    return;
  var->bound = true;
  var->value = (n - (uint64_t) summand) / (uint64_t) factor;
  var->tensor = fci_rule_item_name (run, item);
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
  fci_dims_buffer text;
  const char *name = fci_rule_item_name (run, item);
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
    fci_rule_run_problem (run, FCI_PROBLEM_SHAPE,
                          "'%s' has the shape %s: %.*s would be %" PRIu64 ", but '%s' gives %" PRIu64, name,
                          fci_dims_text (dims, text), (int) var->name.len, var->name.at, n / dim->times,
                          var->tensor, var->value);
  return true;
}

/* Checks dimensions against alternative shapes. Returns false if none fits. */
bool
fci_rule_unify (fci_rule_run *run, const fci_element_bytes *item, const fci_rule_shape *shapes, unsigned n,
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

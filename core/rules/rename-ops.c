/* core/rules/rename-ops.c: what rules do with single weights beyond moving rows, on values and on the factors of products.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A product B A, [rows, rank] times [rank, columns], keeps its factors while its last axis stays the last one: what
 * happens to the axes before it happens to those of B.  Rows and columns of a matrix are exchanged by (B A)^T = A^T B^T. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/rules/emit.h"
#include "core/rules/rename.h"
#include "core/rules/shape.h"
#include <fmtconv/formats.h>
#include <string.h>

struct fmtconv_weight_ops
{
  size_t n;
  const fci_rule_op *op;     /* without what lies in the memory of the run */
  const fci_tensor_dims *by; /* n + 1 shapes: before and after each */
};

/* Returns whether an operation makes a new first axis of the parts of a fused weight. */
static bool
is_stack (const fci_rename *r, const fci_new_weight *w, const fci_rule_op *op, const fci_tensor_dims *after)
{
  const fmtconv_weight *given = &r->given[w->first];
  return w->rule->n_join > 1 && op->kind == FCI_RULE_RESHAPE && after->rank == given->rank + 1
         && after->n[0] == w->rule->n_join
         && memcmp (after->n + 1, given->shape, given->rank * sizeof *given->shape) == 0;
}

/* Reports that the shape does not fit an operation. */
static void
fail (fci_rename *r, const fci_new_weight *w)
{
  fci_rule_run_problem (&r->run, FCI_PROBLEM_SHAPE, "'%s' does not fit '%s'%s%s", r->given[w->first].name,
                        w->rule->declared->ops, *r->run.reason ? ": " : "", r->run.reason);
}

void
fci_rename_set_ops (fci_rename *r, const fci_new_weight *w, uint64_t rows, fmtconv_new_weight *out)
{
  const fci_rule *rule = w->rule;
  const fmtconv_weight *given = &r->given[w->first];
  out->is_transposed = given->is_module;
  fci_rule_op *ops = rule->n_ops ? fmtconv_ctx_alloc (r->run.ctx, rule->n_ops, sizeof *ops) : NULL;
  fci_tensor_dims *by = ops ? fmtconv_ctx_alloc (r->run.ctx, rule->n_ops + 1, sizeof *by) : NULL;
  fmtconv_weight_ops *made = by ? fmtconv_ctx_alloc (r->run.ctx, 1, sizeof *made) : NULL;
  if (!made)
    return;
  if (!given->rank)
    {
      fail (r, w);
      return;
    }
  by->rank = given->rank;
  memcpy (by->n, given->shape, given->rank * sizeof *by->n);
  by->n[0] = rows;
  for (unsigned k = 0; k < rule->n_ops; k++)
    {
      fci_tensor_dims after;
      ops[made->n] = rule->op[k];
      ops[made->n].size = NULL;
      if (!fci_rule_op_dims (&r->run, &rule->op[k], &by[made->n], &after))
        {
          fail (r, w);
          return;
        }
      if (made->n == 0 && !out->stacked && is_stack (r, w, &rule->op[k], &after))
        {
          out->stacked = rule->n_join;
          by[0] = after;
        }
      else
        by[++made->n] = after;
    }
  made->op = ops;
  made->by = by;
  out->ops = made->n ? made : NULL;
}

fmtconv_view *
fmtconv_weight_change (const fmtconv_new_weight *weight, fmtconv_view *view)
{
  for (size_t k = 0; weight && weight->ops && k < weight->ops->n; k++)
    view = fci_rule_change (view, &weight->ops->op[k], &weight->ops->by[k + 1]);
  return view;
}

/* The factors of a product. */
typedef struct factors
{
  fmtconv_view *a;
  fmtconv_view *b;
  uint64_t rank;
} factors;

/* Gives B the leading axes of the product, and A as many that are 1.  Returns false if the columns change, or if A has axes
 * already, as stacked products have. */
static bool
reshape (factors *f, const fci_tensor_dims *before, const fci_tensor_dims *after)
{
  const unsigned last = after->rank - 1;
  uint64_t shape[FMTCONV_MAX_RANK];
  if (after->rank < 2 || after->n[last] != before->n[before->rank - 1])
    return false;
  for (unsigned i = 0; i + 2 < before->rank; i++)
    if (fmtconv_view_shape (f->a)[i] != 1)
      return false;
  memcpy (shape, after->n, last * sizeof *shape);
  shape[last] = f->rank;
  f->b = fmtconv_view_reshape (f->b, after->rank, shape);
  for (unsigned i = 0; i + 1 < last; i++)
    shape[i] = 1;
  shape[last - 1] = f->rank;
  shape[last] = after->n[last];
  f->a = fmtconv_view_reshape (f->a, after->rank, shape);
  return true;
}

/* Moves the leading axes, or exchanges rows and columns. */
static bool
permute (factors *f, const fci_rule_op *op)
{
  const unsigned last = op->rank - 1;
  if (op->axes[last] == last)
    {
      for (unsigned i = 0; i + 1 < last; i++)
        if (fmtconv_view_shape (f->a)[i] != 1)
          return false;
      f->b = fmtconv_view_permute (f->b, op->axes);
      return true;
    }
  if (op->rank != 2)
    return false;
  fmtconv_view *a = f->a;
  f->a = fmtconv_view_permute (f->b, op->axes);
  f->b = fmtconv_view_permute (a, op->axes);
  return true;
}

/* Changes the factors by one operation.  Returns false if it is not the same on them. */
static bool
change (factors *f, const fci_rule_op *op, const fci_tensor_dims *before, const fci_tensor_dims *after)
{
  switch (op->kind)
    {
    case FCI_RULE_CAST:
      return true; /* of the sum with the weight */
    case FCI_RULE_PERMUTE:
      return permute (f, op);
    case FCI_RULE_RESHAPE:
      return reshape (f, before, after);
    case FCI_RULE_SCALE:
      f->b = fmtconv_view_scale (f->b, op->factor);
      return true;
    case FCI_RULE_ADD: /* to the weight itself */
      return true;
    case FCI_RULE_GATHER:
    case FCI_RULE_TRIM:
    case FCI_RULE_SKIP:
      break;
    }
  return false;
}

int
fmtconv_weight_factors (fmtconv_ctx *ctx, const fmtconv_new_weight *weight, fmtconv_view **a,
                        fmtconv_view **b)
{
  const fmtconv_weight_ops *ops = weight->ops;
  if (fmtconv_ctx_failed (ctx) || !ops || !*a || !*b)
    return fmtconv_ctx_failed (ctx);
  factors f = { .a = *a, .b = *b, .rank = fmtconv_view_shape (*b)[fmtconv_view_rank (*b) - 1] };
  for (size_t k = 0; k < ops->n; k++)
    if (!change (&f, &ops->op[k], &ops->by[k], &ops->by[k + 1]) && !fmtconv_ctx_failed (ctx))
      return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED,
                           "'%s': its rule changes the columns of the weight, which the matrices of a "
                           "product cannot follow",
                           weight->name);
  *a = f.a;
  *b = f.b;
  return fmtconv_ctx_failed (ctx);
}

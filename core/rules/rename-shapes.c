/* core/rules/rename-shapes.c: checks the shapes of single weights, and the sizes of the parts that rules cut and fuse.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/size.h"
#include "core/rules/parts.h"
#include "core/rules/rename.h"
#include "core/rules/unify.h"
#include <inttypes.h>
#include <string.h>

/* Returns the rows of a given weight.  0: not known. */
static uint64_t
rows_of (const fci_rename *r, uint32_t i)
{
  return i == FCI_RULE_NONE || !r->given[i].rank ? 0 : r->given[i].shape[0];
}

uint64_t
fci_rename_part_rows (fci_rename *r, const fci_new_weight *w, unsigned k)
{
  uint64_t size[FCI_MAX_PARTS], sum = 0;
  if (w->from[k] != FCI_RULE_NONE)
    return rows_of (r, w->from[k]);
  if (w->rule->n_join > 1 && w->rule->part)
    return fci_rule_parts_sizes (&r->run, w->rule, size, &sum) ? size[k] : 0;
  for (unsigned other = 0; other < w->rule->n_join; other++)
    if (w->from[other] != FCI_RULE_NONE)
      return rows_of (r, w->from[other]); /* parts are equal */
  return 0;
}

/* Returns the sum of the rows of what a rule fuses.  0: not known yet. */
static uint64_t
sum_of (fci_rename *r, const fci_new_weight *w)
{
  uint64_t sum = 0;
  for (unsigned k = 0; k < w->rule->n_join; k++)
    {
      const uint64_t rows = fci_rename_part_rows (r, w, k);
      if (!rows || !fci_size_add (sum, rows, &sum))
        return 0;
    }
  return sum;
}

/* Returns the rows of the whole tensor of a rule: in reverse, that of all picks.  0: not known yet. */
static uint64_t
whole_of (fci_rename *r, const fci_new_weight *w)
{
  const uint64_t sum = sum_of (r, w);
  uint64_t whole = sum;
  if (r->run.table.reverse && w->rule->n_pick
      && !fci_size_mul (sum / w->rule->n_pick, w->rule->pick_of, &whole))
    return 0;
  return whole;
}

static void
fail_shape (fci_rename *r, const fci_new_weight *w, const fci_tensor_dims *dims)
{
  fci_dims_buffer text, other;
  fci_tensor_dims wanted;
  const fci_rule *rule = w->rule;
  for (unsigned i = 0; i < rule->n_shapes; i++)
    if (rule->shape[i].rank == dims->rank && fci_rule_shape_known (&r->run, &rule->shape[i], &wanted))
      {
        fci_rule_run_problem (&r->run, FCI_PROBLEM_SHAPE, "'%s': its matrices give the shape %s, not %s (%s)",
                              r->given[w->first].name, fci_dims_text (dims, text),
                              fci_dims_text (&wanted, other), rule->declared->shape);
        return;
      }
  fci_rule_run_problem (&r->run, FCI_PROBLEM_SHAPE, "'%s': its matrices give the shape %s, not %s",
                        r->given[w->first].name, fci_dims_text (dims, text), rule->declared->shape);
}

/* Checks one new weight.  Of a whole that is not known, the rows are not compared. */
static void
check (fci_rename *r, const fci_new_weight *w)
{
  const fmtconv_weight *given = &r->given[w->first];
  const fci_element_bytes item = { .first = w->first };
  fci_tensor_dims dims = { .rank = given->rank };
  fci_rule_shape shape[1];
  unsigned found = w->rule->n_shapes;
  if (!given->rank || !w->rule->n_shapes)
    return;
  memcpy (dims.n, given->shape, given->rank * sizeof *dims.n);
  dims.n[0] = whole_of (r, w);
  for (unsigned i = 0; i < w->rule->n_shapes; i++)
    if (w->rule->shape[i].rank == given->rank)
      found = i;
  const bool fits = found < w->rule->n_shapes;
  if (fits)
    *shape = w->rule->shape[found];
  if (fits && !dims.n[0])
    shape->dim[0] = (fci_rule_dim){ .var = FCI_DIM_ANY };
  if (!fits || !fci_rule_unify (&r->run, &item, shape, 1, &dims))
    fail_shape (r, w, &dims);
}

/* Checks that the parts that a weight is fused from have the sizes that the rule says, and equal columns. */
static void
check_parts (fci_rename *r, const fci_new_weight *w)
{
  uint64_t size[FCI_MAX_PARTS], sum = 0;
  const fmtconv_weight *first = &r->given[w->first];
  const bool sized = w->rule->n_join > 1 && w->rule->part && first->rank;
  if (sized && !fci_rule_parts_sizes (&r->run, w->rule, size, &sum))
    {
      fci_rule_run_problem (&r->run, FCI_PROBLEM_SHAPE, "'%s': %s", first->name, r->run.reason);
      return;
    }
  for (unsigned k = 0; k < w->rule->n_join; k++)
    {
      const fmtconv_weight *one = w->from[k] == FCI_RULE_NONE ? NULL : &r->given[w->from[k]];
      if (!one)
        continue;
      const uint64_t wanted = sized ? size[k] : rows_of (r, w->first);
      if (one->rank != first->rank || rows_of (r, w->from[k]) != wanted
          || (one->rank > 1
              && memcmp (one->shape + 1, first->shape + 1, (one->rank - 1) * sizeof *one->shape) != 0))
        fci_rule_run_problem (&r->run, FCI_PROBLEM_SHAPE,
                              "'%s' has %" PRIu64 " rows, and as part of what is fused it needs %" PRIu64
                              ", with the columns of '%s'",
                              one->name, rows_of (r, w->from[k]), wanted, first->name);
    }
}

void
fci_rename_shapes (fci_rename *r)
{
  /* The second time, expressions have the values that tensors give.  Others stay open: the model is not there. */
  for (unsigned pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < r->n && !r->run.code && !r->run.problems[FCI_PROBLEM_SHAPE]; i++)
      for (const fci_new_weight *w = r->made[i]; w; w = w->next_pick)
        check (r, w);
  for (size_t i = 0; i < r->n && !r->run.code && !r->run.problems[FCI_PROBLEM_SHAPE]; i++)
    for (const fci_new_weight *w = r->made[i]; w; w = w->next_pick)
      check_parts (r, w);
}

/* core/rules/gather.c: the rule operation that puts the indices of an axis in another order.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/rules/gather.h"
#include "core/view/view.h"
#include <ctype.h>

enum
{
  MAX_INDICES = 1 << 16,
  MAX_INDEX = 1 << 24
};

/* Parses a number up to MAX_INDEX. */
static bool
take_index (const char **s, uint64_t *n)
{
  const char *start = *s;
  for (*n = 0; isdigit ((unsigned char) **s) && *n <= MAX_INDEX; ++*s)
    *n = *n * 10 + (uint64_t) (**s - '0');
  return *s > start && *n <= MAX_INDEX;
}

/* Parses "3,0-2" and counts the indices, which are stored in `to` unless it is NULL. */
static bool
take_list (const char *s, uint64_t *to, size_t *n)
{
  for (*n = 0;; s++)
    {
      uint64_t first, last;
      if (!take_index (&s, &first))
        return false;
      last = first;
      if (*s == '-' && (s++, !take_index (&s, &last) || last < first))
        return false;
      if (last - first >= MAX_INDICES || *n + (size_t) (last - first) >= MAX_INDICES)
        return false;
      for (uint64_t i = first; i <= last; i++, ++*n)
        if (to)
          to[*n] = i;
      if (*s != ',')
        return !*s;
    }
}

bool
fci_rule_gather_parse (fci_table *table, fci_rule_op *op, const char *s)
{
  uint64_t axis;
  op->kind = FCI_RULE_GATHER;
  if (!take_index (&s, &axis) || axis >= FMTCONV_MAX_RANK || *s++ != ':')
    return false;
  s += *s == ' ';
  if (!take_list (s, NULL, &op->n_indices))
    return false;
  op->axis = (unsigned) axis;
  op->indices = fci_table_alloc (table, op->n_indices, sizeof *op->indices);
  return op->indices && take_list (s, op->indices, &op->n_indices);
}

bool
fci_rule_gather_is_permutation (const fci_rule_op *op)
{
  uint8_t seen[MAX_INDICES / 8] = { 0 };
  for (size_t i = 0; i < op->n_indices; i++)
    {
      const uint64_t index = op->indices[i];
      if (index >= op->n_indices || seen[index / 8] >> index % 8 & 1)
        return false;
      seen[index / 8] |= (uint8_t) (1u << index % 8);
    }
  return true;
}

bool
fci_rule_gather_dims (const fci_rule_op *op, fci_tensor_dims *dims)
{
  for (size_t i = 0; i < op->n_indices; i++)
    if (op->axis >= dims->rank || op->indices[i] >= dims->n[op->axis])
      return false;
  dims->n[op->axis] = op->n_indices;
  return true;
}

fmtconv_view *
fci_rule_ungather (fmtconv_view *view, const fci_rule_op *op)
{
  uint64_t *back = view ? fmtconv_ctx_alloc (view->ctx, op->n_indices, sizeof *back) : NULL;
  if (!back)
    return NULL;
  for (size_t i = 0; i < op->n_indices; i++)
    back[op->indices[i]] = i;
  return fmtconv_view_gather (view, op->axis, op->n_indices, back);
}

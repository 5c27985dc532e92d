/* core/view/order.c: an order of operations on elements, in which only equal operations are equal.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/view/order.h"
#include "core/view/view.h"
#include <string.h>

static int
order (uint64_t a, uint64_t b)
{
  return (a > b) - (a < b);
}

int
fci_factor_order (const fci_factor *a, const fci_factor *b)
{
  int r = order ((uintptr_t) a->source, (uintptr_t) b->source);
  r = r ? r : order (a->step, b->step);
  r = r ? r : order (a->dtype, b->dtype);
  return r ? r : fci_ops_order (a->ops, b->ops);
}

int
fci_product_order (const fci_product *a, const fci_product *b)
{
  int r = order (a->rank, b->rank);
  for (unsigned i = 0; i < FCI_FACTORS && a != b && !r; i++)
    r = fci_factor_order (&a->factor[i], &b->factor[i]);
  return r;
}

static int
compare_text (const char *a, const char *b)
{
  return a && b ? strcmp (a, b) : (a != NULL) - (b != NULL);
}

static int
compare_op (const fci_op *a, const fci_op *b)
{
  int r = order (a->kind, b->kind);
  r = r ? r : order (a->tracks, b->tracks);
  r = r ? r : order (a->dtype, b->dtype);
  r = r ? r : (a->factor > b->factor) - (a->factor < b->factor);
  r = r ? r : order ((uintptr_t) a->importance, (uintptr_t) b->importance);
  r = r ? r : order (a->findings, b->findings);
  r = r ? r : order ((uint64_t) a->severity, (uint64_t) b->severity);
  r = r ? r : compare_text (a->hint, b->hint);
  if (!r && a->by)
    r = fci_factor_order (a->by, b->by);
  return r || !a->product ? r : fci_product_order (a->product, b->product);
}

int
fci_ops_order (const fci_op *a, const fci_op *b)
{
  for (; a != b; a = a->before, b = b->before)
    {
      int r = a && b ? compare_op (a, b) : (a != NULL) - (b != NULL);
      if (r)
        return r;
    }
  return 0;
}

static bool
same_text (const char *a, const char *b)
{
  return a == b || (a && b && strcmp (a, b) == 0);
}

bool
fci_op_equal (const fci_op *a, const fci_op *b)
{
  if (a->kind != b->kind)
    return false;
  switch (a->kind)
    {
    case FCI_OP_BYTESWAP:
      return true;
    case FCI_OP_CAST:
      return a->dtype == b->dtype;
    case FCI_OP_SCALE:
    case FCI_OP_ADD_SCALAR:
      return a->factor == b->factor;
    case FCI_OP_WATCH:
      return a->findings == b->findings && a->severity == b->severity && same_text (a->hint, b->hint);
    case FCI_OP_QUANTIZE:
      return a->dtype == b->dtype && a->importance == b->importance;
    case FCI_OP_LOWRANK:
      return a->factor == b->factor && fci_product_order (a->product, b->product) == 0;
    case FCI_OP_MULTIPLY:
    case FCI_OP_DIVIDE:
      return fci_factor_order (a->by, b->by) == 0;
    case FCI_OP_ADD:
      return a->factor == b->factor && fci_factor_order (a->by, b->by) == 0;
    }
  return false;
}

bool
fci_ops_equal (const fci_op *a, const fci_op *b)
{
  while (a != b)
    {
      if (!a || !b || !fci_op_equal (a, b))
        return false;
      a = a->before;
      b = b->before;
    }
  return true;
}

/* core/view/order.c: an order of operations on elements, in which only equal ones are equal.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/view/build.h"
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

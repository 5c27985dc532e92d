/* core/view/absmax.c: the largest absolute values of a view's blocks, which the executor measures. They are
 * elements of a source without bytes; a requirement says which view to measure, and every derived view
 * carries it to the plan.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/base/state.h"
#include "core/source/source.h"
#include "core/view/absmax.h"
#include "core/view/build.h"
#include "core/view/equal.h"
#include "core/view/ops.h"
#include "core/view/require-equal.h"
#include <math.h>
#include <string.h>

uint64_t
fci_measure_extent (const fci_requirement *measured, unsigned axis)
{
  const uint64_t extent = measured->wanted->shape[axis], block = measured->measure->block[axis];
  return extent / block + (extent % block != 0);
}

uint64_t
fci_measure_blocks (const fci_requirement *measured)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < measured->wanted->rank; i++)
    n *= fci_measure_extent (measured, i);
  return n;
}

/* The part of a measurement that a map can look up by its bytes. */
typedef struct key
{
  uint64_t block[FMTCONV_MAX_RANK];
  uint64_t offset;
  uint32_t source; /* its number */
  uint32_t rank;
  uint32_t n_boxes;
  float divisor;
} key;

/* A requirement, and further requirements with the same key. */
typedef struct known
{
  fci_requirement *measured;
  struct known *next;
} known;

static bool
depends_on_measures (fmtconv_view *view)
{
  for (size_t i = 0; view->requirements && i < view->requirements->n; i++)
    if (view->requirements->item[i]->measure)
      return true;
  return false;
}

static bool
check (fmtconv_view *view, const uint64_t *block, double divisor)
{
  if (!fci_is_floating (view->dtype) && !fci_is_blocks (view->dtype))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "cannot measure the largest absolute value of %s elements",
                    fmtconv_dtype_get (view->dtype)->name);
      return false;
    }
  for (unsigned i = 0; i < view->rank; i++)
    if (!block || block[i] == 0)
      {
        fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "the block size along axis %u is 0", i);
        return false;
      }
  if (!isfinite ((float) divisor) || divisor < 0)
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "%g is not a valid divisor of largest absolute values",
                    divisor);
      return false;
    }
  if (!depends_on_measures (view))
    return true;
  fmtconv_fail_at (view->ctx, FMTCONV_E_UNSUPPORTED,
                   &(fmtconv_where){ .hint = "do the two steps in separate conversions" },
                   "its values depend on other values that must be measured first");
  return false;
}

static key *
key_of (fmtconv_view *wanted, const uint64_t *block, float divisor)
{
  key *k = fci_new (wanted->ctx, key);
  if (!k)
    return NULL;
  *k = (key){ .offset = wanted->boxes[0].offset,
              .source = wanted->boxes[0].source->id,
              .rank = wanted->rank,
              .n_boxes = (uint32_t) wanted->n_boxes,
              .divisor = divisor };
  for (unsigned i = 0; i < wanted->rank; i++)
    k->block[i] = block[i];
  return k;
}

static fci_requirement *
require (fmtconv_view *wanted, const uint64_t *block, float divisor)
{
  fmtconv_ctx *ctx = wanted->ctx;
  fci_measure *m = fci_new (ctx, fci_measure);
  fci_requirement *required = fci_requirement_new (ctx, wanted);
  uint64_t *kept = fmtconv_ctx_alloc (ctx, wanted->rank, sizeof *kept);
  if (!m || !required || !kept)
    return NULL;
  for (unsigned i = 0; i < wanted->rank; i++)
    kept[i] = block[i];
  *m = (fci_measure){ .block = kept, .divisor = divisor };
  required->measure = m;
  m->source = fci_source_memory (ctx, NULL, fci_measure_blocks (required) * sizeof (float),
                                 divisor > 0 ? "measured scales" : "measured");
  return m->source ? required : NULL;
}

/* Measuring requirements, by their key. */
typedef struct measures
{
  fci_map *map;
} measures;

static const fci_state_key measures_key = { "view/absmax.c", sizeof (measures) };

/* Returns the map of measurements. NULL: an error (recorded). */
static fci_map *
measured_of (fmtconv_ctx *ctx)
{
  measures *all = fci_state (ctx, &measures_key);
  if (all && !all->map)
    all->map = fci_map_new (ctx);
  return all ? all->map : NULL;
}

/* Returns the measurement of an equal view, existing or new. NULL: an error (recorded). */
static fci_requirement *
find (fmtconv_view *wanted, const uint64_t *block, float divisor)
{
  fmtconv_ctx *ctx = wanted->ctx;
  key *k = key_of (wanted, block, divisor);
  known *new = fci_new (ctx, known);
  uintptr_t found = 0;
  fci_map *all = measured_of (ctx);
  if (!k || !new || !all)
    return NULL;
  fci_map_get (all, k, sizeof *k, &found);
  for (known *old = (known *) found; old; old = old->next)
    if (fci_view_equal (old->measured->wanted, wanted))
      return old->measured;
  *new = (known){ .measured = require (wanted, block, divisor), .next = (known *) found };
  return new->measured &&fci_map_set (all, k, sizeof *k, (uintptr_t) new) ? new->measured : NULL;
}

/* Returns a leaf of the measured values, with the origins of the measured view. */
static fmtconv_view *
leaf_of (fmtconv_view *wanted, fci_requirement *measured)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < wanted->rank; i++)
    shape[i] = fci_measure_extent (measured, i);
  fmtconv_view *leaf =
      fmtconv_view_leaf (measured->measure->source, 0, FMTCONV_F32, wanted->rank, shape, NULL);
  if (!leaf)
    return NULL;
  fci_view_head head = fci_view_head_of (leaf);
  if (!fci_view_head_use (&head, wanted) || (leaf->n_boxes && !fci_view_require (&head, measured)))
    return NULL;
  return fci_view_with_head (&head, leaf);
}

fmtconv_view *
fmtconv_view_absmax (fmtconv_view *view, const uint64_t *block, double divisor)
{
  if (!view || fmtconv_ctx_failed (view->ctx) || !check (view, block, divisor))
    return NULL;
  fmtconv_view *wanted = fmtconv_view_cast (view, FMTCONV_F32);
  if (!wanted)
    return NULL;
  fci_requirement *measured =
      wanted->n_boxes ? find (wanted, block, (float) divisor) : require (wanted, block, (float) divisor);
  return measured ? leaf_of (wanted, measured) : NULL;
}

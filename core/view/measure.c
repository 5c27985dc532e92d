/* core/view/measure.c: values that the executor measures before it writes. They are elements of a source
 * without bytes; a requirement says what to measure, and every derived view carries it to the plan.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/base/state.h"
#include "core/source/source.h"
#include "core/view/build.h"
#include "core/view/equal.h"
#include "core/view/measure.h"
#include "core/view/require-equal.h"

/* The part of a measurement that a map can look up by its bytes. */
typedef struct key
{
  uint64_t block[FMTCONV_MAX_RANK];
  uint64_t offset;
  double fraction;
  uint32_t source; /* its number */
  uint32_t rank;
  uint32_t n_boxes;
  uint32_t kind;
  float divisor;
  uint32_t zero; /* no padding */
} key;

/* A requirement, and further requirements with the same key. */
typedef struct known
{
  fci_requirement *measured;
  struct known *next;
} known;

/* What is wanted. */
typedef struct measurement
{
  fmtconv_view *wanted;
  fmtconv_view *other;
  const fci_measure *like;
  uint64_t values;
  const char *name;
} measurement;

bool
fci_view_is_measured (fmtconv_view *view)
{
  for (size_t i = 0; view->requirements && i < view->requirements->n; i++)
    if (view->requirements->item[i]->measure
        && view->requirements->item[i]->measure->kind <= FCI_MEASURE_SLERP)
      {
        fmtconv_fail_at (view->ctx, FMTCONV_E_UNSUPPORTED,
                         &(fmtconv_where){ .hint = "do the two steps in separate conversions" },
                         "its values depend on other values that must be measured first");
        return true;
      }
  return false;
}

static key *
key_of (const measurement *m)
{
  fmtconv_view *wanted = m->wanted;
  key *k = fci_new (wanted->ctx, key);
  if (!k)
    return NULL;
  *k = (key){ .offset = wanted->boxes[0].offset,
              .fraction = m->like->fraction,
              .source = wanted->boxes[0].source->id,
              .rank = wanted->rank,
              .n_boxes = (uint32_t) wanted->n_boxes,
              .kind = m->like->kind,
              .divisor = m->like->divisor };
  for (unsigned i = 0; m->like->block && i < wanted->rank; i++)
    k->block[i] = m->like->block[i];
  return k;
}

static fci_requirement *
require (const measurement *m)
{
  fmtconv_ctx *ctx = m->wanted->ctx;
  const unsigned rank = m->wanted->rank;
  fci_measure *made = fci_new (ctx, fci_measure);
  fci_requirement *required = fci_requirement_new (ctx, m->wanted);
  uint64_t *block = m->like->block ? fmtconv_ctx_alloc (ctx, rank, sizeof *block) : NULL;
  if (!made || !required || (m->like->block && !block))
    return NULL;
  for (unsigned i = 0; block && i < rank; i++)
    block[i] = m->like->block[i];
  *made = *m->like;
  made->block = block;
  made->source = fci_source_memory (ctx, NULL, m->values * sizeof (float), m->name);
  required->other = m->other;
  required->measure = made;
  return made->source ? required : NULL;
}

/* Measuring requirements, by their key. */
typedef struct measures
{
  fci_map *map;
} measures;

static const fci_state_key measures_key = { "view/measure.c", sizeof (measures) };

/* Returns the map of measurements. NULL: an error (recorded). */
static fci_map *
measured_of (fmtconv_ctx *ctx)
{
  measures *all = fci_state (ctx, &measures_key);
  if (all && !all->map)
    all->map = fci_map_new (ctx);
  return all ? all->map : NULL;
}

static bool
is_same (const fci_requirement *measured, const measurement *m)
{
  return fci_view_equal (measured->wanted, m->wanted) && !measured->other == !m->other
         && (!m->other || fci_view_equal (measured->other, m->other));
}

/* Returns the measurement of equal views, existing or new. NULL: an error (recorded). */
static fci_requirement *
find (const measurement *m)
{
  fmtconv_ctx *ctx = m->wanted->ctx;
  key *k = key_of (m);
  known *new = fci_new (ctx, known);
  uintptr_t found = 0;
  fci_map *all = measured_of (ctx);
  if (!k || !new || !all)
    return NULL;
  fci_map_get (all, k, sizeof *k, &found);
  for (known *old = (known *) found; old; old = old->next)
    if (is_same (old->measured, m))
      return old->measured;
  *new = (known){ .measured = require (m), .next = (known *) found };
  return new->measured &&fci_map_set (all, k, sizeof *k, (uintptr_t) new) ? new->measured : NULL;
}

fmtconv_view *
fci_view_measured (fmtconv_view *wanted, fmtconv_view *other, const fci_measure *like, unsigned rank,
                   const uint64_t *shape, const char *name)
{
  measurement m = { .wanted = wanted, .other = other, .like = like, .values = 1, .name = name };
  for (unsigned i = 0; i < rank; i++)
    m.values *= shape[i];
  fci_requirement *measured = wanted->n_boxes ? find (&m) : require (&m);
  fmtconv_view *leaf =
      measured ? fmtconv_view_leaf (measured->measure->source, 0, FMTCONV_F32, rank, shape, NULL) : NULL;
  if (!leaf)
    return NULL;
  fci_view_head head = fci_view_head_of (leaf);
  if (!fci_view_head_use (&head, wanted) || (other && !fci_view_head_use (&head, other))
      || (leaf->n_boxes && !fci_view_require (&head, measured)))
    return NULL;
  return fci_view_with_head (&head, leaf);
}

/* core/plan/require.c: adds the views that are compared or measured before anything is written.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/kernel/slerp.h"
#include "core/plan/box.h"
#include "core/plan/program.h"
#include "core/plan/require.h"
#include "core/plan/run.h"
#include "core/source/decoded.h"
#include "core/view/inspect.h"

enum
{
  KEPT_SHARE = 2 /* share of the memory bound; the rest is for the work */
};

/* Adds the sources from which a codec computes, once. They are read repeatedly, as factors are. */
static bool
note_operands (fci_plan *plan, const fmtconv_source *source)
{
  const fci_decoded *d = fci_source_decoder (source);
  if (fci_map_get (plan->seen, &source->id, sizeof source->id, &(uintptr_t){ 0 }))
    return true;
  for (unsigned i = 0; i < d->n; i++)
    {
      const fci_decoded_operand *o = &d->operand[i];
      const uint32_t *id = &o->source->id;
      uintptr_t before = 0;
      if (!o->source->has_crc)
        continue;
      fci_map_get (plan->factors, id, sizeof *id, &before);
      if (!fci_map_set (plan->factors, id, sizeof *id, before + fci_operand_bytes (o))
          || !fci_plan_note_source (plan, o->source))
        return false;
    }
  return fci_map_add (plan->seen, &source->id, sizeof source->id, 1, NULL);
}

bool
fci_plan_note_source (fci_plan *plan, fmtconv_source *source)
{
  if (fci_source_decoder (source))
    return note_operands (plan, source);
  if (!source->has_crc || fci_map_get (plan->seen, &source->id, sizeof source->id, &(uintptr_t){ 0 }))
    return true;
  fmtconv_source **item = fci_list_add (plan->ctx, &plan->checked, sizeof *item);
  if (!item)
    return false;
  *item = source;
  return fci_map_add (plan->seen, &source->id, sizeof source->id, 1, NULL);
}

/* Returns the rows of one side of a comparison, and adds its bytes and checksums.  NULL: an error was
 * recorded. */
static const fci_rows *
side (fci_plan *plan, const char *name, fmtconv_view *view)
{
  fmtconv_view *stored = fci_view_evaluated (view);
  const fci_rows *rows = stored ? fci_rows_of (plan, name, stored) : NULL;
  for (size_t i = 0; rows && i < view->n_boxes; i++)
    {
      plan->cost.read += fci_box_reads (view, &view->boxes[i]);
      if (!fci_plan_note_source (plan, view->boxes[i].source))
        return NULL;
    }
  return rows;
}

static bool
add_pair (fci_plan *plan, const char *tensor, const fci_requirement *requirement)
{
  const char *name = requirement->tensor ? requirement->tensor : tensor;
  const fci_rows *wanted = side (plan, name, requirement->wanted);
  const fci_rows *other = wanted ? side (plan, name, requirement->other) : NULL;
  fci_pair *pair = other ? fci_list_add (plan->ctx, &plan->pairs, sizeof *pair) : NULL;
  if (!pair)
    return false;
  *pair = (fci_pair){ .wanted = wanted, .other = other, .why = requirement->why };
  plan->cost.compared += fci_view_bytes (requirement->wanted);
  return true;
}

uint64_t
fci_plan_measure_bytes (const fci_requirement *requirement)
{
  const uint64_t n = requirement->wanted->elements, blocks = n / FCI_DOT_BLOCK + (n % FCI_DOT_BLOCK != 0);
  return requirement->measure->source->size
         + (requirement->measure->kind == FCI_MEASURE_SLERP ? blocks * sizeof (fci_dot_sums) : 0);
}

/* Adds the bytes of measured values, which stay in memory until the output is written, and checks their
 * limit. */
static bool
add_kept (fci_plan *plan, const char *tensor, const fci_requirement *requirement)
{
  const uint64_t bound = plan->ctx->options.memory / KEPT_SHARE;
  plan->kept += fci_plan_measure_bytes (requirement);
  if (plan->kept <= bound)
    return true;
  fmtconv_fail_at (plan->ctx, FMTCONV_E_LIMIT,
                   &(fmtconv_where){ .tensor = tensor, .hint = "choose larger blocks, or raise --memory" },
                   "scales up to this tensor take more than %s, half of the memory limit",
                   fci_size_text (plan->ctx, bound));
  return false;
}

/* Returns the rows of a view that is measured, and adds its bytes.  NULL: an error was recorded. */
static const fci_rows *
rows_to_measure (fci_plan *plan, const char *name, fmtconv_view *view)
{
  const fci_rows *rows = fci_rows_of (plan, name, view);
  for (size_t i = 0; rows && i < view->n_boxes; i++)
    plan->cost.measured += fci_box_reads (view, &view->boxes[i]);
  return rows;
}

static bool
add_measured (fci_plan *plan, const char *tensor, const fci_requirement *requirement)
{
  const char *name = requirement->tensor ? requirement->tensor : tensor;
  if (!add_kept (plan, name, requirement))
    return false;
  const fci_rows *rows = rows_to_measure (plan, name, requirement->wanted);
  const fci_rows *other =
      rows && requirement->other ? rows_to_measure (plan, name, requirement->other) : NULL;
  fci_measured *item =
      rows && !requirement->other == !other ? fci_list_add (plan->ctx, &plan->measured, sizeof *item) : NULL;
  if (item)
    *item = (fci_measured){ .rows = rows, .other = other, .requirement = requirement };
  return item != NULL;
}

/* Adds the requirements of a view, each once for all tensors.  measures: adds only measurements. */
static bool
require (fci_plan *plan, const char *tensor, fmtconv_view *view, bool measures)
{
  for (size_t i = 0; view->requirements && i < view->requirements->n; i++)
    {
      const fci_requirement *requirement = view->requirements->item[i];
      const void *key = &requirement->number;
      if ((measures && !requirement->measure)
          || fci_map_get (plan->required, key, sizeof requirement->number, &(uintptr_t){ 0 }))
        continue;
      if (!fci_map_add (plan->required, key, sizeof requirement->number, 1, NULL)
          || !(requirement->measure ? add_measured : add_pair) (plan, tensor, requirement))
        return false;
    }
  return true;
}

bool
fci_plan_require (fci_plan *plan, const char *tensor, fmtconv_view *view)
{
  return require (plan, tensor, view, false);
}

bool
fci_plan_measure (fci_plan *plan, const char *tensor, fmtconv_view *view)
{
  return require (plan, tensor, view, true);
}

/* core/plan/require.c: what must be equal in the inputs, as pairs of views that are read and compared.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/plan/run.h"

/* One side of a comparison, its bytes and checksums accounted for.  NULL: an error was recorded. */
static const fci_rows *
side (fci_plan *plan, const char *name, fmtconv_view *view)
{
  fmtconv_view *stored = fci_view_stored (view);
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
  *pair = (fci_pair){ .wanted = wanted, .other = other };
  plan->cost.compared += fci_view_bytes (requirement->wanted);
  return true;
}

bool
fci_plan_require (fci_plan *plan, const char *tensor, fmtconv_view *view)
{
  for (size_t i = 0; view->requirements && i < view->requirements->n; i++)
    {
      const fci_requirement *requirement = view->requirements->item[i];
      const void *key = &requirement->number;
      if (fci_map_get (plan->required, key, sizeof requirement->number, &(uintptr_t){ 0 }))
        continue;
      if (!fci_map_add (plan->required, key, sizeof requirement->number, 1, NULL)
          || !add_pair (plan, tensor, requirement))
        return false;
    }
  return true;
}

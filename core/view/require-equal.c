/* core/view/require-equal.c: views that must be equal, and the requirements that derived views carry.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/state.h"
#include "core/view/blocks.h"
#include "core/view/build.h"
#include "core/view/equal.h"
#include "core/view/given.h"
#include "core/view/origins.h"
#include "core/view/require-equal.h"
#include <string.h>

const fci_requirements *
fci_requirements_join (fmtconv_ctx *ctx, const fci_requirements *a, const fci_requirements *b)
{
  if (!a || !b || a == b)
    return a ? a : b;
  fci_requirements *both =
      fmtconv_ctx_alloc (ctx, 1, sizeof (fci_requirements) + (a->n + b->n) * sizeof (fci_requirement *));
  if (!both)
    return NULL;
  for (size_t i = 0, j = 0; i < a->n || j < b->n;)
    {
      bool from_a = j == b->n || (i < a->n && a->item[i]->number <= b->item[j]->number);
      fci_requirement *next = from_a ? a->item[i++] : b->item[j++];
      if (both->n == 0 || both->item[both->n - 1] != next)
        both->item[both->n++] = next;
    }
  return both;
}

void
fci_view_name_requirements (fmtconv_view *view, const char *name)
{
  for (size_t i = 0; view->requirements && i < view->requirements->n; i++)
    if (!view->requirements->item[i]->tensor)
      view->requirements->item[i]->tensor = name;
}

static bool
check_form (fmtconv_view *wanted, fmtconv_view *other)
{
  bool same = wanted->dtype == other->dtype && wanted->rank == other->rank;
  for (unsigned i = 0; same && i < wanted->rank; i++)
    same = wanted->shape[i] == other->shape[i];
  if (same)
    return true;
  fmtconv_fail (wanted->ctx, FMTCONV_E_USAGE, "tensors of different data types or shapes cannot be equal");
  return false;
}

/* The number of requirements in a context. */
typedef struct made
{
  uint32_t n;
} made;

static const fci_state_key made_key = { "view/require-equal.c", sizeof (made) };

fci_requirement *
fci_requirement_new (fmtconv_ctx *ctx, fmtconv_view *wanted)
{
  made *all = fci_state (ctx, &made_key);
  fci_requirement *requirement = all ? fci_new (ctx, fci_requirement) : NULL;
  if (requirement)
    *requirement = (fci_requirement){ .number = all->n++, .wanted = wanted };
  return requirement;
}

bool
fci_view_require (fci_view_head *head, fci_requirement *requirement)
{
  fci_requirements *one =
      fmtconv_ctx_alloc (head->ctx, 1, sizeof (fci_requirements) + sizeof (fci_requirement *));
  if (!requirement || !one)
    return false;
  one->n = 1;
  one->item[0] = requirement;
  head->requirements = fci_requirements_join (head->ctx, head->requirements, one);
  return head->requirements != NULL;
}

bool
fci_view_head_use (fci_view_head *head, fmtconv_view *other)
{
  size_t most = other->n_boxes + (other->extra_origins ? other->extra_origins->n : 0);
  fci_extra_origins *origins =
      fmtconv_ctx_alloc (head->ctx, 1, sizeof (fci_extra_origins) + most * sizeof (uint32_t));
  if (!origins)
    return false;
  origins->n = fci_view_origins (other, origins->origin);
  if (origins->n > 0)
    head->extra_origins = fci_extra_origins_join (head->ctx, head->extra_origins, origins);
  head->requirements = fci_requirements_join (head->ctx, head->requirements, other->requirements);
  return !fmtconv_ctx_failed (head->ctx);
}

/* Identical bytes need no comparison. */
static bool
add (fci_view_head *head, fmtconv_view *wanted, fmtconv_view *other)
{
  if (!check_form (wanted, other) || !fci_view_head_use (head, other))
    return false;
  if (fci_view_equal (wanted, other))
    return true;
  fci_requirement *equal = fci_requirement_new (head->ctx, wanted);
  if (equal)
    equal->other = other;
  return fci_view_require (head, equal);
}

fmtconv_view *
fci_view_require_value (fmtconv_view *view, fmtconv_view *wanted, fmtconv_view *other, const char *tensor,
                        const char *why)
{
  fci_requirement *equal =
      view && wanted && other && check_form (wanted, other) ? fci_requirement_new (view->ctx, wanted) : NULL;
  if (!equal)
    return NULL;
  fci_view_head head = fci_view_head_of (view);
  equal->other = other;
  equal->tensor = tensor;
  equal->why = why;
  return fci_view_require (&head, equal) ? fci_view_with_head (&head, view) : NULL;
}

fmtconv_view *
fmtconv_view_require_equal (size_t n, fmtconv_view *const *views)
{
  if (!fci_views_given ("fmtconv_view_require_equal", n, views))
    return NULL;
  fmtconv_view *first = views[0];
  if (n > 1 && first->encoded)
    return fci_view_refuse_bytes (first, "compared before they are computed");
  fci_view_head head = fci_view_head_of (first);
  for (size_t k = 1; k < n; k++)
    if (!add (&head, first, views[k]))
      return NULL;
  if (head.extra_origins == first->extra_origins && head.requirements == first->requirements)
    return first;
  return fci_view_with_head (&head, first);
}

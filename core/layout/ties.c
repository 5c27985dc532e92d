/* core/layout/ties.c: the tensors whose bytes are in a file under another name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/layout/part.h"
#include "core/layout/ties.h"
#include "core/model/freeze.h"
#include "core/model/model.h"
#include "core/view/equal.h"
#include "core/view/origins.h"
#include "core/view/view.h"

typedef struct search
{
  fmtconv_ctx *ctx;
  const fci_layout_part *part;
  uint32_t first;
  uint8_t *state;
  uint8_t tied;
} search;

static uint8_t *
state_of (const search *s, const fmtconv_tensor *t)
{
  return &s->state[fci_model_base (fci_tensor_model (t)) + fci_tensor_index (t) - s->first];
}

/* Returns whether the bytes of a tensor are those of a tensor that a view shows, and all that it shows. */
static bool
has_bytes_of (const search *s, const fmtconv_tensor *t, fmtconv_view *view)
{
  size_t n;
  if (view->elements != t->view->elements)
    return false;
  const uint32_t *numbers = fci_view_origin_numbers (view, &n);
  for (size_t i = 0; numbers && i < n; i++)
    {
      const fmtconv_tensor *shown = fci_origin_tensor (s->ctx, numbers[i]);
      if (shown && (shown == t || fci_view_equal (shown->view, t->view)))
        return true;
    }
  return false;
}

/* Marks the next tensor without a state that has the bytes of a view. */
static void
mark_renamed (const search *s, fmtconv_view *view)
{
  FCI_FOREACH_LEAF (leaf, s->part->model)
    FMTCONV_FOREACH (t, leaf)
      if (!*state_of (s, t) && fmtconv_model_tied (leaf, t) && has_bytes_of (s, t, view))
        {
          *state_of (s, t) |= s->tied;
          return;
        }
}

/* Marks the tensor of a tied region.  Returns 0 or a code. */
static int
mark (const search *s, const fci_region *region)
{
  const fmtconv_tensor *other = NULL;
  FCI_FOREACH_LEAF (leaf, s->part->model)
    {
      const fmtconv_tensor *t = fmtconv_model_find (leaf, region->u.tensor.name);
      if (t && has_bytes_of (s, t, region->u.tensor.view))
        {
          *state_of (s, t) |= s->tied;
          return 0;
        }
      other = t ? t : other;
    }
  if (other)
    return fmtconv_fail_at (s->ctx, FMTCONV_E_INTERNAL, &(fmtconv_where){ .tensor = other->name },
                            "the writer '%s' tied it to a region with other bytes", s->part->writer);
  mark_renamed (s, region->u.tensor.view);
  return fmtconv_ctx_failed (s->ctx);
}

int
fci_layout_find_ties (const fmtconv_layout *layout, const fci_layout_part *part, uint32_t first,
                      uint8_t *state, uint8_t tied)
{
  const search s = { .ctx = layout->ctx, .part = part, .first = first, .state = state, .tied = tied };
  int code = 0;
  for (const fmtconv_file *f = NULL; code == 0 && (f = fci_layout_part_next (layout, part, f));)
    for (const fci_region *region = f->n_references ? f->first : NULL; region && code == 0;
         region = region->next)
      if (region->kind == FCI_REGION_TIED)
        code = mark (&s, region);
  return code;
}

/* plugins/torch/scan.c: counts tensors with a bounded, iterative walk over shared and cyclic values.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/tensor.h"
#include "plugins/torch/scan.h"

struct torch_frame
{
  pk_value value;
  uint32_t next; /* index of the next child */
};

/* Marks a value as visited and counts it if it is a tensor.  Returns whether its children must be visited. */
static bool
enter (torch_scan *scan, const pk_value *value)
{
  pk_mark *mark = pk_mark_of (value);
  if (!mark || mark->seen == scan->walk)
    return false;
  mark->seen = scan->walk;
  mark->cyclic = 0;
  mark->holds = pk_is_tensor (value);
  if (!mark->holds)
    return true;
  torch_tensor t;
  bool unreadable = torch_tensor_read (scan->ctx, value->v.object, &t);
  mark->shaped = unreadable || t.rank > 0;
  scan->tensors++;
  scan->bytes += unreadable ? 0 : t.bytes;
  return false;
}

bool
torch_holds (const pk_value *value)
{
  const pk_mark *mark = pk_mark_of (value);
  return mark && (mark->holds || (mark->cyclic && value->kind != PK_OBJECT));
}

bool
torch_holds_shaped (const pk_value *value)
{
  const pk_mark *mark = pk_mark_of (value);
  return mark && mark->shaped;
}

/* Updates the marks of a node from a child.  Objects often point back to their owners, but their contents are
 * never named, so a cycle through an object is harmless. */
static void
inherit (pk_mark *mark, const pk_value *child)
{
  const pk_mark *below = pk_mark_of (child);
  if (!below)
    return;
  mark->holds |= below->holds;
  mark->shaped |= below->shaped;
  mark->direct |= below->shaped && pk_is_tensor (child);
  if (child->kind != PK_OBJECT)
    mark->cyclic |= below->cyclic | below->open;
}

static void
push (struct torch_frame *frames, unsigned depth, const pk_value *value)
{
  frames[depth] = (struct torch_frame){ .value = *value };
  pk_mark_of (value)->open = 1;
}

int
torch_scan_value (torch_scan *scan, const pk_value *value)
{
  if (!scan->frames)
    scan->frames = fmtconv_ctx_alloc (scan->ctx, TORCH_MAX_DEPTH, sizeof *scan->frames);
  if (!scan->frames)
    return FMTCONV_E_NOMEM;
  if (!enter (scan, value))
    return 0;
  push (scan->frames, 0, value);
  for (unsigned depth = 1; depth > 0;)
    {
      struct torch_frame *frame = &scan->frames[depth - 1];
      pk_value child;
      if (!pk_child (&frame->value, frame->next++, &child))
        {
          pk_mark_of (&frame->value)->open = 0;
          if (--depth > 0)
            inherit (pk_mark_of (&scan->frames[depth - 1].value), &frame->value);
        }
      else if (!enter (scan, &child))
        inherit (pk_mark_of (&frame->value), &child);
      else if (depth == TORCH_MAX_DEPTH)
        return fmtconv_fail_at (scan->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = scan->source },
                                "values are nested deeper than %d", TORCH_MAX_DEPTH);
      else
        push (scan->frames, depth++, &child);
    }
  return 0;
}

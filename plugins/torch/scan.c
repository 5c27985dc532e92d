/* plugins/torch/scan.c: counts tensors with a bounded, iterative walk over shared and cyclic values.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/scan.h"
#include <fmtconv/formats.h>
#include <string.h>

struct torch_frame
{
  const fmtconv_value *value;
  torch_mark *mark;
  size_t next; /* index of the next child */
};

torch_mark *
torch_mark_of (const torch_scan *scan, const fmtconv_value *value)
{
  const uint32_t node = fmtconv_value_node (value);
  return node == UINT32_MAX || fmtconv_value_kind (value) == FMTCONV_VALUE_STORAGE ? NULL
                                                                                   : &scan->marks[node];
}

bool
torch_is_container (const fmtconv_value *value)
{
  const unsigned kind = fmtconv_value_kind (value);
  return kind >= FMTCONV_VALUE_TUPLE && kind <= FMTCONV_VALUE_SET;
}

bool
torch_same_text (const fmtconv_value *a, const fmtconv_value *b)
{
  size_t n, m;
  const char *x = fmtconv_value_text (a, &n), *y = fmtconv_value_text (b, &m);
  return fmtconv_value_kind (a) == FMTCONV_VALUE_STRING && fmtconv_value_kind (b) == FMTCONV_VALUE_STRING
         && n == m && !memcmp (x, y, n);
}

bool
torch_is_tensor (const torch_scan *scan, const fmtconv_value *value)
{
  return fmtconv_pickle_tensor (scan->pickle, value, NULL);
}

/* Marks a value as visited and counts it if it is a tensor.  Returns whether its children must be visited. */
static bool
enter (torch_scan *scan, const fmtconv_value *value, torch_mark *mark)
{
  fmtconv_pickled t;
  if (!mark || mark->seen == scan->walk)
    return false;
  mark->seen = scan->walk;
  mark->cyclic = 0;
  mark->holds = fmtconv_pickle_tensor (scan->pickle, value, &t);
  if (!mark->holds)
    return true;
  mark->shaped = !t.dtype || t.rank > 0;
  scan->tensors++;
  scan->bytes += t.bytes;
  return false;
}

bool
torch_holds (const torch_scan *scan, const fmtconv_value *value)
{
  const torch_mark *mark = torch_mark_of (scan, value);
  return mark && (mark->holds || (mark->cyclic && fmtconv_value_kind (value) != FMTCONV_VALUE_OBJECT));
}

bool
torch_holds_shaped (const torch_scan *scan, const fmtconv_value *value)
{
  const torch_mark *mark = torch_mark_of (scan, value);
  return mark && mark->shaped;
}

/* Updates the marks of a node from a child.  Objects often point back to their owners, but their contents are
 * never named, so a cycle through an object is harmless. */
static void
inherit (const torch_scan *scan, torch_mark *mark, const fmtconv_value *child, const torch_mark *below)
{
  if (!below)
    return;
  mark->holds |= below->holds;
  mark->shaped |= below->shaped;
  mark->direct |= below->shaped && torch_is_tensor (scan, child);
  if (fmtconv_value_kind (child) != FMTCONV_VALUE_OBJECT)
    mark->cyclic |= below->cyclic | below->open;
}

/* Returns the i-th item; of pairs, keys and values in turn. */
static const fmtconv_value *
item (const fmtconv_value *value, size_t i)
{
  const fmtconv_value *key = fmtconv_value_key (value, i / 2);
  if (key)
    return i % 2 ? fmtconv_value_at (value, i / 2) : key;
  return fmtconv_value_key (value, 0) ? NULL : fmtconv_value_at (value, i);
}

/* Returns the i-th child of a container or object, which has its arguments, its state, then its items; NULL: it has
 * fewer. */
static const fmtconv_value *
child_of (const fmtconv_value *value, size_t i)
{
  const fmtconv_value *args = fmtconv_value_args (value);
  const size_t n = args ? fmtconv_value_count (args) : 0;
  if (!args)
    return item (value, i);
  return i < n ? fmtconv_value_at (args, i) : i == n ? fmtconv_value_state (value) : item (value, i - n - 1);
}

static void
push (torch_scan *scan, unsigned depth, const fmtconv_value *value, torch_mark *mark)
{
  scan->frames[depth] = (struct torch_frame){ .value = value, .mark = mark };
  mark->open = 1;
}

static int
prepare (torch_scan *scan)
{
  if (!scan->marks)
    scan->marks = fmtconv_scratch_alloc (scan->ctx, (size_t) scan->pickle->nodes + 1, sizeof *scan->marks);
  if (!scan->frames)
    scan->frames = fmtconv_scratch_alloc (scan->ctx, TORCH_MAX_DEPTH, sizeof *scan->frames);
  return scan->marks && scan->frames ? 0 : FMTCONV_E_NOMEM;
}

int
torch_scan_value (torch_scan *scan, const fmtconv_value *value)
{
  if (prepare (scan))
    return FMTCONV_E_NOMEM;
  torch_mark *mark = torch_mark_of (scan, value);
  if (!enter (scan, value, mark))
    return 0;
  push (scan, 0, value, mark);
  for (unsigned depth = 1; depth > 0;)
    {
      struct torch_frame *frame = &scan->frames[depth - 1];
      const fmtconv_value *child = child_of (frame->value, frame->next++);
      mark = child ? torch_mark_of (scan, child) : NULL;
      if (!child)
        {
          frame->mark->open = 0;
          if (--depth > 0)
            inherit (scan, frame[-1].mark, frame->value, frame->mark);
        }
      else if (!enter (scan, child, mark))
        inherit (scan, frame->mark, child, mark);
      else if (depth == TORCH_MAX_DEPTH)
        return fmtconv_fail_at (scan->ctx, FMTCONV_E_LIMIT,
                                &(fmtconv_where){ .source = scan->pickle->source },
                                "values are nested deeper than %d", TORCH_MAX_DEPTH);
      else
        push (scan, depth++, child, mark);
    }
  return fmtconv_ctx_failed (scan->ctx);
}

/* core/pickle/machine.c: stack, marks and memo of the pickle machine, each with its limits.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/pickle/machine.h"
#include <string.h>

void *
fci_pickle_allocate (fci_pickle_machine *m, size_t n, size_t size)
{
  if (m->is_second)
    return fmtconv_scratch_alloc (m->ctx, n, size);
  void *piece = fci_arena_alloc (&m->own, n * size);
  return piece ? piece : fci_nomem (m->ctx);
}

void *
fci_pickle_take (fci_pickle_machine *m, size_t n)
{
  return m->is_second ? fmtconv_scratch_alloc (m->ctx, 1, n) : fci_pickle_memory_take (m->memory, n);
}

void *
fci_pickle_grow (fci_pickle_machine *m, void *array, uint32_t n, uint32_t *cap, size_t size)
{
  if (n < *cap)
    return array;
  const uint32_t capacity = *cap ? *cap * 2 : 4;
  char *more = fci_pickle_allocate (m, capacity, size);
  if (!more)
    return NULL;
  if (n)
    memcpy (more, array, n * size);
  fci_arena_release (&m->own, array, *cap * size);
  *cap = capacity;
  return more;
}

int
fci_pickle_push (fci_pickle_machine *m, fmtconv_value value)
{
  if (m->n >= FCI_PICKLE_MAX_STACK)
    return fci_pickle_refuse (m, FMTCONV_E_LIMIT, "more than %d values on the stack", FCI_PICKLE_MAX_STACK);
  fmtconv_value *stack = fci_pickle_grow (m, m->stack, m->n, &m->cap, sizeof *stack);
  m->stack = stack ? stack : m->stack;
  fci_pickle_start *starts =
      stack ? fci_pickle_grow (m, m->starts, m->n, &m->cap_starts, sizeof *starts) : NULL;
  if (!starts)
    return FMTCONV_E_NOMEM;
  m->starts = starts;
  m->starts[m->n] = m->start;
  m->stack[m->n++] = value;
  return 0;
}

int
fci_pickle_pop (fci_pickle_machine *m, fmtconv_value *value)
{
  if (m->n <= m->floor)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "the stack has too few values");
  *value = m->stack[--m->n];
  m->start = m->starts[m->n];
  return 0;
}

int
fci_pickle_top (fci_pickle_machine *m, fmtconv_value *value)
{
  if (m->n <= m->floor)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "the stack has too few values");
  *value = m->stack[m->n - 1];
  return 0;
}

int
fci_pickle_mark_here (fci_pickle_machine *m)
{
  if (m->n_marks >= FCI_PICKLE_MAX_MARKS)
    return fci_pickle_refuse (m, FMTCONV_E_LIMIT, "more than %d marks", FCI_PICKLE_MAX_MARKS);
  fci_pickle_mark *marks = fci_pickle_grow (m, m->marks, m->n_marks, &m->cap_marks, sizeof *marks);
  if (!marks)
    return FMTCONV_E_NOMEM;
  m->marks = marks;
  m->marks[m->n_marks++] = (fci_pickle_mark){ .n = m->n, .start = m->start };
  m->floor = m->n;
  return 0;
}

int
fci_pickle_pop_mark (fci_pickle_machine *m, const fmtconv_value **values, uint32_t *n, fmtconv_value *under)
{
  if (m->n_marks == 0)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "the stack has no mark");
  const uint32_t start = m->marks[--m->n_marks].n;
  m->start = m->marks[m->n_marks].start;
  *values = m->stack + start;
  *n = m->n - start;
  m->n = start;
  m->floor = m->n_marks ? m->marks[m->n_marks - 1].n : 0;
  return under ? fci_pickle_top (m, under) : 0;
}

/* Notes that others may refer to a value, and takes it out of its fold: many may ask for its parts.  Returns 0 or an error code. */
static int
share (fci_pickle_machine *m, const fmtconv_value *value)
{
  if (fci_pickle_is_container (value))
    value->v.items->is_shared = true;
  if (value->kind != FMTCONV_VALUE_OBJECT && value->kind != FMTCONV_VALUE_STORAGE)
    return 0;
  value->v.object->is_shared = true;
  return fci_pickle_parts_of (value->v.object) ? 0 : fmtconv_ctx_failed (m->ctx);
}

/* In the second run, the value is the one that the first has put there: others refer to it. */
static int
put_again (fci_pickle_machine *m, uint64_t index)
{
  const fmtconv_value *slot = fci_pickle_memory_slot (m->memory, index);
  m->memoized++;
  if (slot)
    m->stack[m->n - 1] = *slot;
  return 0;
}

/* A pickler counts memo slots from 0, so an index is always below the number of opcodes, each of which has a byte.  The
 * check keeps the memo's memory in proportion to the file. */
int
fci_pickle_memo_put (fci_pickle_machine *m, uint64_t index)
{
  fmtconv_value value;
  if (fci_pickle_top (m, &value))
    return FMTCONV_E_FORMAT;
  if (m->is_second)
    return put_again (m, index);
  if (index >= FCI_PICKLE_MAX_MEMO)
    return fci_pickle_refuse (m, FMTCONV_E_LIMIT, "memo number %llu exceeds the limit of %d",
                              (unsigned long long) index, FCI_PICKLE_MAX_MEMO);
  if (index >= m->opcodes)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "memo number %llu after only %u opcodes",
                              (unsigned long long) index, m->opcodes);
  fmtconv_value *slot = fci_pickle_memory_slot (m->memory, index);
  m->memoized += !slot || slot->kind == FMTCONV_VALUE_ABSENT;
  if (!slot)
    return 0;
  *slot = value;
  return share (m, &value);
}

int
fci_pickle_memo_get (fci_pickle_machine *m, uint64_t index)
{
  const fmtconv_value *slot = fci_pickle_memory_slot (m->memory, index);
  if (!slot || slot->kind == FMTCONV_VALUE_ABSENT)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "memo number %llu was never set",
                              (unsigned long long) index);
  return fci_pickle_push (m, *slot);
}

/* core/pickle/machine.c: stack, marks and memo of the pickle machine, each with its limits.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/pickle/machine.h"
#include <string.h>

void *
fci_pickle_allocate (fci_pickle_machine *m, size_t n, size_t size)
{
  void *piece = fci_arena_alloc (&m->own, n * size);
  return piece ? piece : fci_nomem (m->ctx);
}

/* Makes room for one more element after `n` elements of `size` bytes.  Returns the array itself or a copy of twice the
 * capacity; NULL: out of memory. */
static void *
grow (fci_pickle_machine *m, void *array, uint32_t n, uint32_t *cap, size_t size)
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
  fmtconv_value *stack = grow (m, m->stack, m->n, &m->cap, sizeof *stack);
  if (!stack)
    return FMTCONV_E_NOMEM;
  m->stack = stack;
  m->stack[m->n++] = value;
  return 0;
}

int
fci_pickle_pop (fci_pickle_machine *m, fmtconv_value *value)
{
  if (m->n <= m->floor)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "the stack has too few values");
  *value = m->stack[--m->n];
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
  uint32_t *marks = grow (m, m->marks, m->n_marks, &m->cap_marks, sizeof *marks);
  if (!marks)
    return FMTCONV_E_NOMEM;
  m->marks = marks;
  m->marks[m->n_marks++] = m->n;
  m->floor = m->n;
  return 0;
}

int
fci_pickle_pop_mark (fci_pickle_machine *m, const fmtconv_value **values, uint32_t *n, fmtconv_value *under)
{
  if (m->n_marks == 0)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "the stack has no mark");
  uint32_t start = m->marks[--m->n_marks];
  *values = m->stack + start;
  *n = m->n - start;
  m->n = start;
  m->floor = m->n_marks ? m->marks[m->n_marks - 1] : 0;
  return under ? fci_pickle_top (m, under) : 0;
}

/* Returns the number of blocks that slots of a pickle can be in. */
static uint32_t
memo_blocks (const fci_pickle_machine *m)
{
  return (m->size < FCI_PICKLE_MAX_MEMO ? m->size : FCI_PICKLE_MAX_MEMO) / FCI_PICKLE_MEMO_BLOCK + 1;
}

/* Returns a memo slot, which is below the pickle's size, and allocates its block on first use; NULL: out of memory. */
static fmtconv_value *
memo_slot (fci_pickle_machine *m, uint64_t index)
{
  if (!m->memo && !(m->memo = fci_pickle_allocate (m, memo_blocks (m), sizeof *m->memo)))
    return NULL;
  fmtconv_value **block = &m->memo[index / FCI_PICKLE_MEMO_BLOCK];
  if (!*block && !(*block = fci_pickle_allocate (m, FCI_PICKLE_MEMO_BLOCK, sizeof **block)))
    return NULL;
  return *block + index % FCI_PICKLE_MEMO_BLOCK;
}

/* A pickler counts memo slots from 0, so an index is always below the number of opcodes, each of which has a byte.  The
 * check keeps the memo's memory in proportion to the file. */
int
fci_pickle_memo_put (fci_pickle_machine *m, uint64_t index)
{
  fmtconv_value value;
  if (fci_pickle_top (m, &value))
    return FMTCONV_E_FORMAT;
  if (index >= FCI_PICKLE_MAX_MEMO)
    return fci_pickle_refuse (m, FMTCONV_E_LIMIT, "memo number %llu exceeds the limit of %d",
                              (unsigned long long) index, FCI_PICKLE_MAX_MEMO);
  if (index >= m->opcodes)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "memo number %llu after only %u opcodes",
                              (unsigned long long) index, m->opcodes);
  fmtconv_value *slot = memo_slot (m, index);
  if (!slot)
    return FMTCONV_E_NOMEM;
  m->memoized += slot->kind == FMTCONV_VALUE_ABSENT;
  *slot = value;
  return 0;
}

int
fci_pickle_memo_get (fci_pickle_machine *m, uint64_t index)
{
  const bool known = m->memo && index / FCI_PICKLE_MEMO_BLOCK < memo_blocks (m);
  const fmtconv_value *block = known ? m->memo[index / FCI_PICKLE_MEMO_BLOCK] : NULL;
  if (!block || block[index % FCI_PICKLE_MEMO_BLOCK].kind == FMTCONV_VALUE_ABSENT)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "memo number %llu was never set",
                              (unsigned long long) index);
  return fci_pickle_push (m, block[index % FCI_PICKLE_MEMO_BLOCK]);
}

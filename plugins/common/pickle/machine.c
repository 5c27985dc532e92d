/* plugins/common/pickle/machine.c: stack, marks and memo of the pickle machine, each with its limits.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/machine.h"

int
pk_push (pk_machine *m, pk_value value)
{
  if (m->n >= PK_MAX_STACK)
    return pk_refuse (m, FMTCONV_E_LIMIT, "more than %d values on the stack", PK_MAX_STACK);
  pk_value *stack = pk_grow (m->ctx, m->stack, m->n, &m->cap, sizeof *stack);
  if (!stack)
    return FMTCONV_E_NOMEM;
  m->stack = stack;
  m->stack[m->n++] = value;
  return 0;
}

int
pk_pop (pk_machine *m, pk_value *value)
{
  if (m->n <= m->floor)
    return pk_refuse (m, FMTCONV_E_FORMAT, "the stack has too few values");
  *value = m->stack[--m->n];
  return 0;
}

int
pk_top (pk_machine *m, pk_value *value)
{
  if (m->n <= m->floor)
    return pk_refuse (m, FMTCONV_E_FORMAT, "the stack has too few values");
  *value = m->stack[m->n - 1];
  return 0;
}

int
pk_mark_here (pk_machine *m)
{
  if (m->n_marks >= PK_MAX_MARKS)
    return pk_refuse (m, FMTCONV_E_LIMIT, "more than %d marks", PK_MAX_MARKS);
  uint32_t *marks = pk_grow (m->ctx, m->marks, m->n_marks, &m->cap_marks, sizeof *marks);
  if (!marks)
    return FMTCONV_E_NOMEM;
  m->marks = marks;
  m->marks[m->n_marks++] = m->n;
  m->floor = m->n;
  return 0;
}

int
pk_pop_mark (pk_machine *m, const pk_value **values, uint32_t *n, pk_value *under)
{
  if (m->n_marks == 0)
    return pk_refuse (m, FMTCONV_E_FORMAT, "the stack has no mark");
  uint32_t start = m->marks[--m->n_marks];
  *values = m->stack + start;
  *n = m->n - start;
  m->n = start;
  m->floor = m->n_marks ? m->marks[m->n_marks - 1] : 0;
  return under ? pk_top (m, under) : 0;
}

/* Returns the number of blocks that slots of a pickle can be in. */
static uint32_t
memo_blocks (const pk_machine *m)
{
  return (m->size < PK_MAX_MEMO ? m->size : PK_MAX_MEMO) / PK_MEMO_BLOCK + 1;
}

/* Returns a memo slot, which is below the pickle's size, and allocates its block on first use; NULL: out of memory. */
static pk_value *
memo_slot (pk_machine *m, uint64_t index)
{
  if (!m->memo && !(m->memo = fmtconv_ctx_alloc (m->ctx, memo_blocks (m), sizeof *m->memo)))
    return NULL;
  pk_value **block = &m->memo[index / PK_MEMO_BLOCK];
  if (!*block && !(*block = fmtconv_ctx_alloc (m->ctx, PK_MEMO_BLOCK, sizeof **block)))
    return NULL;
  return *block + index % PK_MEMO_BLOCK;
}

/* A pickler counts memo slots from 0, so an index is always below the number of opcodes, each of which has a byte.  The
 * check keeps the memo's memory in proportion to the file. */
int
pk_memo_put (pk_machine *m, uint64_t index)
{
  pk_value value;
  if (pk_top (m, &value))
    return FMTCONV_E_FORMAT;
  if (index >= PK_MAX_MEMO)
    return pk_refuse (m, FMTCONV_E_LIMIT, "memo number %llu exceeds the limit of %d",
                      (unsigned long long) index, PK_MAX_MEMO);
  if (index >= m->opcodes)
    return pk_refuse (m, FMTCONV_E_FORMAT, "memo number %llu after only %u opcodes",
                      (unsigned long long) index, m->opcodes);
  pk_value *slot = memo_slot (m, index);
  if (!slot)
    return FMTCONV_E_NOMEM;
  m->memoized += slot->kind == PK_ABSENT;
  *slot = value;
  return 0;
}

int
pk_memo_get (pk_machine *m, uint64_t index)
{
  const bool known = m->memo && index / PK_MEMO_BLOCK < memo_blocks (m);
  const pk_value *block = known ? m->memo[index / PK_MEMO_BLOCK] : NULL;
  if (!block || block[index % PK_MEMO_BLOCK].kind == PK_ABSENT)
    return pk_refuse (m, FMTCONV_E_FORMAT, "memo number %llu was never set", (unsigned long long) index);
  return pk_push (m, block[index % PK_MEMO_BLOCK]);
}

/* core/pickle/survey.c: finds which slots of a pickle's memo are fetched.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/pickle/machine.h"
#include "core/pickle/memory.h"
#include <string.h>

enum
{
  FIRST = 16, /* words of 64 slots */
  WORD = 64
};

typedef struct survey
{
  fmtconv_ctx *ctx;
  fci_arena *arena;
  uint64_t *put;
  uint64_t *fetched;
  uint32_t n; /* words of each */
  uint32_t slots;
  bool is_repeated;
} survey;

/* Replaces words by a copy with room for `n`.  Returns whether there is memory. */
static bool
widen (const survey *s, uint64_t **words, uint32_t n)
{
  uint64_t *more = fci_arena_alloc (s->arena, n * sizeof *more);
  if (!more)
    return false;
  if (s->n)
    memcpy (more, *words, s->n * sizeof *more);
  fci_arena_release (s->arena, *words, s->n * sizeof *more);
  *words = more;
  return true;
}

/* Makes room for a slot.  Returns whether there is memory. */
static bool
reach (survey *s, uint64_t slot)
{
  uint32_t n = s->n ? s->n : FIRST;
  if (slot / WORD < s->n)
    return true;
  while (slot / WORD >= n)
    n *= 2;
  if (!widen (s, &s->put, n) || !widen (s, &s->fetched, n))
    return false;
  s->n = n;
  return true;
}

/* Notes that a slot is set.  Returns whether there is memory. */
static bool
put (survey *s, uint64_t slot)
{
  const uint64_t bit = UINT64_C (1) << slot % WORD;
  if (!reach (s, slot))
    return false;
  s->is_repeated = s->is_repeated || (s->put[slot / WORD] & bit);
  s->slots += !(s->put[slot / WORD] & bit);
  s->put[slot / WORD] |= bit;
  return true;
}

/* A slot that was not set is an error, which the machine reports. */
static void
fetch (survey *s, uint64_t slot)
{
  if (slot / WORD < s->n)
    s->fetched[slot / WORD] |= s->put[slot / WORD] & UINT64_C (1) << slot % WORD;
}

/* Moves *pos after the argument of an opcode, and stores its number, if it is one.  Returns whether the pickle has it all. */
static bool
skip (const fci_pickle_opcode *op, const uint8_t *bytes, uint32_t size, uint32_t *pos, uint64_t *number)
{
  static const uint8_t widths[] = {
    [FCI_PICKLE_ARG_U1] = 1,      [FCI_PICKLE_ARG_U2] = 2,      [FCI_PICKLE_ARG_U4] = 4,
    [FCI_PICKLE_ARG_U8] = 8,      [FCI_PICKLE_ARG_STRING1] = 1, [FCI_PICKLE_ARG_STRING4] = 4,
    [FCI_PICKLE_ARG_STRING8] = 8, [FCI_PICKLE_ARG_LINES] = 0
  };
  const unsigned width = widths[op->arg];
  if (width > size - *pos)
    return false;
  *number = 0;
  for (unsigned i = width; i-- > 0;)
    *number = *number << 8 | bytes[*pos + i];
  *pos += width;
  for (int line = 0; op->arg == FCI_PICKLE_ARG_LINES && line < 2; line++)
    {
      const uint8_t *end = *pos < size ? memchr (bytes + *pos, '\n', size - *pos) : NULL;
      if (!end)
        return false;
      *pos = (uint32_t) (end - bytes) + 1;
    }
  if (op->arg < FCI_PICKLE_ARG_STRING1 || op->arg == FCI_PICKLE_ARG_LINES)
    return true;
  if (*number > size - *pos)
    return false;
  *pos += (uint32_t) *number;
  return true;
}

/* Looks at the opcodes up to the first that the machine refuses.  Returns whether there is memory. */
static bool
look (survey *s, const uint8_t *bytes, uint32_t size)
{
  uint64_t number;
  for (uint32_t pos = 0, opcodes = 1; pos < size; opcodes++)
    {
      const uint8_t byte = bytes[pos++];
      const fci_pickle_opcode *op = &fci_pickle_opcodes[byte];
      if (byte == '.' || !op->run || opcodes > FCI_PICKLE_MAX_OPCODES
          || !skip (op, bytes, size, &pos, &number))
        return true;
      const uint64_t slot = fci_pickle_is_put (byte) && byte == FCI_PICKLE_MEMOIZE ? s->slots : number;
      if (fci_pickle_is_put (byte) && (slot >= opcodes || slot >= FCI_PICKLE_MAX_MEMO))
        return true;
      if (fci_pickle_is_put (byte) && !put (s, slot))
        return false;
      if (byte == FCI_PICKLE_BINGET || byte == FCI_PICKLE_LONG_BINGET)
        fetch (s, number);
    }
  return true;
}

/* Where a slot is set twice, all that are set count as fetched: then nothing can be folded. */
int
fci_pickle_survey_memo (fmtconv_ctx *ctx, fci_arena *arena, const uint8_t *bytes, uint32_t size,
                        fci_pickle_survey *found)
{
  survey s = { .ctx = ctx, .arena = arena };
  if (!look (&s, bytes, size))
    {
      fci_nomem (ctx);
      return fmtconv_ctx_failed (ctx);
    }
  *found = (fci_pickle_survey){ .fetched = s.is_repeated ? s.put : s.fetched,
                                .n = s.n,
                                .is_repeated = s.is_repeated };
  return 0;
}

uint32_t
fci_pickle_count_puts (const uint8_t *bytes, uint32_t from, uint32_t to)
{
  uint32_t n = 0;
  uint64_t number;
  while (from < to)
    {
      const uint8_t byte = bytes[from++];
      n += fci_pickle_is_put (byte);
      if (!skip (&fci_pickle_opcodes[byte], bytes, to, &from, &number))
        break;
    }
  return n;
}

/* core/pickle/measure.c: finds the end of a pickle that is followed by other data.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/pickle/machine.h"
#include <string.h>

enum
{
  CHUNK = 64 << 10 /* bytes read at once */
};

typedef struct lexer
{
  fmtconv_cursor cursor; /* after the chunk */
  const uint8_t *chunk;
  uint64_t n;
  uint64_t at; /* next byte of the chunk */
} lexer;

static uint64_t
position (const lexer *l)
{
  return l->cursor.pos - (l->n - l->at);
}

/* Returns the next byte; -1: end of file or an error. */
static int
next (lexer *l)
{
  if (l->at == l->n)
    {
      uint64_t left = l->cursor.end - l->cursor.pos;
      l->n = left < CHUNK ? left : CHUNK;
      l->at = 0;
      l->chunk = l->n ? fmtconv_cursor_take (&l->cursor, l->n) : NULL;
      if (!l->chunk)
        {
          l->n = 0;
          return -1;
        }
    }
  return l->chunk[l->at++];
}

static bool
skip (lexer *l, uint64_t n)
{
  uint64_t here = l->n - l->at < n ? l->n - l->at : n;
  l->at += here;
  n -= here;
  if (n > l->cursor.end - l->cursor.pos)
    return false;
  if (n > 0)
    {
      l->cursor.pos += n;
      l->at = l->n = 0;
    }
  return true;
}

/* Skips a length of `bytes` bytes and the string of that length. */
static bool
skip_string (lexer *l, unsigned bytes)
{
  uint64_t length = 0;
  for (unsigned i = 0; i < bytes; i++)
    {
      int byte = next (l);
      if (byte < 0)
        return false;
      length |= (uint64_t) byte << (8 * i);
    }
  return skip (l, length);
}

static bool
skip_lines (lexer *l, unsigned lines)
{
  while (lines > 0)
    {
      int byte = next (l);
      if (byte < 0)
        return false;
      lines -= byte == '\n';
    }
  return true;
}

static bool
skip_argument (lexer *l, const fci_pickle_opcode *op)
{
  static const uint8_t numbers[] = {
    [FCI_PICKLE_ARG_U1] = 1, [FCI_PICKLE_ARG_U2] = 2, [FCI_PICKLE_ARG_U4] = 4, [FCI_PICKLE_ARG_U8] = 8
  };
  static const uint8_t lengths[] = {
    [FCI_PICKLE_ARG_STRING1] = 1, [FCI_PICKLE_ARG_STRING4] = 4, [FCI_PICKLE_ARG_STRING8] = 8
  };
  if (op->arg == FCI_PICKLE_ARG_LINES)
    return skip_lines (l, 2);
  if (op->arg >= FCI_PICKLE_ARG_STRING1)
    return skip_string (l, lengths[op->arg]);
  return skip (l, numbers[op->arg]);
}

/* Errors in the pickle are left to the machine: the result includes the invalid opcode. */
uint64_t
fci_pickle_measure (const fmtconv_cursor *cursor)
{
  lexer l = { .cursor = *cursor };
  const uint64_t start = cursor->pos;
  for (;;)
    {
      int byte = next (&l);
      if (byte < 0)
        return l.cursor.end;
      const fci_pickle_opcode *op = &fci_pickle_opcodes[byte];
      if (byte == '.' || !op->run || position (&l) - start > FCI_PICKLE_MAX_BYTES)
        return position (&l);
      if (!skip_argument (&l, op))
        return l.cursor.end;
    }
}

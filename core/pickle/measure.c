/* core/pickle/measure.c: finds the end of a pickle that is followed by other data.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/base/ctx.h"
#include "core/pickle/machine.h"
#include "core/source/source.h"
#include <string.h>

enum
{
  FIRST = 256,     /* bytes read at first: most pickles of a file of many are small */
  CHUNK = 16 << 10 /* bytes read at once, at most */
};

/* The chunk is not in the arena: a file may have any number of pickles. */
typedef struct lexer
{
  fmtconv_cursor cursor; /* after the chunk */
  uint64_t step;         /* bytes of the next chunk */
  uint64_t n;
  uint64_t at; /* next byte of the chunk */
  uint8_t chunk[CHUNK];
} lexer;

static uint64_t
position (const lexer *l)
{
  return l->cursor.pos - (l->n - l->at);
}

/* Reads the next chunk.  Returns whether there is one. */
static bool
fill (lexer *l)
{
  const uint64_t left = l->cursor.pos < l->cursor.end ? l->cursor.end - l->cursor.pos : 0;
  const uint64_t n = left < l->step ? left : l->step;
  l->n = l->at = 0;
  if (n == 0 || fci_check_cancel (l->cursor.source->ctx)
      || fci_source_load (l->cursor.source, l->cursor.pos, l->chunk, (size_t) n))
    return false;
  l->cursor.pos += n;
  l->n = n;
  l->step = l->step < CHUNK ? l->step * 2 : CHUNK;
  return true;
}

/* Returns the next byte; -1: end of file or an error. */
static int
next (lexer *l)
{
  return l->at < l->n || fill (l) ? l->chunk[l->at++] : -1;
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
  lexer l;
  l.cursor = *cursor;
  l.step = FIRST;
  l.n = l.at = 0;
  const uint64_t size = fmtconv_source_size (cursor->source);
  l.cursor.end = size < cursor->end ? size : cursor->end;
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

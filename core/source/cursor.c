/* core/source/cursor.c: bounded sequential reading of headers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/scratch.h"
#include "core/base/size.h"
#include "core/base/utf8.h"
#include "core/source/disk.h"
#include "core/source/source.h"
#include <inttypes.h>
#include <string.h>

enum
{
  STEP = 1 << 20, /* bytes read between checks for cancellation */
  FEW = 512       /* requests up to this size use the readahead */
};

fmtconv_cursor
fmtconv_cursor_start (fmtconv_source *source)
{
  return (fmtconv_cursor){ .source = source, .pos = 0, .end = fmtconv_source_size (source) };
}

/* Returns whether the next n bytes exist; otherwise records the error. */
static bool
available (const fmtconv_cursor *cursor, uint64_t n)
{
  fmtconv_source *source = cursor->source;
  if (!source || fmtconv_ctx_failed (source->ctx))
    return false;
  uint64_t end = cursor->end < source->size ? cursor->end : source->size;
  if (fci_size_within (cursor->pos, n, end))
    return true;
  const fmtconv_where where = { .source = source, .offset = cursor->pos, .hint = FCI_HINT_TRUNCATED };
  fmtconv_fail_at (source->ctx, FMTCONV_E_FORMAT, &where,
                   "%" PRIu64 " bytes are needed here, but only %" PRIu64 " remain", n,
                   cursor->pos < end ? end - cursor->pos : 0);
  return false;
}

/* Reads a few bytes through the readahead. */
static bool
load_few (const fmtconv_source *source, uint64_t from, uint8_t *to, size_t n)
{
  struct fci_sources *all = source->ctx->sources;
  if (all->ahead_of != source->id || from < all->ahead_start || from + n > all->ahead_start + all->ahead_n)
    {
      uint64_t left = source->size - from;
      all->ahead_of = 0;
      all->ahead_start = from;
      all->ahead_n = left < FCI_CURSOR_READAHEAD ? (size_t) left : FCI_CURSOR_READAHEAD;
      if (fci_check_cancel (source->ctx) != 0
          || fci_source_load (source, from, all->ahead, all->ahead_n) != 0)
        return false;
      all->ahead_of = source->id;
    }
  memcpy (to, all->ahead + (from - all->ahead_start), n);
  return true;
}

static bool
load (const fmtconv_source *source, uint64_t from, uint8_t *to, uint64_t n)
{
  if (n <= FEW)
    return load_few (source, from, to, (size_t) n);
  for (uint64_t done = 0; done < n;)
    {
      size_t step = n - done < STEP ? (size_t) (n - done) : STEP;
      if (fci_check_cancel (source->ctx) != 0 || fci_source_load (source, from + done, to + done, step) != 0)
        return false;
      done += step;
    }
  return true;
}

/* Returns the next n bytes and a NUL in `memory`. */
static const void *
take (fmtconv_cursor *cursor, uint64_t n, fci_arena *memory)
{
  if (!cursor || !available (cursor, n))
    return NULL;
  fmtconv_source *source = cursor->source;
  uint64_t capacity;
  /* Large arena chunks are pages that the system supplies as data arrives. */
  uint8_t *bytes = fci_size_add (n, 1, &capacity) && capacity <= SIZE_MAX
                       ? fci_arena_alloc (memory, (size_t) capacity)
                       : NULL;
  if (!bytes)
    fci_nomem (source->ctx);
  if (!bytes || !load (source, cursor->pos, bytes, n))
    return NULL;
  bytes[n] = 0;
  if (n == source->size && fci_source_check_crc (source, bytes, (size_t) n) != 0)
    return NULL;
  cursor->pos += n;
  return bytes;
}

const void *
fmtconv_cursor_take (fmtconv_cursor *cursor, uint64_t n)
{
  return cursor && cursor->source ? take (cursor, n, &cursor->source->ctx->arena) : NULL;
}

const void *
fci_cursor_take_scratch (fmtconv_cursor *cursor, uint64_t n)
{
  return cursor && cursor->source ? take (cursor, n, fci_scratch_arena (cursor->source->ctx)) : NULL;
}

const void *
fci_cursor_take_in (fmtconv_cursor *cursor, uint64_t n, fci_arena *memory)
{
  return take (cursor, n, memory);
}

/* Returns `text`, the n bytes before the cursor, if they are UTF-8 without NULs; else records that. */
static const char *
check_text (const fmtconv_cursor *cursor, const char *text, uint64_t n)
{
  uint32_t character;
  for (size_t at = 0, step; text && at < n; at += step)
    {
      step = fci_utf8_next (text + at, (size_t) n - at, &character);
      const fmtconv_where where = { .source = cursor->source, .offset = cursor->pos - n + at };
      if (step == 0 || character == 0)
        {
          fmtconv_fail_at (cursor->source->ctx, FMTCONV_E_FORMAT, &where,
                           step ? "the text contains a NUL byte" : "the text is not valid UTF-8");
          return NULL;
        }
    }
  return text;
}

const char *
fmtconv_cursor_take_text (fmtconv_cursor *cursor, uint64_t n)
{
  return check_text (cursor, fmtconv_cursor_take (cursor, n), n);
}

const char *
fmtconv_scratch_text (fmtconv_cursor *cursor, uint64_t n)
{
  return check_text (cursor, fci_cursor_take_scratch (cursor, n), n);
}

void
fmtconv_cursor_take_zeros (fmtconv_cursor *cursor, uint64_t n)
{
  uint8_t piece[FEW];
  if (!cursor || !available (cursor, n))
    return;
  for (uint64_t end = cursor->pos + n; cursor->pos < end;)
    {
      size_t step = end - cursor->pos < sizeof piece ? (size_t) (end - cursor->pos) : sizeof piece, i = 0;
      if (!load (cursor->source, cursor->pos, piece, step))
        return;
      while (i < step && piece[i] == 0)
        i++;
      cursor->pos += i;
      if (i < step)
        {
          const fmtconv_where where = { .source = cursor->source, .offset = cursor->pos };
          fmtconv_fail_at (cursor->source->ctx, FMTCONV_E_FORMAT, &where, "the padding is not zero");
          return;
        }
    }
}

/* Reads 1 to 8 bytes of a number. Returns false on an error. */
static bool
take_number (fmtconv_cursor *cursor, unsigned bytes, uint8_t raw[8])
{
  if (!cursor || !available (cursor, bytes))
    return false;
  if (bytes < 1 || bytes > 8)
    {
      fmtconv_fail (cursor->source->ctx, FMTCONV_E_INTERNAL,
                    "cannot read a number of %u bytes (1 to 8 are possible)", bytes);
      return false;
    }
  if (!load_few (cursor->source, cursor->pos, raw, bytes))
    return false;
  cursor->pos += bytes;
  return true;
}

uint64_t
fmtconv_cursor_take_le (fmtconv_cursor *cursor, unsigned bytes)
{
  uint8_t raw[8];
  uint64_t value = 0;
  if (!take_number (cursor, bytes, raw))
    return 0;
  for (unsigned i = bytes; i-- > 0;)
    value = value << 8 | raw[i];
  return value;
}

uint64_t
fmtconv_cursor_take_be (fmtconv_cursor *cursor, unsigned bytes)
{
  uint8_t raw[8];
  uint64_t value = 0;
  if (!take_number (cursor, bytes, raw))
    return 0;
  for (unsigned i = 0; i < bytes; i++)
    value = value << 8 | raw[i];
  return value;
}

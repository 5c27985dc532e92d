/* core/source/cursor.c: bounded sequential reading of headers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/private.h"
#include <inttypes.h>

enum
{
  STEP = 1 << 20 /* bytes read at a time, between looks at the cancel flag */
};

fmtconv_cursor
fmtconv_cursor_of (fmtconv_source *source)
{
  return (fmtconv_cursor){ .source = source, .pos = 0, .end = fmtconv_size (source) };
}

/* The next n bytes exist, or the error is recorded. */
static bool
available (const fmtconv_cursor *cursor, uint64_t n)
{
  fmtconv_source *source = cursor->source;
  if (!source || fmtconv_failed (source->ctx))
    return false;
  uint64_t end = cursor->end < source->size ? cursor->end : source->size;
  if (fci_within (cursor->pos, n, end))
    return true;
  const fmtconv_where where = { .source = source, .offset = cursor->pos, .hint = FCI_HINT_TRUNCATED };
  fmtconv_fail_at (source->ctx, FMTCONV_E_FORMAT, &where,
                   "%" PRIu64 " bytes are needed here, but only %" PRIu64 " are left", n,
                   cursor->pos < end ? end - cursor->pos : 0);
  return false;
}

static bool
load (const fmtconv_source *source, uint64_t from, uint8_t *to, uint64_t n)
{
  for (uint64_t done = 0; done < n;)
    {
      size_t step = n - done < STEP ? (size_t) (n - done) : STEP;
      if (fci_check_cancel (source->ctx) != 0 || fci_source_load (source, from + done, to + done, step) != 0)
        return false;
      done += step;
    }
  return true;
}

const void *
fmtconv_take (fmtconv_cursor *cursor, uint64_t n)
{
  if (!cursor || !available (cursor, n))
    return NULL;
  fmtconv_source *source = cursor->source;
  uint64_t room;
  /* Large pieces of the arena are pages that the system gives as data arrives in them. */
  uint8_t *bytes = fci_add (n, 1, &room) && room <= SIZE_MAX ? fmtconv_alloc (source->ctx, 1, (size_t) room)
                                                             : fci_nomem (source->ctx);
  if (!bytes || !load (source, cursor->pos, bytes, n))
    return NULL;
  bytes[n] = 0;
  if (n == source->size && fci_source_check_crc (source, bytes, (size_t) n) != 0)
    return NULL;
  cursor->pos += n;
  return bytes;
}

uint64_t
fmtconv_take_le (fmtconv_cursor *cursor, unsigned bytes)
{
  uint8_t raw[8];
  if (!cursor || !available (cursor, bytes))
    return 0;
  if (bytes < 1 || bytes > sizeof raw)
    {
      fmtconv_fail (cursor->source->ctx, FMTCONV_E_INTERNAL, "a number of %u bytes was asked for", bytes);
      return 0;
    }
  if (fci_source_load (cursor->source, cursor->pos, raw, bytes) != 0)
    return 0;
  cursor->pos += bytes;
  uint64_t value = 0;
  for (unsigned i = bytes; i-- > 0;)
    value = value << 8 | raw[i];
  return value;
}

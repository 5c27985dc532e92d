/* core/base/escape.c: escapes text that could move a terminal's cursor, reorder a line or hide characters.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/base/ctx.h"
#include "core/base/sink.h"
#include "core/base/text.h"
#include "core/base/utf8.h"
#include <stdio.h>
#include <string.h>

static const char ellipsis[] = "…";

enum
{
  ELLIPSIS = sizeof ellipsis - 1,
  ESCAPED = 8 /* bytes that hold any character, escaped or not, and a NUL */
};

/* Writes the escaped character at s to `out`; returns its bytes there, *used: bytes read from s. */
static size_t
show (const char *s, size_t left, bool backslash, char out[ESCAPED], size_t *used)
{
  uint32_t c = 0;
  size_t n = fci_utf8_next (s, left, &c);
  *used = n ? n : 1;
  if (n == 0 || c < 0x20 || c == 0x7f)
    return (size_t) snprintf (out, ESCAPED, "\\x%02x", (unsigned char) s[0]);
  if (fci_is_hidden (c))
    return (size_t) snprintf (out, ESCAPED, "\\u%04x", c & 0xffff);
  if (c == '\\' && backslash)
    return (size_t) snprintf (out, ESCAPED, "\\\\");
  memcpy (out, s, n);
  return n;
}

static void
cut (fci_sink *sink)
{
  memcpy (sink->text + sink->len, ellipsis, ELLIPSIS + 1);
  sink->len += ELLIPSIS;
  sink->cut = true;
}

void
fci_sink_put (fci_sink *sink, const char *s, size_t n)
{
  if (sink->cut || n == 0)
    return;
  size_t capacity = sink->size - 1 - ELLIPSIS - sink->len;
  size_t fits = n < capacity ? n : capacity;
  while (fits < n && fits > 0 && ((unsigned char) s[fits] & 0xc0) == 0x80)
    fits--;
  memcpy (sink->text + sink->len, s, fits);
  sink->len += fits;
  sink->text[sink->len] = '\0';
  if (fits < n)
    cut (sink);
}

/* Appends one escaped character, never a part of it. */
static void
put_whole (fci_sink *sink, const char *s, size_t n)
{
  if (!sink->cut && n > sink->size - 1 - ELLIPSIS - sink->len)
    cut (sink);
  fci_sink_put (sink, s, n);
}

static void
escape (fci_sink *sink, const char *s, size_t len, size_t limit, bool backslash)
{
  char out[ESCAPED];
  size_t shown = 0;
  for (size_t i = 0, used; i < len && !sink->cut; i += used)
    {
      size_t n = show (s + i, len - i, backslash, out, &used);
      shown += n;
      if (shown > limit)
        {
          fci_sink_put (sink, ellipsis, ELLIPSIS);
          return;
        }
      put_whole (sink, out, n);
    }
}

void
fci_sink_escape (fci_sink *sink, const char *s, size_t len, size_t limit)
{
  escape (sink, s, len, limit, true);
}

void
fci_sink_trusted (fci_sink *sink, const char *s, size_t len)
{
  escape (sink, s, len, SIZE_MAX, false);
}

char *
fci_escape (fmtconv_ctx *ctx, const char *s, size_t len)
{
  char text[FCI_TEXT_BYTES + 2 * ELLIPSIS + 1] = "";
  fci_sink sink = FCI_SINK (text);
  fci_sink_escape (&sink, s, len, FCI_TEXT_BYTES);
  char *copy = fci_arena_alloc (&ctx->arena, sink.len + 1);
  if (!copy)
    return fci_nomem (ctx);
  memcpy (copy, text, sink.len + 1);
  return copy;
}

/* core/base/strbuf.c: a text that becomes longer, piece by piece, in the context's arena.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/size.h"
#include "core/base/strbuf.h"
#include <string.h>

enum
{
  FIRST_CAPACITY = 64
};

/* Room for n more bytes and the NUL; what was there before stays behind in the arena, at most as much again. */
static bool
reserve (fci_strbuf *grow, size_t n)
{
  uint64_t needed, capacity = grow->capacity ? grow->capacity : FIRST_CAPACITY;
  if (!fci_size_add (grow->len, n, &needed) || !fci_size_add (needed, 1, &needed))
    return fci_nomem (grow->ctx) != NULL;
  if (grow->text && needed <= grow->capacity)
    return true;
  while (capacity < needed)
    if (!fci_size_mul (capacity, 2, &capacity))
      return fci_nomem (grow->ctx) != NULL;
  char *text = fmtconv_ctx_alloc (grow->ctx, 1, (size_t) capacity);
  if (text && grow->len)
    memcpy (text, grow->text, grow->len);
  if (text)
    {
      grow->text = text;
      grow->capacity = (size_t) capacity;
    }
  return text != NULL;
}

void
fci_strbuf_add_bytes (fci_strbuf *grow, const char *s, size_t n)
{
  if (grow->ctx->failed || !reserve (grow, n))
    return;
  memcpy (grow->text + grow->len, s, n);
  grow->len += n;
  grow->text[grow->len] = '\0';
}

void
fci_strbuf_add (fci_strbuf *grow, const char *s)
{
  if (s)
    fci_strbuf_add_bytes (grow, s, strlen (s));
}

void
fci_strbuf_add_all (fci_strbuf *grow, const char *s, ...)
{
  va_list ap;
  va_start (ap, s);
  for (; s; s = va_arg (ap, const char *))
    fci_strbuf_add (grow, s);
  va_end (ap);
}

const char *
fci_strbuf_text (const fci_strbuf *grow)
{
  return grow->text && !grow->ctx->failed ? grow->text : "";
}

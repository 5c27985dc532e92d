/* core/base/strbuf.c: string builder in the context's arena.
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

/* Makes room for n more bytes and the NUL; the old text remains in the arena and at most doubles its size. */
static bool
reserve (fci_strbuf *buf, size_t n)
{
  uint64_t needed, capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
  if (!fci_size_add (buf->len, n, &needed) || !fci_size_add (needed, 1, &needed))
    {
      fci_nomem (buf->ctx);
      return false;
    }
  if (buf->text && needed <= buf->capacity)
    return true;
  while (capacity < needed)
    if (!fci_size_mul (capacity, 2, &capacity))
      {
        fci_nomem (buf->ctx);
        return false;
      }
  char *text = fmtconv_ctx_alloc (buf->ctx, 1, (size_t) capacity);
  if (text && buf->len)
    memcpy (text, buf->text, buf->len);
  if (text)
    {
      buf->text = text;
      buf->capacity = (size_t) capacity;
    }
  return text != NULL;
}

void
fci_strbuf_add_bytes (fci_strbuf *buf, const char *s, size_t n)
{
  if (buf->ctx->failed || !reserve (buf, n))
    return;
  memcpy (buf->text + buf->len, s, n);
  buf->len += n;
  buf->text[buf->len] = '\0';
}

void
fci_strbuf_add (fci_strbuf *buf, const char *s)
{
  if (s)
    fci_strbuf_add_bytes (buf, s, strlen (s));
}

void
fci_strbuf_add_all (fci_strbuf *buf, const char *s, ...)
{
  va_list ap;
  va_start (ap, s);
  for (; s; s = va_arg (ap, const char *))
    fci_strbuf_add (buf, s);
  va_end (ap);
}

const char *
fci_strbuf_text (const fci_strbuf *buf)
{
  return buf->text && !buf->ctx->failed ? buf->text : "";
}

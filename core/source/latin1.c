/* core/source/latin1.c: bytes that a file keeps as the text of their latin-1 characters.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/utf8.h"
#include "core/source/source.h"
#include <fmtconv/formats.h>

/* Returns the number of bytes that the text stands for; SIZE_MAX: it has other characters. */
static size_t
count (const char *text, size_t size)
{
  size_t bytes = 0;
  uint32_t c;
  for (size_t at = 0, n; at < size; at += n, bytes++)
    {
      n = fci_utf8_next (text + at, size - at, &c);
      if (n == 0 || c > 0xff)
        return SIZE_MAX;
    }
  return bytes;
}

/* The text was checked by count. */
static void
decode (const char *text, size_t size, uint8_t *to)
{
  uint32_t c;
  for (size_t at = 0; at < size;)
    {
      at += fci_utf8_next (text + at, size - at, &c);
      *to++ = (uint8_t) c;
    }
}

fmtconv_source *
fmtconv_source_latin1 (fmtconv_ctx *ctx, const char *text, size_t size, const char *name)
{
  const size_t bytes = count (text, size);
  if (bytes == SIZE_MAX || fmtconv_ctx_failed (ctx))
    return NULL;
  uint8_t *to = fmtconv_ctx_alloc (ctx, bytes, 1);
  if (!to)
    return NULL;
  decode (text, size, to);
  return fci_source_memory (ctx, to, bytes, name);
}

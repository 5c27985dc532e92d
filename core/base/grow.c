/* core/base/grow.c: a text that becomes longer, piece by piece, in the context's arena.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/check.h"
#include "core/base/ctx.h"
#include "core/base/grow.h"
#include <string.h>

enum
{
  FIRST_ROOM = 64
};

/* Room for n more bytes and the NUL; what was there before stays behind in the arena, at most as much again. */
static bool
make_room (fci_grow *grow, size_t n)
{
  uint64_t needed, room = grow->room ? grow->room : FIRST_ROOM;
  if (!fci_add (grow->len, n, &needed) || !fci_add (needed, 1, &needed))
    return fci_nomem (grow->ctx) != NULL;
  if (grow->text && needed <= grow->room)
    return true;
  while (room < needed)
    if (!fci_mul (room, 2, &room))
      return fci_nomem (grow->ctx) != NULL;
  char *text = fmtconv_ctx_alloc (grow->ctx, 1, (size_t) room);
  if (text && grow->len)
    memcpy (text, grow->text, grow->len);
  if (text)
    {
      grow->text = text;
      grow->room = (size_t) room;
    }
  return text != NULL;
}

void
fci_grow_bytes (fci_grow *grow, const char *s, size_t n)
{
  if (grow->ctx->failed || !make_room (grow, n))
    return;
  memcpy (grow->text + grow->len, s, n);
  grow->len += n;
  grow->text[grow->len] = '\0';
}

void
fci_grow_text (fci_grow *grow, const char *s)
{
  if (s)
    fci_grow_bytes (grow, s, strlen (s));
}

void
fci_grow_texts (fci_grow *grow, const char *s, ...)
{
  va_list ap;
  va_start (ap, s);
  for (; s; s = va_arg (ap, const char *))
    fci_grow_text (grow, s);
  va_end (ap);
}

const char *
fci_grown (const fci_grow *grow)
{
  return grow->text && !grow->ctx->failed ? grow->text : "";
}

/* plugins/diffusers/card.c: reads the head of a model card: YAML between two lines "---" at the start of README.md.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "diffusers.h"
#include <fmtconv/formats.h>
#include <stdbool.h>
#include <string.h>

#define CARD "README.md"

enum
{
  MAX_HEAD = 1 << 20 /* bytes that are looked at */
};

/* Returns the start of the next line, or the end. */
static const char *
next_line (const char *at, const char *end)
{
  const char *feed = memchr (at, '\n', (size_t) (end - at));
  return feed ? feed + 1 : end;
}

/* Returns whether a line is "---". */
static bool
is_border (const char *at, const char *end)
{
  size_t n = (size_t) (next_line (at, end) - at);
  while (n && strchr ("\r\n", at[n - 1]))
    n--;
  return n == 3 && !memcmp (at, "---", 3);
}

/* Copies a line, with blanks in place of tabs, and with "no" as the language and not as a truth value. */
static char *
copy_line (char *to, const char *at, const char *end)
{
  static const char no[] = "- no\n";
  for (; at < end; at++)
    if (*at == '\t')
      {
        memcpy (to, "  ", 2);
        to += 2;
      }
    else if ((size_t) (end - at) == sizeof no - 1 && !memcmp (at, no, sizeof no - 1))
      {
        memcpy (to, "- \"no\"\n", 7);
        return to + 7;
      }
    else
      *to++ = *at;
  return to;
}

/* Returns the text between the borders, and its length; NULL: there is none, or an error. */
static char *
take_head (fmtconv_ctx *ctx, const char *text, size_t size, size_t *n)
{
  const char *end = text + size, *at = text;
  if (!size || !is_border (at, end))
    return NULL;
  char *copy = fmtconv_ctx_alloc (ctx, 2 * size + 8, 1), *to = copy;
  at = next_line (at, end);
  for (const char *next; copy && at < end && !is_border (at, end); at = next)
    {
      next = next_line (at, end);
      to = copy_line (to, at, next);
    }
  *n = (size_t) (to - copy);
  return copy;
}

int
diffusers_read_card (fmtconv_ctx *ctx, fmtconv_input *folder, fmtconv_model *out)
{
  fmtconv_input *in = fmtconv_input_has (folder, CARD) ? fmtconv_input_child (folder, CARD) : NULL;
  if (!in || fmtconv_input_is_folder (in))
    return fmtconv_ctx_failed (ctx);
  fmtconv_attr *facts = fmtconv_attr_make (fmtconv_model_attrs (out), "source");
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (in));
  const size_t size = c.end < MAX_HEAD ? (size_t) c.end : MAX_HEAD;
  const char *text = fmtconv_cursor_take (&c, size), *why = NULL;
  size_t n = 0;
  const char *head = text ? take_head (ctx, text, size, &n) : NULL;
  if (!head || !n)
    return fmtconv_ctx_failed (ctx);
  fmtconv_cursor yaml = fmtconv_cursor_start (fmtconv_source_memory (ctx, head, n, CARD));
  fmtconv_attr *card = yaml.source ? fmtconv_cursor_take_yaml (&yaml, n, &why) : NULL;
  if (card)
    fmtconv_attr_set (facts, "card", card);
  else if (!fmtconv_ctx_failed (ctx))
    fmtconv_attr_set_string (facts, "card-fault", why);
  return fmtconv_ctx_failed (ctx);
}

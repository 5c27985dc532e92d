/* core/rules/template.c: texts with expressions in braces: "{#i} blocks", "{0..n-1}", "{0..n-1..2}".
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/template.h"
#include <string.h>

/* Returns the '}' that closes a brace, after patterns such as {x*}; NULL: there is none. */
static const char *
closing (const char *s)
{
  for (int depth = 0; *s; s++)
    {
      if (*s == '}' && !depth)
        return s;
      depth += (*s == '{') - (*s == '}');
    }
  return NULL;
}

/* Parses "A", "A..B", "A..B..STEP" or "A..B..STEP..LARGEST". */
static const char *
parse_exprs (fci_arena *arena, const char *at, const char *end, fci_template_piece *piece)
{
  const char *why = fci_expr_parse (arena, &at, end, true, &piece->expr[0]);
  piece->n_exprs = 1;
  while (!why && piece->n_exprs < FCI_TEMPLATE_EXPRS && end - at > 2 && !strncmp (at, "..", 2))
    {
      at += 2;
      why = fci_expr_parse (arena, &at, end, true, &piece->expr[piece->n_exprs++]);
    }
  return why ? why : at == end ? NULL : "an unexpected character";
}

const char *
fci_template_next (fci_arena *arena, const char **at, fci_template_piece *piece)
{
  const char *s = *at, *end;
  *piece = (fci_template_piece){ .text = { s, strcspn (s, "{") } };
  if (s[0] == '{' && s[1] == '{')
    piece->text.len = 1;
  if (piece->text.len)
    {
      *at = s + piece->text.len + (*s == '{');
      return NULL;
    }
  end = closing (s + 1);
  if (!end)
    return "'{' is not closed";
  *at = end + 1;
  piece->text.len = (size_t) (*at - s);
  return parse_exprs (arena, s + 1, end, piece);
}

/* core/rules/lists.c: lists of alternatives, declared in a table or in a capture.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/rules/lists.h"
#include "core/rules/pattern.h"
#include <ctype.h>
#include <string.h>

bool
fci_text_span_equal (fci_text_span a, fci_text_span b)
{
  return a.len == b.len && memcmp (a.at, b.at, a.len) == 0;
}

fci_text_span
fci_list_alternative (const fci_token *token, int64_t k)
{
  fci_text_span rest = token->text, item;
  for (;; k--)
    {
      const char *comma = memchr (rest.at, ',', rest.len);
      item = (fci_text_span){ rest.at, comma ? (size_t) (comma - rest.at) : rest.len };
      if (k == 0 || !comma)
        return item;
      rest = (fci_text_span){ comma + 1, rest.len - item.len - 1 };
    }
}

static size_t
name_length (const char *s)
{
  size_t n = 0;
  if (!isalpha ((unsigned char) *s) && *s != '_')
    return 0;
  while (isalnum ((unsigned char) s[n]) || s[n] == '_')
    n++;
  return n;
}

/* Returns whether a comma separates alternatives: those of arguments, "config(n,4)", do not. */
static bool
has_comma (const char *s, size_t n)
{
  int depth = 0;
  for (size_t i = 0; i < n; i++)
    {
      depth += (s[i] == '(') - (s[i] == ')');
      if (s[i] == ',' && depth == 0)
        return true;
    }
  return false;
}

const char *
fci_rule_lists_parse (fci_rule_lists *lists, const char *text)
{
  lists->n = 0;
  for (const char *s = text ? text + strspn (text, " ") : ""; *s; s += strspn (s, " "))
    {
      size_t name = name_length (s);
      size_t items = name && s[name] == '=' ? strcspn (s + name + 1, " ") : 0;
      if (!items)
        return ".lists is not of the form 'name=a,b name=c,d'";
      if (lists->n == FCI_MAX_LISTS)
        return ".lists has too many lists";
      for (unsigned i = 0; i < lists->n; i++)
        if (fci_text_span_equal (lists->name[i], (fci_text_span){ s, name }))
          return ".lists declares a list twice";
      lists->name[lists->n] = (fci_text_span){ s, name };
      lists->is_range[lists->n] =
          fci_os_find (s + name + 1, items, "..", 2) && !has_comma (s + name + 1, items);
      lists->alternatives[lists->n++] = (fci_text_span){ s + name + 1, items };
      s += name + 1 + items;
    }
  return NULL;
}

/* core/convert/shell.c: words of a command line, as a shell reads them back.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/utf8.h"
#include "core/convert/shell.h"
#include <stdio.h>
#include <string.h>

/* Bytes of the character at `word`, if it may be shown; 0: it may not. */
static size_t
shown (const char *word)
{
  uint32_t c;
  size_t n = fci_utf8_next (word, strlen (word), &c);
  return n && !fci_is_hidden (c) ? n : 0;
}

/* $'a\x1bb': what would move a cursor, or is no text, as the shells of today read it. */
static const char *
quote_hidden (fmtconv_ctx *ctx, const char *word)
{
  char *quoted = fmtconv_ctx_alloc (ctx, strlen (word) + 1, 4), *to = quoted;
  if (!quoted)
    return "";
  to = stpcpy (to, "$'");
  for (size_t n; *word; word += n)
    {
      n = shown (word);
      if (n == 0 || *word == '\'' || *word == '\\')
        {
          to += sprintf (to, "\\x%02x", (unsigned char) *word);
          n = 1;
        }
      else
        to = mempcpy (to, word, n);
    }
  *to = '\'';
  return quoted;
}

const char *
fci_shell_word (fmtconv_ctx *ctx, const char *word)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  if (*word && !word[strspn (word, plain)])
    return word;
  size_t n;
  for (const char *p = word; *p; p += n)
    if ((n = shown (p)) == 0)
      return quote_hidden (ctx, word);
  char *quoted = fmtconv_ctx_alloc (ctx, strlen (word) + 1, 4), *to = quoted;
  if (!quoted)
    return word;
  *to++ = '\'';
  for (; *word; word++)
    {
      if (*word == '\'')
        {
          memcpy (to, "'\\'", 3); /* close, an escaped one, and open again with the one below */
          to += 3;
        }
      *to++ = *word;
    }
  *to = '\'';
  return quoted;
}

const char *
fci_shell_path (fmtconv_ctx *ctx, const char *path)
{
  if (*path == '-')
    path = fmtconv_ctx_printf (ctx, "./%s", path);
  return path ? fci_shell_word (ctx, path) : "";
}

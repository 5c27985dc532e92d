/* core/convert/shell.c: quotes words of a command line for a shell.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/utf8.h"
#include "core/convert/shell.h"
#include <stdio.h>
#include <string.h>

/* Returns the length in bytes of the character at `word`; 0 if it is hidden or not UTF-8. */
static size_t
shown (const char *word)
{
  uint32_t c;
  size_t n = fci_utf8_next (word, strlen (word), &c);
  return n && !fci_is_hidden (c) ? n : 0;
}

/* Quotes hidden characters and invalid UTF-8 in ANSI-C style: $'a\x1bb'. */
static const char *
quote_hidden (fmtconv_ctx *ctx, const char *word)
{
  char *quoted = fmtconv_ctx_alloc (ctx, strlen (word) + 1, 4), *to = quoted;
  if (!quoted)
    return "";
  *to++ = '$';
  *to++ = '\'';
  for (size_t n; *word; word += n)
    {
      n = shown (word);
      if (n == 0 || *word == '\'' || *word == '\\')
        {
          to += sprintf (to, "\\x%02x", (unsigned char) *word);
          n = 1;
        }
      else
        {
          memcpy (to, word, n);
          to += n;
        }
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
          memcpy (to, "'\\'", 3); /* close the quotes, escape one; the next statement reopens them */
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

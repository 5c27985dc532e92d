/* plugins/model-card/words.c: the words of which names of models consist.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023 Georgi Gerganov
 *
 * Follows the regular expressions of gguf-py (gguf/metadata.py), so that both converters find the same parts. */
#include "config.h"

#include "plugins/model-card/model-card.h"
#include <string.h>
#include <strings.h>

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

static bool
is_letter (char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *
skip_digits (const char *at)
{
  while (is_digit (*at))
    at++;
  return at;
}

/* Moves *at after a text, in any case.  Returns whether it is there. */
static bool
take (const char **at, const char *text)
{
  const size_t n = strlen (text);
  if (strncasecmp (*at, text, n) != 0)
    return false;
  *at += n;
  return true;
}

/* (v|iter)?\d+([.]\d+)* */
bool
model_card_is_version (const char *word)
{
  const char *at = word;
  if (!take (&at, "v"))
    take (&at, "iter");
  if (!is_digit (*at))
    return false;
  at = skip_digits (at);
  while (*at == '.' && is_digit (at[1]))
    at = skip_digits (at + 1);
  return !*at;
}

/* i?q\d(_\w)*|b?fp?(16|32) */
bool
model_card_is_type (const char *word)
{
  const char *at = word;
  take (&at, "i");
  if (take (&at, "q") && is_digit (*at))
    {
      for (at++; *at == '_' && (is_digit (at[1]) || is_letter (at[1]) || at[1] == '_'); at += 2)
        ;
      return !*at;
    }
  at = word;
  take (&at, "b");
  if (!take (&at, "f"))
    return false;
  take (&at, "p");
  return !strcmp (at, "16") || !strcmp (at, "32");
}

/* ([A]|\d+[x])?\d+([._]\d+)?[KMBT][\d]?|small|mini|medium|large|x?xl */
bool
model_card_is_size (const char *word)
{
  static const char *const names[] = { "small", "mini", "medium", "large", "xl", "xxl" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcasecmp (word, names[i]))
      return true;
  const char *at = word, *times = skip_digits (word);
  if (!take (&at, "a") && times > word && strchr ("xX", *times) && *times)
    at = times + 1;
  if (!is_digit (*at))
    return false;
  at = skip_digits (at);
  if ((*at == '.' || *at == '_') && is_digit (at[1]))
    at = skip_digits (at + 1);
  if (!*at || !strchr ("kKmMbBtT", *at))
    return false;
  at++;
  return !*at || (is_digit (*at) && !at[1]);
}

/* Returns whether a word is written in lower case, and is neither a number nor a version: these stay as they are. */
static bool
is_plain (const char *word, size_t n)
{
  bool has_lower = false;
  const char *rest = *word == 'v' ? word + 1 : word;
  for (size_t i = 0; i < n; i++)
    {
      if (word[i] >= 'A' && word[i] <= 'Z')
        return false;
      has_lower = has_lower || is_letter (word[i]);
    }
  if (!has_lower || is_digit (*word))
    return false;
  if (*word != 'v' || !is_digit (*rest))
    return true;
  for (rest = skip_digits (rest); *rest == '.' && is_digit (rest[1]);)
    rest = skip_digits (rest + 1);
  return rest != word + n;
}

/* Writes a word with a capital at the start of each run of letters. */
static void
capitalize (char *word, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (word[i] >= 'a' && word[i] <= 'z' && (!i || !is_letter (word[i - 1])))
      word[i] = (char) (word[i] - 'a' + 'A');
}

const char *
model_card_title (fmtconv_ctx *ctx, const char *name)
{
  char *copy = name ? fmtconv_ctx_printf (ctx, "%s", name) : NULL, *to = copy;
  for (const char *at = name; copy && *(at += strspn (at, "- \t\r\n"));)
    {
      const size_t n = strcspn (at, "- \t\r\n");
      if (to > copy)
        *to++ = ' ';
      memmove (to, at, n);
      if (is_plain (at, n))
        capitalize (to, n);
      to += n;
      at += n;
    }
  if (copy)
    *to = '\0';
  return copy && *copy ? copy : NULL;
}

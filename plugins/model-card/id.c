/* plugins/model-card/id.c: the parts of a model's name: organization, basename, size, fine-tuning, version.
 * SPDX-License-Identifier: Apache-2.0 AND MIT
 * SPDX-FileCopyrightText: 2026 The fmtconv authors
 * SPDX-FileCopyrightText: 2023 Georgi Gerganov
 *
 * Follows get_model_id_components of gguf-py (gguf/metadata.py), so that both converters write the same keys. */
#include "config.h"

#include "plugins/model-card/model-card.h"
#include <math.h>
#include <string.h>
#include <strings.h>

enum
{
  MAX_WORDS = 64,
  BASENAME = 1,
  SIZE = 2,
  FINETUNE = 4,
  VERSION = 8,
  TYPE = 16
};

struct word
{
  char *text;
  unsigned is; /* BASENAME … */
};

struct words
{
  size_t n;
  struct word at[MAX_WORDS];
};

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

static bool
is_letter (char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char) c >= 0x80;
}

static char
upper (char c)
{
  return c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c;
}

/* Returns the number of parameters that a size such as "0.5B" says; 0: another form. */
static double
number_of (const char *size)
{
  static const char units[] = " KMBT";
  const size_t n = strlen (size);
  const char *unit = n > 1 ? strchr (units + 1, size[n - 1]) : NULL;
  double value = 0, place = 0;
  for (const char *at = size; unit && at < size + n - 1; at++)
    if (is_digit (*at))
      {
        value = place > 0 ? value + (*at - '0') * place : value * 10 + (*at - '0');
        place /= 10;
      }
    else if (*at == '.' && place <= 0)
      place = 0.1;
    else
      return 0;
  return unit ? value * pow (1000, (double) (unit - units)) : 0;
}

/* Normalizes a size, and marks it.  One far from the model's own is the length of a context. */
static void
mark_size (fmtconv_ctx *ctx, struct word *word, double parameters)
{
  size_t n = strlen (word->text);
  for (char *at = word->text; *at; at++)
    *at = *at == '_' ? '.' : *at;
  if (is_digit (word->text[n - 1])) /* bloom-7b1 */
    {
      word->text = fmtconv_ctx_printf (ctx, "%.*s.%c%c", (int) (n - 2), word->text, word->text[n - 1],
                                       word->text[n - 2]);
      n += 1;
      if (!word->text)
        return;
    }
  char *last = &word->text[n - 1];
  if (n > 1 && is_digit (last[-1]) && strchr ("kmbt", *last))
    *last = upper (*last);
  const double said = number_of (word->text);
  if (said > 0 && parameters > 0 && fabs (said - parameters) > floor (7 * parameters / 8))
    {
      word->is |= FINETUNE;
      *last = *last >= 'A' && *last <= 'Z' ? (char) (*last - 'A' + 'a') : *last;
    }
  word->is |= word->is ? 0 : SIZE;
}

static void
mark (fmtconv_ctx *ctx, struct words *words, double parameters)
{
  static const char *const tuned[] = { "chat", "instruct", "vision", "lora" };
  for (size_t i = 0; i < words->n; i++)
    {
      struct word *word = &words->at[i];
      if (model_card_is_version (word->text))
        word->is = VERSION;
      else if (model_card_is_type (word->text))
        {
          word->is = TYPE;
          for (char *at = word->text; *at; at++)
            *at = upper (*at);
        }
      else if (i && model_card_is_size (word->text))
        mark_size (ctx, word, parameters);
      for (size_t k = 0; i && !word->is && k < sizeof tuned / sizeof *tuned; k++)
        word->is = strcasecmp (word->text, tuned[k]) == 0 ? FINETUNE : 0;
    }
}

/* Returns whether a text has digits; or has nothing but letters. */
static bool
has_digit (const char *text)
{
  return strpbrk (text, "0123456789") != NULL;
}

static bool
is_letters (const char *text)
{
  while (is_letter (*text))
    text++;
  return !*text;
}

/* Leaves "small" and the like out if there is a size in numbers. */
static void
prefer_numbers (struct words *words)
{
  bool has_number = false;
  for (size_t i = 0; i < words->n; i++)
    has_number = has_number || (words->at[i].is & SIZE && has_digit (words->at[i].text));
  for (size_t i = 0; has_number && i < words->n; i++)
    if (is_letters (words->at[i].text))
      words->at[i].is &= ~(unsigned) SIZE;
}

/* Marks the words before the first of another kind as the basename, without versions at its end. */
static void
mark_basename (struct words *words)
{
  bool at_start = true;
  for (size_t i = 0; i < words->n; i++)
    {
      struct word *word = &words->at[i];
      at_start = at_start && ((!word->is && is_letter (*word->text)) || word->is & VERSION);
      word->is |= at_start ? BASENAME : word->is ? 0 : FINETUNE;
    }
  for (size_t i = words->n; i-- > 0 && words->at[i].is & BASENAME && words->at[i].is != BASENAME;)
    words->at[i].is &= ~(unsigned) BASENAME;
}

/* Returns whether an earlier word of that kind has the same text. */
static bool
is_repeated (const struct words *words, size_t i, unsigned kind)
{
  for (size_t k = 0; k < i; k++)
    if (words->at[k].is & kind && !strcmp (words->at[k].text, words->at[i].text))
      return true;
  return false;
}

/* Returns the words of a kind, joined by '-'; NULL: there are none, or an error. */
static const char *
join (fmtconv_ctx *ctx, const struct words *words, unsigned kind, unsigned without)
{
  const char *text = NULL;
  for (size_t i = 0; i < words->n; i++)
    if (words->at[i].is & kind && !(words->at[i].is & without)
        && !(kind == SIZE && is_repeated (words, i, kind)))
      text = fmtconv_ctx_printf (ctx, "%s%s%s", text ? text : "", text ? "-" : "", words->at[i].text);
  return text;
}

/* Splits the name at '-'. */
static void
split (fmtconv_ctx *ctx, const char *name, struct words *words)
{
  words->n = 0;
  for (const char *at = name; *(at += strspn (at, "-")) && words->n < MAX_WORDS;)
    {
      const size_t n = strcspn (at, "-");
      char *text = fmtconv_ctx_printf (ctx, "%.*s", (int) n, at);
      if (!text)
        return;
      words->at[words->n++] = (struct word){ .text = text };
      at += n;
    }
}

struct model_card_id
model_card_split (fmtconv_ctx *ctx, const char *id, double parameters)
{
  struct model_card_id out = { .full = id };
  struct words words;
  const char *slash = strchr (id, '/');
  if (strchr (id, ' '))
    return out; /* a sentence */
  if (slash)
    out.full = slash + 1;
  if (slash && *id != '.')
    out.organization = fmtconv_ctx_printf (ctx, "%.*s", (int) (slash - id), id);
  split (ctx, out.full, &words);
  mark (ctx, &words, parameters);
  if (fmtconv_ctx_failed (ctx))
    return out;
  prefer_numbers (&words);
  mark_basename (&words);
  out.size = join (ctx, &words, SIZE, 0);
  out.finetune = join (ctx, &words, FINETUNE, 0);
  out.version = join (ctx, &words, VERSION, BASENAME);
  if (out.size || out.finetune || out.version)
    out.basename = join (ctx, &words, BASENAME, 0);
  return out;
}

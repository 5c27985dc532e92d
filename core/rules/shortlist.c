/* core/rules/shortlist.c: which patterns of a table can match names of one skeleton.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/model/model.h"
#include "core/model/skeleton.h"
#include "core/rules/shortlist.h"
#include <string.h>

enum
{
  WORDS = FCI_MATCH_BYTES / 64 + 1
};

/* Places in a skeleton up to which the beginning of a pattern may match, as bits.  What a '0' stands for may be matched in
 * parts: then its place stays, too. */
typedef struct places
{
  const char *text;
  size_t len;
  size_t n_words;
  uint64_t bit[WORDS];
} places;

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

static void
begin (places *p, const char *skeleton, size_t len)
{
  p->text = skeleton;
  p->len = len;
  p->n_words = len / 64 + 1;
  memset (p->bit, 0, p->n_words * sizeof *p->bit);
}

static void
copy (places *to, const places *from)
{
  begin (to, from->text, from->len);
  memcpy (to->bit, from->bit, from->n_words * sizeof *to->bit);
}

static void
put (places *p, size_t at)
{
  p->bit[at / 64] |= UINT64_C (1) << at % 64;
}

static bool
has (const places *p, size_t at)
{
  return p->bit[at / 64] >> at % 64 & 1;
}

static bool
is_nowhere (const places *p)
{
  for (size_t w = 0; w < p->n_words; w++)
    if (p->bit[w])
      return false;
  return true;
}

/* Moves each place over one character.  Returns whether there is one left. */
static bool
step (places *p, char c)
{
  places next;
  bool is_left = false;
  begin (&next, p->text, p->len);
  for (size_t w = 0; w < p->n_words; w++)
    for (uint64_t bits = p->bit[w]; bits; bits &= bits - 1)
      {
        const size_t at = w * 64 + (size_t) __builtin_ctzll (bits);
        if (at == p->len || p->text[at] != (is_digit (c) ? '0' : c))
          continue;
        put (&next, at + 1);
        if (is_digit (c))
          put (&next, at);
        is_left = true;
      }
  copy (p, &next);
  return is_left;
}

static bool
match_text (places *p, fci_text_span text)
{
  bool is_left = !is_nowhere (p);
  for (size_t i = 0; i < text.len && is_left; i++)
    is_left = step (p, text.at[i]);
  return is_left;
}

static void
join (places *p, const places *other)
{
  for (size_t w = 0; w < p->n_words; w++)
    p->bit[w] |= other->bit[w];
}

static void
match_maybe (places *p, fci_text_span text)
{
  places with;
  copy (&with, p);
  if (match_text (&with, text))
    join (p, &with);
}

static void
match_list (places *p, const fci_token *token)
{
  fci_text_span rest = token->text;
  places all;
  begin (&all, p->text, p->len);
  for (unsigned k = 0; k < token->count; k++)
    {
      const char *comma = memchr (rest.at, ',', rest.len);
      const size_t n = comma ? (size_t) (comma - rest.at) : rest.len;
      places one;
      copy (&one, p);
      if (match_text (&one, (fci_text_span){ rest.at, n }))
        join (&all, &one);
      rest = (fci_text_span){ rest.at + n + 1, comma ? rest.len - n - 1 : 0 };
    }
  copy (p, &all);
}

/* Moves each place over any characters; a word has one or more, without dots. */
static void
match_loose (places *p, bool is_word)
{
  places next;
  bool open = false;
  begin (&next, p->text, p->len);
  for (size_t at = 0; at <= p->len; at++)
    {
      const bool here = has (p, at), is_end = at == p->len || (is_word && p->text[at] == '.');
      if (open || (here && (!is_word || (!is_end && p->text[at] == '0'))))
        put (&next, at);
      open = (open || here) && !is_end;
    }
  copy (p, &next);
}

/* Moves the places over what a pattern matches.  Returns whether there is one left. */
static bool
match (places *p, const fci_pattern *pattern)
{
  bool is_left = true;
  for (unsigned t = 0; t < pattern->n_tokens && is_left; t++)
    {
      const fci_token *token = &pattern->token[t];
      if (token->kind == FCI_T_TEXT)
        match_text (p, token->text);
      else if (token->kind == FCI_T_MAYBE)
        match_maybe (p, token->text);
      else if (token->kind == FCI_T_NUMBER)
        step (p, '0');
      else if (token->kind == FCI_T_LIST)
        match_list (p, token);
      else
        match_loose (p, token->kind == FCI_T_WORD);
      is_left = !is_nowhere (p);
    }
  return is_left;
}

bool
fci_pattern_may_match (const fci_pattern *prefix, const fci_pattern *pattern, const char *skeleton)
{
  places p;
  const size_t len = strlen (skeleton);
  if (len > FCI_MATCH_BYTES)
    return false;
  begin (&p, skeleton, len);
  put (&p, 0);
  return match (&p, prefix) && match (&p, pattern) && has (&p, len);
}

/* Fills the shortlist of one skeleton.  Returns whether it is empty. */
static bool
fill (const fci_table *table, const fci_pattern *prefix, const char *skeleton, uint64_t *list)
{
  static const fci_pattern none = { .text = "" };
  bool is_empty = true;
  for (unsigned i = 0; i < table->n_patterns; i++)
    {
      const fci_family *family = table->pattern[i];
      if (!fci_pattern_may_match (family->anchored ? &none : prefix, &family->in, skeleton))
        continue;
      list[i / 64] |= UINT64_C (1) << i % 64;
      is_empty = false;
    }
  return is_empty;
}

bool
fci_shortlists_make (const fci_table *table, const fci_pattern *prefix, const fmtconv_model *model,
                     fci_shortlists *out)
{
  *out = (fci_shortlists){ .n_words = (table->n_patterns + 63) / 64 };
  const fci_skeletons *names = fci_model_skeletons (model);
  if (!names)
    return !fci_model_ctx (model)->failed;
  uint64_t *patterns = fci_arena_alloc (table->arena, names->n * out->n_words * sizeof *patterns);
  bool *is_empty = fci_arena_alloc (table->arena, names->n * sizeof *is_empty);
  if (!patterns || !is_empty)
    return false;
  out->are_empty = true;
  for (size_t k = 0; k < names->n; k++)
    {
      is_empty[k] = fill (table, prefix, names->text[k], patterns + k * out->n_words);
      out->are_empty = out->are_empty && is_empty[k];
    }
  out->of = names->of;
  out->skeleton = fci_model_skeletons_with_prefix (model, prefix->text) ? names->text : NULL;
  out->patterns = patterns;
  out->is_empty = is_empty;
  return true;
}

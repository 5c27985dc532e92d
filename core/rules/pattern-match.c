/* core/rules/pattern-match.c: matches a name against a pattern and extracts the captures. Captures are tried
 * from the shortest text on, the leftmost first.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/model/model.h"
#include "core/rules/lists.h"
#include "core/rules/pattern-match.h"
#include "core/rules/pattern.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  NOTE_WORDS = FCI_MATCH_BYTES / 64 + 1
};

struct matcher
{
  const fci_pattern *pattern;
  const char *name;
  const char *end;
  fci_value *values;
  uint64_t (
      *failed)[NOTE_WORDS]; /* by token: positions from which the rest does not match; NULL: not recorded */
  bool is_flat;             /* '_' in the name also matches a dot of the pattern */
};

static bool match_from (const struct matcher *m, unsigned t, const char *at);

/* Returns whether literal text of the pattern stands at `at`, where enough bytes are left. */
static bool
is_text (const struct matcher *m, const char *text, const char *at, size_t len)
{
  if (!m->is_flat)
    return memcmp (text, at, len) == 0;
  for (size_t i = 0; i < len; i++)
    if (text[i] != at[i] && !(text[i] == '.' && at[i] == '_'))
      return false;
  return true;
}

static bool
bind_text (const struct matcher *m, unsigned t, const char *at, size_t len)
{
  const fci_token *token = &m->pattern->token[t];
  fci_value *value = &m->values[token->slot];
  if (token->again)
    {
      if (!fci_text_span_equal (value->text, (fci_text_span){ at, len }))
        return false;
    }
  else
    value->text = (fci_text_span){ at, len };
  return match_from (m, t + 1, at + len);
}

static bool
bind_number (const struct matcher *m, unsigned t, int64_t number, const char *after)
{
  const fci_token *token = &m->pattern->token[t];
  fci_value *value = &m->values[token->slot];
  if (token->again && value->number != number)
    return false;
  value->number = number;
  return match_from (m, t + 1, after);
}

/* Returns whether the text after token t begins with a character that token t cannot contain: then only
 * the longest match fits. */
static bool
ends_at (const struct matcher *m, unsigned t, bool digits)
{
  const fci_token *next = t + 1 < m->pattern->n_tokens ? &m->pattern->token[t + 1] : NULL;
  if (!next)
    return true;
  if (next->kind != FCI_T_TEXT)
    return false;
  return digits ? *next->text.at < '0' || *next->text.at > '9' : *next->text.at == '.';
}

/* Returns the value for which the token prints the number; -1: no value does. */
static int64_t
solve (const fci_token *token, int64_t printed)
{
  const int64_t rest = printed - (token->n_counted ? token->sum : token->constant);
  if (!token->times)
    return token->open || rest ? -1 : 0;
  if (token->open)
    return printed;
  return rest % token->times ? -1 : rest / token->times;
}

static bool
match_number (const struct matcher *m, unsigned t, const char *at)
{
  const fci_token *token = &m->pattern->token[t];
  bool longest = ends_at (m, t, true);
  int64_t printed = 0;
  for (const char *s = at; s < m->end && s - at < FCI_NUMBER_DIGITS && *s >= '0' && *s <= '9'; s++)
    {
      printed = printed * 10 + (*s - '0');
      bool more = s + 1 < m->end && s[1] >= '0' && s[1] <= '9';
      if (!(more && longest))
        {
          int64_t value = solve (token, printed);
          if (value >= 0 && bind_number (m, t, value, s + 1))
            return true;
        }
      if (*at == '0')
        break;
    }
  return false;
}

static bool
match_loose (const struct matcher *m, unsigned t, const char *at)
{
  bool word = m->pattern->token[t].kind == FCI_T_WORD;
  const char *stop = word ? memchr (at, '.', (size_t) (m->end - at)) : NULL;
  if (!stop)
    stop = m->end;
  if (t + 1 == m->pattern->n_tokens)
    return stop == m->end && stop >= at + word && bind_text (m, t, at, (size_t) (stop - at));
  for (const char *s = word && ends_at (m, t, false) && stop > at ? stop : at + word; s <= stop; s++)
    if (bind_text (m, t, at, (size_t) (s - at)))
      return true;
  return false;
}

/* Tries the alternatives that match at `at`, shorter ones first. */
static bool
match_list (const struct matcher *m, unsigned t, const char *at)
{
  const fci_token *token = &m->pattern->token[t];
  size_t left = (size_t) (m->end - at), best_len, from = 0;
  for (int64_t best;; from = best_len + 1)
    {
      fci_text_span rest = token->text;
      best = -1;
      best_len = SIZE_MAX;
      for (int64_t k = 0; k < token->count; k++)
        {
          const char *comma = memchr (rest.at, ',', rest.len);
          size_t len = comma ? (size_t) (comma - rest.at) : rest.len;
          if (len >= from && len < best_len && len <= left && is_text (m, rest.at, at, len))
            {
              best = k;
              best_len = len;
            }
          rest = (fci_text_span){ rest.at + len + 1, comma ? rest.len - len - 1 : 0 };
        }
      if (best < 0)
        return false;
      if (bind_number (m, t, best, at + best_len))
        return true;
    }
}

static bool
match_capture (const struct matcher *m, unsigned t, const char *at)
{
  uint64_t bit = 0, *word = NULL;
  if (m->failed)
    {
      word = &m->failed[t][(size_t) (at - m->name) / 64];
      bit = UINT64_C (1) << (at - m->name) % 64;
      if (*word & bit)
        return false;
    }
  bool matches;
  if (m->pattern->token[t].kind == FCI_T_NUMBER)
    matches = match_number (m, t, at);
  else if (m->pattern->token[t].kind == FCI_T_LIST)
    matches = match_list (m, t, at);
  else
    matches = match_loose (m, t, at);
  if (word && !matches)
    *word |= bit;
  return matches;
}

static bool
match_from (const struct matcher *m, unsigned t, const char *at)
{
  for (; t < m->pattern->n_tokens; t++)
    {
      const fci_token *token = &m->pattern->token[t];
      if (token->kind > FCI_T_MAYBE)
        return match_capture (m, t, at);
      bool here =
          token->text.len <= (size_t) (m->end - at) && is_text (m, token->text.at, at, token->text.len);
      if (token->kind == FCI_T_TEXT && !here)
        return false;
      if (token->kind == FCI_T_MAYBE && here && match_from (m, t + 1, at + token->text.len))
        return true;
      if (token->kind == FCI_T_TEXT)
        at += token->text.len;
    }
  return at == m->end;
}

static bool
match_noting (struct matcher *m)
{
  uint64_t failed[FCI_MAX_TOKENS][NOTE_WORDS];
  size_t words = (size_t) (m->end - m->name) / 64 + 1;
  for (unsigned t = 0; t < m->pattern->n_tokens; t++)
    memset (failed[t], 0, words * sizeof *failed[t]);
  m->failed = failed;
  const bool fits = match_from (m, 0, m->name);
  m->failed = NULL;
  return fits;
}

bool
fci_pattern_match (const fci_pattern *pattern, const char *name, size_t len, fci_value *values)
{
  struct matcher m = { .pattern = pattern, .name = name, .end = name + len, .values = values };
  if (len > FCI_MATCH_BYTES)
    return false;
  return pattern->remembers ? match_noting (&m) : match_from (&m, 0, name);
}

bool
fci_pattern_match_flat (const fci_pattern *pattern, const char *name, size_t len, fci_value *values)
{
  struct matcher m = {
    .pattern = pattern, .name = name, .end = name + len, .values = values, .is_flat = true
  };
  if (len > FCI_MATCH_BYTES)
    return false;
  return pattern->remembers ? match_noting (&m) : match_from (&m, 0, name);
}

const char *
fci_pattern_strip (const fci_pattern *pattern, const char *name)
{
  for (unsigned t = 0; t < pattern->n_tokens; t++)
    {
      const fci_token *token = &pattern->token[t];
      if (strncmp (name, token->text.at, token->text.len) == 0)
        name += token->text.len;
      else if (token->kind == FCI_T_TEXT)
        return NULL;
    }
  return name;
}

int
fmtconv_pattern_match (const char *pattern, const char *name)
{
  fci_pattern compiled;
  fci_token capacity[FCI_MAX_TOKENS];
  fci_value values[FCI_MAX_SLOTS];
  return pattern && name && !fci_pattern_compile (&compiled, capacity, pattern, NULL)
         && fci_pattern_match (&compiled, name, strlen (name), values);
}

const fmtconv_tensor *
fmtconv_model_find_pattern (const fmtconv_model *model, const char *pattern)
{
  fci_pattern compiled;
  fci_token capacity[FCI_MAX_TOKENS];
  fci_value values[FCI_MAX_SLOTS];
  if (!model || !pattern)
    return NULL;
  const char *error = fci_pattern_compile (&compiled, capacity, pattern, NULL);
  if (error)
    {
      fmtconv_fail (fci_model_ctx (model), FMTCONV_E_INTERNAL, "pattern '%s': %s", pattern, error);
      return NULL;
    }
  FMTCONV_FOREACH (t, model)
    if (fci_pattern_match (&compiled, t->name, strlen (t->name), values))
      return t;
  return NULL;
}

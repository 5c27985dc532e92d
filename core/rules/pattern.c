/* core/rules/pattern.c: compiles a pattern's text into tokens, and prints names from tokens.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/capture.h"
#include "core/rules/lists.h"
#include "core/rules/pattern.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct parser
{
  fci_pattern *out;
  const char *at;
  const fci_rule_lists *lists;
};

static fci_token *
new_token (struct parser *p, fci_token_kind kind)
{
  if (p->out->n_tokens == FCI_MAX_TOKENS)
    return NULL;
  fci_token *token = &p->out->token[p->out->n_tokens++];
  *token = (fci_token){ .kind = kind };
  return token;
}

/* Parses literal text; a doubled bracket ends it, so that it is one range of the source text. */
static const char *
parse_text (struct parser *p)
{
  size_t n = strcspn (p->at, "{[");
  size_t doubled = p->at[n] && p->at[n] == p->at[n + 1];
  fci_token *token = new_token (p, FCI_T_TEXT);
  if (!token)
    return "it has too many parts";
  token->text = (fci_text_span){ p->at, n + doubled };
  p->at += n + 2 * doubled;
  return NULL;
}

static const char *
parse_maybe (struct parser *p)
{
  bool is_printed = p->at[1] == '+';
  const char *text = p->at + 1 + is_printed;
  size_t n = strcspn (text, "[]{}");
  if (n == 0 || text[n] != ']')
    return "'[' is not followed by plain text and ']'";
  fci_token *token = new_token (p, FCI_T_MAYBE);
  if (!token)
    return "it has too many parts";
  token->is_printed = is_printed;
  token->text = (fci_text_span){ text, n };
  p->at = text + n + 1;
  return NULL;
}

static const char *
find_slot (fci_pattern *pattern, fci_token *token)
{
  for (fci_token *other = pattern->token; other < token; other++)
    if (other->name.len && fci_text_span_equal (other->name, token->name))
      {
        token->slot = other->slot;
        token->again = true;
        if (other->kind != token->kind || other->count != token->count)
          return "a capture has two meanings";
        return token->kind == FCI_T_REST ? "'{x*}' appears twice" : NULL;
      }
    else if (other->kind == FCI_T_REST && token->kind == FCI_T_REST)
      return "'{x*}' appears twice";
  if (pattern->n_slots == FCI_MAX_SLOTS)
    return "it has too many captures";
  token->slot = pattern->n_slots++;
  return NULL;
}

static const char *
parse_capture (struct parser *p)
{
  size_t n = strcspn (p->at + 1, "{}");
  if (p->at[1 + n] != '}')
    return "'{' is not closed";
  fci_token *token = new_token (p, FCI_T_WORD);
  if (!token)
    return "it has too many parts";
  const char *error = fci_capture_parse (token, (fci_text_span){ p->at + 1, n }, p->lists);
  p->at += n + 2;
  return error ? error : find_slot (p->out, token);
}

/* Returns whether to remember failed positions: two captures of open length can be tried in many ways. Not
 * if a capture appears twice, because the outcome then depends on its value. */
static bool
remembers (const fci_pattern *pattern)
{
  unsigned loose = 0;
  for (unsigned i = 0; i < pattern->n_tokens; i++)
    {
      const fci_token *token = &pattern->token[i];
      if (token->again)
        return false;
      loose += token->kind == FCI_T_WORD || token->kind == FCI_T_REST;
    }
  return loose > 1;
}

/* Returns whether a list of the pattern is empty. */
static bool
is_void (const fci_pattern *pattern)
{
  for (unsigned i = 0; i < pattern->n_tokens; i++)
    if (pattern->token[i].kind == FCI_T_LIST && !pattern->token[i].count)
      return true;
  return false;
}

const char *
fci_pattern_compile (fci_pattern *out, fci_token *tokens_out, const char *text, const fci_rule_lists *lists)
{
  struct parser p = { out, text, lists };
  const char *error = *text ? NULL : "it is empty";
  *out = (fci_pattern){ .text = text, .token = tokens_out };
  while (*p.at && !error)
    if (*p.at == '{' && p.at[1] != '{')
      error = parse_capture (&p);
    else if (*p.at == '[' && p.at[1] != '[')
      error = parse_maybe (&p);
    else
      error = parse_text (&p);
  out->remembers = !error && remembers (out);
  out->is_void = !error && is_void (out);
  return error;
}

int64_t
fci_token_printed (const fci_token *token, int64_t value)
{
  int64_t sum = token->n_counted ? token->sum : token->constant, product = 0;
  if (!token->times)
    return sum;
  if (__builtin_mul_overflow (token->times, value, &product) || __builtin_add_overflow (sum, product, &sum))
    return -1;
  return sum;
}

static fci_text_span
shown (const fci_token *token, const fci_value *bound, uint64_t known, char digits[24])
{
  const bool number = token->kind == FCI_T_NUMBER, needs = !number || token->times;
  const fci_value *value = &bound[token->capture];
  if ((needs && !(known >> token->capture & 1)) || (number && token->open))
    return (fci_text_span){ NULL, 0 };
  if (token->kind == FCI_T_LIST)
    return fci_list_alternative (token, value->number);
  if (!number)
    return value->text;
  int n = snprintf (digits, 24, "%" PRId64, fci_token_printed (token, needs ? value->number : 0));
  return (fci_text_span){ digits, (size_t) n };
}

static size_t
append (char *to, size_t tokens_out, size_t at, fci_text_span text)
{
  if (at < tokens_out)
    memcpy (to + at, text.at, text.len < tokens_out - at ? text.len : tokens_out - at);
  return at + text.len;
}

size_t
fci_pattern_print (const fci_pattern *pattern, const fci_value *bound, uint64_t known, char *to,
                   size_t tokens_out)
{
  size_t n = 0;
  for (unsigned i = 0; i < pattern->n_tokens; i++)
    {
      const fci_token *token = &pattern->token[i];
      char digits[24];
      if (token->kind == FCI_T_MAYBE && !token->is_printed)
        continue;
      fci_text_span text = token->kind <= FCI_T_MAYBE ? token->text : shown (token, bound, known, digits);
      if (text.at)
        n = append (to, tokens_out, n, text);
      else
        {
          n = append (to, tokens_out, n, (fci_text_span){ "{", 1 });
          n = append (to, tokens_out, n, token->name);
          n = append (to, tokens_out, n, (fci_text_span){ "}", 1 });
        }
    }
  if (tokens_out)
    to[n < tokens_out ? n : tokens_out - 1] = 0;
  return n;
}

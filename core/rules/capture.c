/* core/rules/capture.c: parses the captures of a pattern: {i}, {x*}, {p:q,k,v}, {#k-1-k}, {3*k+1}, {#i-1}.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/capture.h"
#include "core/rules/lists.h"
#include "core/rules/pattern.h"
#include <ctype.h>
#include <string.h>

enum
{
  MAX_CONSTANT_DIGITS = 9
};

static fci_text_span
take_name (fci_text_span *in)
{
  fci_text_span name = { in->at, 0 };
  if (in->len && (isalpha ((unsigned char) *in->at) || *in->at == '_'))
    while (name.len < in->len && (isalnum ((unsigned char) in->at[name.len]) || in->at[name.len] == '_'))
      name.len++;
  in->at += name.len;
  in->len -= name.len;
  return name;
}

static const char *
parse_list (fci_token *token, fci_text_span alternatives, bool is_range)
{
  token->kind = FCI_T_LIST;
  token->text = alternatives;
  token->count = !is_range || alternatives.len;
  for (size_t i = 0; i < alternatives.len; i++)
    token->count += alternatives.at[i] == ',';
  if (token->count > FCI_MAX_ALTERNATIVES)
    return "a list has too many alternatives";
  for (unsigned a = 0; !is_range && a < token->count; a++)
    for (unsigned b = a + 1; b < token->count; b++)
      if (fci_text_span_equal (fci_list_alternative (token, a), fci_list_alternative (token, b)))
        return "a list has an alternative twice";
  return NULL;
}

static const char *
parse_plain (fci_token *token, const fci_rule_lists *lists)
{
  token->kind = FCI_T_WORD;
  for (unsigned i = 0; lists && i < lists->n; i++)
    if (fci_text_span_equal (lists->name[i], token->name))
      return parse_list (token, lists->alternatives[i], lists->is_range[i]);
  if (token->name.len == 1 && *token->name.at >= 'i' && *token->name.at <= 'n')
    token->kind = FCI_T_NUMBER;
  return NULL;
}

/* Takes digits. Returns false if there are too many. */
static bool
take_digits (fci_text_span *in, int64_t *n)
{
  size_t digits = 0;
  for (*n = 0; digits < in->len && isdigit ((unsigned char) in->at[digits]); digits++)
    if (digits < MAX_CONSTANT_DIGITS)
      *n = *n * 10 + (in->at[digits] - '0');
  in->at += digits;
  in->len -= digits;
  return digits <= MAX_CONSTANT_DIGITS;
}

static const char *
parse_counted (fci_token *token, fci_text_span name, int sign)
{
  if (token->n_counted == FCI_MAX_COUNTED)
    return "a sum has too many '#c'";
  token->counted[token->n_counted] = name;
  token->counted_sign[token->n_counted++] = sign;
  return NULL;
}

/* Parses "7", "#i", "k" or "3*k". */
static const char *
parse_term (fci_token *token, fci_text_span *in, int sign)
{
  int64_t n = 1;
  const bool digits = in->len && isdigit ((unsigned char) *in->at);
  if (digits && !take_digits (in, &n))
    return "a number in a sum is too large";
  const bool factor = digits && in->len && *in->at == '*';
  if (digits && !factor)
    {
      token->constant += sign * n;
      return NULL;
    }
  in->at += factor;
  in->len -= factor;
  const bool counts = !factor && in->len && *in->at == '#';
  in->at += counts;
  in->len -= counts;
  fci_text_span name = take_name (in);
  if (!name.len)
    return "a sum has a term that is neither a number, '#c' nor a capture with or without a factor";
  if (counts)
    return parse_counted (token, name, sign);
  if (token->name.len || !n)
    return n ? "a sum has more than one capture" : "a capture has the factor 0";
  token->name = name;
  token->times = sign * n;
  return NULL;
}

/* A sum without a capture, such as {#i-1}, is one number of the model. Its name is its text. */
static const char *
constant_sum (fci_token *token, fci_text_span whole)
{
  if (!token->n_counted)
    return "a sum has neither a capture nor a '#c'";
  token->kind = FCI_T_NUMBER;
  token->name = whole;
  token->times = 0;
  return NULL;
}

static const char *
parse_sum (fci_token *token, fci_text_span in, const fci_rule_lists *lists)
{
  const fci_text_span whole = in;
  const char *error = NULL;
  int sign = 1;
  token->name.len = 0;
  for (bool first = true; !error && (first || in.len); first = false)
    {
      if (!first && *in.at != '+' && *in.at != '-')
        return "a capture has an unexpected character";
      if (in.len && (*in.at == '+' || *in.at == '-'))
        {
          sign = *in.at == '-' ? -1 : 1;
          in.at++;
          in.len--;
        }
      error = parse_term (token, &in, sign);
    }
  if (error)
    return error;
  if (!token->name.len)
    return constant_sum (token, whole);
  if (token->n_counted && token->times != 1 && token->times != -1)
    return "a sum with '#c' cannot have a factor";
  error = parse_plain (token, lists);
  if (!error && token->kind != FCI_T_NUMBER)
    error = "a sum has a capture that is not a number (one letter from i to n)";
  return error;
}

const char *
fci_capture_parse (fci_token *token, fci_text_span inside, const fci_rule_lists *lists)
{
  fci_text_span in = inside;
  token->name = take_name (&in);
  token->times = 1;
  if (!inside.len)
    return "a capture has no name";
  if (token->name.len && !in.len)
    return parse_plain (token, lists);
  if (token->name.len && in.len == 1 && *in.at == '*')
    {
      token->kind = FCI_T_REST;
      return NULL;
    }
  if (token->name.len && *in.at == ':')
    return parse_list (token, (fci_text_span){ in.at + 1, in.len - 1 }, false);
  const char *error = parse_sum (token, inside, lists);
  token->sum = token->constant;
  token->open = token->n_counted > 0;
  return error;
}

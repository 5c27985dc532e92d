/* core/attr/json-scalar.c: the values of a JSON text that are not containers: plain ones directly, all others through jansson.
 * SPDX-License-Identifier: Apache-2.0
 *
 * jansson gets one value at a time: its tree of a whole text takes more memory than the attributes that are made of it. */
#include "config.h"

#include "core/attr/attr.h"
#include "core/attr/json-memory.h"
#include "core/attr/json-number.h"
#include "core/attr/json-scalar.h"
#include "core/base/ctx.h"
#include <jansson.h>
#include <string.h>

enum
{
  JANSSON_BYTES = 1024, /* for any value */
  JANSSON_COPIES = 6
};

static const fci_attr_fault no_memory = { .code = FMTCONV_E_NOMEM, .what = "out of memory" };

/* Returns jansson's error. */
static fci_attr_fault
fault_of (const fci_json *json, const json_error_t *error)
{
  const size_t len = json->len - json->pos;
  fci_attr_fault fault = { .code = FMTCONV_E_FORMAT,
                           .pos = error->position > 0 ? (size_t) error->position : 0 };
  fault.pos = json->pos + (fault.pos > len ? len : fault.pos);
  fault.what = fci_strdup (json->ctx, *error->text ? error->text : "not a JSON value");
  return fault.what ? fault : no_memory;
}

/* Returns the length of the string, number or word at pos. */
static size_t
token_length (const fci_json *json)
{
  const char *at = json->text + json->pos;
  const size_t left = json->len - json->pos;
  const bool is_string = left && *at == '"';
  size_t n = is_string;
  if (is_string)
    for (; n < left && at[n] != '"'; n++)
      n += at[n] == '\\';
  else
    for (; n < left && !memchr (" \t\r\n,:[]{}\"", at[n], 11); n++)
      ;
  return n < left ? n : left;
}

static fmtconv_attr *
convert (fmtconv_ctx *ctx, const json_t *json)
{
  if (json_is_string (json))
    return fci_attr_string (ctx, json_string_value (json), json_string_length (json));
  fmtconv_attr *node = fci_attr_new (ctx, json_is_integer (json) ? FMTCONV_ATTR_INT : FMTCONV_ATTR_FLOAT);
  if (node && json_is_integer (json))
    node->v.i = json_integer_value (json);
  else if (node)
    node->v.f = json_real_value (json);
  return node;
}

static fmtconv_attr *
load (fci_json *json)
{
  json_error_t error = { 0 };
  const char *text = json->text + json->pos;
  json_t *value = json_loadb (text, json->len - json->pos,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);
  if (!value)
    {
      json->fault = fault_of (json, &error);
      return NULL;
    }
  json->pos += (size_t) error.position;
  fmtconv_attr *node = convert (json->ctx, value);
  json_decref (value);
  return node;
}

/* Parses the value at pos.  NULL: a fault, or an error was recorded.  jansson's memory, two buffers that double and a copy,
 * is charged before. */
static fmtconv_attr *
through_jansson (fci_json *json)
{
  fci_budget *budget = &json->ctx->budget;
  const uint64_t bytes = JANSSON_BYTES + JANSSON_COPIES * (uint64_t) token_length (json);
  if (!fci_budget_take (budget, bytes))
    {
      json->fault = no_memory;
      return NULL;
    }
  const bool has_memory = fci_json_memory_begin (bytes);
  fmtconv_attr *node = has_memory ? load (json) : NULL;
  if (!has_memory || !fci_json_memory_end ())
    {
      json->fault = no_memory;
      node = NULL;
    }
  fci_budget_give (budget, bytes);
  return node;
}

/* Reads a word.  NULL: it is another. */
static fmtconv_attr *
read_word (fci_json *json)
{
  static const struct word
  {
    const char *text;
    uint8_t len;
    uint8_t kind;
    int value;
  } words[] = { { "true", 4, FMTCONV_ATTR_BOOL, 1 },
                { "false", 5, FMTCONV_ATTR_BOOL, 0 },
                { "null", 4, FMTCONV_ATTR_NULL, 0 } };
  const char *at = json->text + json->pos;
  const size_t left = json->len - json->pos;
  for (const struct word *w = words; w < words + sizeof words / sizeof *words; w++)
    if (left >= w->len && !memcmp (at, w->text, w->len)
        && (left == w->len || memchr (" \t\r\n,:]}", at[w->len], 8)))
      {
        fmtconv_attr *node = fci_attr_new (json->ctx, w->kind);
        json->pos += w->len;
        if (node)
          node->v.i = w->value;
        return node;
      }
  return NULL;
}

/* Returns the length of the string at pos without its quotes if it is printable ASCII without escapes, which stands for
 * itself; else SIZE_MAX. */
static size_t
plain_string (const fci_json *json)
{
  const char *at = json->text + json->pos + 1;
  const size_t left = json->len - json->pos - 1;
  for (size_t n = 0; n < left; n++)
    if (at[n] == '"')
      return n;
    else if (at[n] < ' ' || at[n] > '~' || at[n] == '\\')
      break;
  return SIZE_MAX;
}

static fmtconv_attr *
read_string (fci_json *json)
{
  const size_t n = plain_string (json);
  if (n == SIZE_MAX)
    return through_jansson (json);
  fmtconv_attr *node = fci_attr_string (json->ctx, json->text + json->pos + 1, n);
  json->pos += n + 2;
  return node;
}

const char *
fci_json_key (fci_json *json)
{
  const size_t n = plain_string (json);
  if (n == SIZE_MAX)
    {
      const fmtconv_attr *node = through_jansson (json);
      return node ? node->v.s : NULL;
    }
  const char *key = fci_strndup (json->ctx, json->text + json->pos + 1, n);
  json->pos += n + 2;
  return key;
}

/* Reads a number that jansson cannot hold, or a plain one.  NULL: another. */
static fmtconv_attr *
read_number (fci_json *json)
{
  fci_json_number number;
  size_t n = fci_json_number_at (json->text + json->pos, json->len - json->pos, &number);
  fmtconv_attr *node = number.kind ? fci_attr_new (json->ctx, number.kind) : NULL;
  if (!node)
    return NULL;
  if (number.kind == FMTCONV_ATTR_FLOAT)
    node->v.f = number.real;
  else
    node->v.u = number.value;
  json->pos += n;
  return node;
}

fmtconv_attr *
fci_json_scalar (fci_json *json)
{
  const char c = json->pos < json->len ? json->text[json->pos] : '\0';
  fmtconv_attr *node = c == '"'                             ? read_string (json)
                       : c == '-' || (c >= '0' && c <= '9') ? read_number (json)
                                                            : read_word (json);
  return node || json->fault.code || json->ctx->failed ? node : through_jansson (json);
}

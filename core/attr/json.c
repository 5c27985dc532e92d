/* core/attr/json.c: JSON text to attribute trees, through jansson.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/attr/json-memory.h"
#include "core/attr/json.h"
#include "core/base/ctx.h"
#include "core/base/size.h"
#include "core/source/source.h"
#include <jansson.h>
#include <string.h>

static const fci_attr_fault no_memory = { .code = FMTCONV_E_NOMEM, .what = "out of memory" };

static fmtconv_attr *convert (fci_json *c, const json_t *json);

static fmtconv_attr *
convert_object (fci_json *c, const json_t *json)
{
  fmtconv_attr *node = fmtconv_attr_object (c->ctx);
  json_t *object = (json_t *) (uintptr_t) json; /* jansson's iterators take a non-const pointer */
  for (void *i = json_object_iter (object); i && node; i = json_object_iter_next (object, i))
    {
      const char *key = fci_strdup (c->ctx, json_object_iter_key (i));
      fmtconv_attr *member = convert (c, json_object_iter_value (i));
      if (!key || !member)
        return NULL;
      fci_attr_append (node, key, member);
    }
  return node;
}

static fmtconv_attr *
convert_array (fci_json *c, const json_t *json)
{
  fmtconv_attr *node = fci_attr_new (c->ctx, FMTCONV_ATTR_ARRAY);
  for (size_t i = 0; i < json_array_size (json) && node; i++)
    {
      fmtconv_attr *item = convert (c, json_array_get (json, i));
      if (!item)
        return NULL;
      fci_attr_append (node, NULL, item);
    }
  return node;
}

/* Sets a number that jansson could not hold. */
static void
restore (fmtconv_attr *node, const fci_json_number *odd)
{
  node->kind = odd->is_float ? FMTCONV_ATTR_FLOAT : FMTCONV_ATTR_UINT;
  if (odd->is_float)
    node->v.f = odd->real;
  else
    node->v.u = odd->value;
}

static fmtconv_attr *
convert_number (fci_json *c, const json_t *json)
{
  fmtconv_attr *node = fci_attr_new (c->ctx, json_is_integer (json) ? FMTCONV_ATTR_INT : FMTCONV_ATTR_FLOAT);
  size_t number = c->numbers++;
  if (!node)
    return NULL;
  if (c->odd && c->odd->number == number)
    {
      restore (node, c->odd);
      c->odd = c->odd->next;
    }
  else if (json_is_integer (json))
    node->v.i = json_integer_value (json);
  else
    node->v.f = json_real_value (json);
  return node;
}

static fmtconv_attr *
convert_bool (fci_json *c, const json_t *json)
{
  fmtconv_attr *node = fci_attr_new (c->ctx, FMTCONV_ATTR_BOOL);
  if (node)
    node->v.i = json_is_true (json);
  return node;
}

/* Converts a value. The scan limits the recursion depth. */
static fmtconv_attr *
convert (fci_json *c, const json_t *json)
{
  switch (json_typeof (json))
    {
    case JSON_OBJECT:
      return convert_object (c, json);
    case JSON_ARRAY:
      return convert_array (c, json);
    case JSON_STRING:
      return fci_attr_string (c->ctx, json_string_value (json), json_string_length (json));
    case JSON_INTEGER:
    case JSON_REAL:
      return convert_number (c, json);
    case JSON_TRUE:
    case JSON_FALSE:
      return convert_bool (c, json);
    default:
      return fci_attr_new (c->ctx, FMTCONV_ATTR_NULL);
    }
}

/* Replaces numbers that jansson cannot hold with zeros of the same length for jansson, so that positions stay; convert_number
 * restores them. */
static const char *
blank (fmtconv_ctx *ctx, const char *text, size_t len, const fci_json_number *odd)
{
  if (!odd)
    return text;
  char *copy = fci_strndup (ctx, text, len);
  for (; odd && copy; odd = odd->next)
    {
      memset (copy + odd->pos, ' ', odd->len);
      copy[odd->pos] = '0';
    }
  return copy;
}

/* Returns jansson's error. */
static fci_attr_fault
fault_of (fmtconv_ctx *ctx, const json_error_t *error, size_t len)
{
  fci_attr_fault fault = { .code = FMTCONV_E_FORMAT,
                           .pos = error->position > 0 ? (size_t) error->position : 0 };
  if (fault.pos > len)
    fault.pos = len;
  fault.what = fci_strdup (ctx, *error->text ? error->text : "not a JSON value");
  return fault.what ? fault : no_memory;
}

/* Parses the next value.  NULL: a fault.  jansson reports a failed allocation as malformed text, or not at all. */
static json_t *
parse (fci_json *json, size_t flags, json_error_t *error)
{
  const size_t len = json->len - json->pos;
  fci_json_memory_begin ();
  json_t *value = json_loadb (json->text + json->pos, len, flags, error);
  if (fci_json_memory_end ())
    {
      if (!value)
        json->fault = fault_of (json->ctx, error, len);
      return value;
    }
  json_decref (value);
  json->fault = no_memory;
  return NULL;
}

/* Scans the text, which is referenced. Returns false on a fault. */
static bool
open_text (fci_json *json, fmtconv_ctx *ctx, const char *text, size_t len, unsigned depth, unsigned plain)
{
  *json = (fci_json){ .ctx = ctx, .len = len };
  json->odd = fci_json_scan (ctx, text, len, depth, plain, &json->fault);
  json->text = json->fault.code ? NULL : blank (ctx, text, len, json->odd);
  return json->text != NULL;
}

fmtconv_attr *
fci_json_value (fci_json *json, bool last)
{
  json_error_t error = { 0 };
  size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | (last ? 0 : JSON_DISABLE_EOF_CHECK);
  json_t *value = parse (json, flags, &error);
  if (!value)
    {
      json->fault.pos += json->pos;
      return NULL;
    }
  json->pos += (size_t) error.position;
  fmtconv_attr *tree = convert (json, value);
  json_decref (value);
  return tree;
}

fmtconv_attr *
fmtconv_attr_literal (fmtconv_ctx *ctx, const char *text)
{
  if (!ctx || ctx->failed || !text)
    return NULL;
  fci_json json;
  fmtconv_attr *tree = open_text (&json, ctx, text, strlen (text), FCI_JSON_DEPTH, FCI_JSON_DEPTH)
                           ? fci_json_value (&json, true)
                           : NULL;
  if (json.fault.code)
    fmtconv_fail (ctx, json.fault.code == FMTCONV_E_FORMAT ? FMTCONV_E_USAGE : json.fault.code,
                  "'%s' is not a JSON value: at byte %zu: %s", text, json.fault.pos, json.fault.what);
  return tree;
}

fmtconv_attr *
fmtconv_attr_parse_json (fmtconv_ctx *ctx, const char *text, const char **why)
{
  *why = NULL;
  if (!ctx || ctx->failed || !text)
    return NULL;
  fci_json json;
  fmtconv_attr *tree = open_text (&json, ctx, text, strlen (text), FCI_JSON_DEPTH, FCI_JSON_DEPTH)
                           ? fci_json_value (&json, true)
                           : NULL;
  if (json.fault.code == FMTCONV_E_NOMEM)
    fci_nomem (ctx);
  if (json.fault.code)
    *why = fmtconv_ctx_printf (ctx, "at byte %zu: %s", json.fault.pos, json.fault.what);
  return json.fault.code ? NULL : tree;
}

bool
fci_json_take (fci_json *json, fmtconv_cursor *cursor, uint64_t n, unsigned depth, unsigned plain)
{
  *json = (fci_json){ 0 };
  if (!cursor || !cursor->source || cursor->source->ctx->failed)
    return false;
  fmtconv_ctx *ctx = cursor->source->ctx;
  const uint64_t start = cursor->pos;
  if (n > FCI_JSON_BYTES && fci_size_within (start, n, cursor->end))
    {
      fmtconv_fail_at (ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = cursor->source, .offset = start },
                       "%llu bytes of JSON are more than the limit of %d", (unsigned long long) n,
                       FCI_JSON_BYTES);
      return false;
    }
  const char *text = fmtconv_cursor_take (cursor, n);
  if (!text)
    return false;
  bool good = open_text (json, ctx, text, (size_t) n, depth, plain);
  json->where = (fmtconv_where){ .source = cursor->source, .offset = start };
  return good || fci_json_fail (json);
}

/* Returns whether the fault is next to a number that Python writes, but JSON does not have. */
static bool
is_near_nan (const fci_json *json)
{
  static const char *const words[] = { "NaN", "Infinity" };
  const size_t pos = json->fault.pos;
  for (size_t i = 0; json->text && pos <= json->len && i < sizeof words / sizeof *words; i++)
    {
      const size_t n = strlen (words[i]);
      if ((pos >= n && memcmp (json->text + pos - n, words[i], n) == 0)
          || (json->len - pos >= n && memcmp (json->text + pos, words[i], n) == 0))
        return true;
    }
  return false;
}

bool
fci_json_fail (fci_json *json)
{
  if (json->fault.code && is_near_nan (json))
    json->where.hint = "JSON has no NaN and no Infinity: write a number or null instead";
  json->where.offset += json->fault.pos;
  if (json->fault.code)
    fmtconv_fail_at (json->ctx, json->fault.code, &json->where, "malformed JSON: %s", json->fault.what);
  return false;
}

fmtconv_attr *
fmtconv_cursor_take_json (fmtconv_cursor *cursor, uint64_t n, unsigned depth)
{
  fci_json json;
  if (!fci_json_take (&json, cursor, n, depth, depth))
    return NULL;
  fmtconv_attr *tree = fci_json_value (&json, true);
  if (!tree)
    fci_json_fail (&json);
  return tree;
}

/* core/attr/json.c: JSON text to attribute trees, through jansson.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/attr/json-keys.h"
#include "core/attr/json-scalar.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/scratch.h"
#include "core/base/size.h"
#include "core/source/source.h"
#include <string.h>

bool
fci_json_at_end (fci_json *json)
{
  while (json->pos < json->len && fci_json_is_space (json->text[json->pos]))
    json->pos++;
  return json->pos == json->len;
}

bool
fci_json_skip (fci_json *json, char wanted)
{
  bool found = !fci_json_at_end (json) && json->text[json->pos] == wanted;
  json->pos += found;
  return found;
}

bool
fci_json_expected (fci_json *json, const char *what)
{
  const char *near =
      json->pos == json->len ? "end of file" : fmtconv_ctx_printf (json->ctx, "'%c'", json->text[json->pos]);
  json->fault = (fci_attr_fault){ .code = FMTCONV_E_FORMAT,
                                  .pos = json->pos,
                                  .what = fmtconv_ctx_printf (json->ctx, "%s expected near %s", what, near) };
  return false;
}

static fmtconv_attr *read_value (fci_json *json);

fmtconv_attr *
fci_json_member (fci_json *json)
{
  if (!fci_json_skip (json, '"') && !fci_json_expected (json, "string or '}'"))
    return NULL;
  json->pos--;
  const char *key = fci_json_key (json);
  if (!key || (!fci_json_skip (json, ':') && !fci_json_expected (json, "':'")))
    return NULL;
  fmtconv_attr *member = read_value (json);
  if (member)
    member->key = key;
  return member;
}

/* Reads an object; its '{' is passed. */
static fmtconv_attr *
read_object (fci_json *json)
{
  fmtconv_attr *node = fmtconv_attr_object (json->ctx);
  bool more = !fci_json_skip (json, '}');
  while (node && more)
    {
      fmtconv_attr *member = fci_json_member (json);
      if (!member)
        return NULL;
      fci_attr_append (node, member->key, member);
      more = fci_json_skip (json, ',');
      if (!more && !fci_json_skip (json, '}') && !fci_json_expected (json, "'}'"))
        return NULL;
    }
  return node && fci_json_check_keys (json, node) ? node : NULL;
}

/* Reads an array; its '[' is passed. */
static fmtconv_attr *
read_array (fci_json *json)
{
  fmtconv_attr *node = fci_attr_new (json->ctx, FMTCONV_ATTR_ARRAY);
  bool more = !fci_json_skip (json, ']');
  while (node && more)
    {
      fmtconv_attr *item = read_value (json);
      if (!item)
        return NULL;
      fci_attr_append (node, NULL, item);
      more = fci_json_skip (json, ',');
      if (!more && !fci_json_skip (json, ']') && !fci_json_expected (json, "']'"))
        return NULL;
    }
  return node;
}

/* Reads a value.  The scan limits the recursion depth. */
static fmtconv_attr *
read_value (fci_json *json)
{
  if (fci_json_skip (json, '{'))
    return read_object (json);
  return fci_json_skip (json, '[') ? read_array (json) : fci_json_scalar (json);
}

/* Scans the text, which is referenced. Returns false on a fault. */
static bool
open_text (fci_json *json, fmtconv_ctx *ctx, const char *text, size_t len, unsigned depth, unsigned plain)
{
  *json = (fci_json){ .ctx = ctx, .len = len };
  fci_json_scan (text, len, depth, plain, &json->fault);
  json->text = json->fault.code ? NULL : text;
  return json->text != NULL;
}

fmtconv_attr *
fci_json_value (fci_json *json, bool last)
{
  fci_subject frame;
  fci_subject_push_reads (json->ctx, &frame, "the JSON text", json->where.source);
  fmtconv_attr *tree = read_value (json);
  if (tree && last && !fci_json_at_end (json))
    fci_json_expected (json, "end of file");
  if (json->fault.code == FMTCONV_E_NOMEM)
    fci_nomem (json->ctx);
  fci_subject_pop (json->ctx, &frame);
  return json->fault.code ? NULL : tree;
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
  fci_arena memory = FCI_ARENA_BESIDE (ctx);
  const char *text = fci_cursor_take_in (cursor, n, &memory);
  bool good = text && open_text (json, ctx, text, (size_t) n, depth, plain);
  json->memory = memory;
  json->where = (fmtconv_where){ .source = cursor->source, .offset = start };
  if (!good)
    {
      fci_json_fail (json);
      fci_json_close (json);
    }
  return good;
}

void
fci_json_close (fci_json *json)
{
  fci_arena_clear (&json->memory);
  json->text = NULL;
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
fci_json_read_in (fci_json *json, fci_arena *memory, fmtconv_attr *(*next) (fci_json *json))
{
  fmtconv_ctx *ctx = json->ctx;
  fci_arena kept = ctx->arena;
  ctx->arena = *memory;
  fmtconv_attr *value = next (json);
  *memory = ctx->arena;
  ctx->arena = kept;
  /* The error lives longer than the values. */
  if (!value && ctx->failed)
    fci_error_keep (ctx, ctx->error);
  else if (!value)
    fci_json_fail (json);
  return value;
}

static fmtconv_attr *
read_last (fci_json *json)
{
  return fci_json_value (json, true);
}

/* Reads the next n bytes as one value in the arena of the context, or in the innermost scratch. */
static fmtconv_attr *
take_value (fmtconv_cursor *cursor, uint64_t n, unsigned depth, bool is_scratch)
{
  fci_json json;
  fmtconv_attr *tree;
  if (!fci_json_take (&json, cursor, n, depth, depth))
    return NULL;
  if (is_scratch && json.ctx->scratch)
    tree = fci_json_read_in (&json, fci_scratch_arena (json.ctx), read_last);
  else if (!(tree = read_last (&json)))
    fci_json_fail (&json);
  fci_json_close (&json);
  return tree;
}

fmtconv_attr *
fmtconv_cursor_take_json (fmtconv_cursor *cursor, uint64_t n, unsigned depth)
{
  return take_value (cursor, n, depth, false);
}

fmtconv_attr *
fmtconv_scratch_json (fmtconv_cursor *cursor, uint64_t n, unsigned depth)
{
  return take_value (cursor, n, depth, true);
}

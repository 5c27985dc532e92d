/* core/attr/json-text.c: attribute trees as JSON text.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/attr/float-text.h"
#include "core/attr/packed.h"
#include "core/base/ctx.h"
#include "core/base/utf8.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The output is written twice: first to measure, without a buffer, then for real. */
typedef struct output
{
  fmtconv_ctx *ctx;
  char *at;
  size_t len;
  bool pretty;
} output;

static void put_value (output *o, const fmtconv_attr *node, unsigned level);

static void
put (output *o, const char *s, size_t n)
{
  if (o->at)
    memcpy (o->at + o->len, s, n);
  o->len += n;
}

static void
put_text (output *o, const char *s)
{
  put (o, s, strlen (s));
}

static void
put_escape (output *o, unsigned char c)
{
  static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  const char *name = c ? strchr (named, c) : NULL;
  char text[8];
  if (name)
    snprintf (text, sizeof text, "\\%c", letters[name - named]);
  else
    snprintf (text, sizeof text, "\\u%04x", c);
  put_text (o, text);
}

static void
put_string (output *o, const char *s, size_t len)
{
  put (o, "\"", 1);
  for (size_t i = 0, start = 0; i <= len; i++)
    {
      unsigned char c = i < len ? (unsigned char) s[i] : 0;
      if (i < len && c >= 0x20 && c != '"' && c != '\\')
        continue;
      put (o, s + start, i - start);
      if (i < len)
        put_escape (o, c);
      start = i + 1;
    }
  put (o, "\"", 1);
}

static void
new_line (output *o, unsigned level)
{
  if (!o->pretty)
    return;
  put (o, "\n", 1);
  for (unsigned i = 0; i < level; i++)
    put (o, "  ", 2);
}

static void
put_item (output *o, const fmtconv_attr *item, unsigned level, bool first)
{
  if (!first)
    put (o, ",", 1);
  new_line (o, level);
  if (item->key)
    {
      put_string (o, item->key, strlen (item->key));
      put_text (o, o->pretty ? ": " : ":");
    }
  put_value (o, item, level);
}

/* Byte order of UTF-8 is the order of code points, which is Python's. */
static int
by_key (const void *a, const void *b)
{
  const fmtconv_attr *const *x = a, *const *y = b;
  return strcmp ((*x)->key, (*y)->key);
}

static void
put_sorted (output *o, const fmtconv_attr *object, unsigned level)
{
  const fmtconv_attr **members = calloc (object->len, sizeof *members);
  if (!members)
    {
      fci_nomem (o->ctx);
      return;
    }
  size_t n = 0;
  for (const fmtconv_attr *m = object->first; m; m = m->next)
    members[n++] = m;
  qsort (members, n, sizeof *members, by_key);
  for (size_t i = 0; i < n; i++)
    put_item (o, members[i], level, i == 0);
  free (members);
}

static void
put_items (output *o, const fmtconv_attr *node, unsigned level)
{
  bool is_object = node->kind == FMTCONV_ATTR_OBJECT;
  put (o, is_object ? "{" : "[", 1);
  if (node->len && is_object && o->pretty)
    put_sorted (o, node, level + 1);
  else
    for (const fmtconv_attr *item = node->first; item; item = item->next)
      put_item (o, item, level + 1, item == node->first);
  if (node->len)
    new_line (o, level);
  put (o, is_object ? "}" : "]", 1);
}

static void
put_float (output *o, double v, unsigned bits)
{
  char text[FCI_FLOAT];
  if (isfinite (v))
    {
      fci_float_text (v, bits, text);
      put_text (o, text);
    }
  else
    fmtconv_fail (o->ctx, FMTCONV_E_UNSUPPORTED, "JSON cannot represent the number %s",
                  isnan (v) ? "NaN" : (v < 0 ? "-Infinity" : "Infinity"));
}

static void
put_integer (output *o, const fmtconv_attr *node)
{
  char text[24];
  if (node->kind == FMTCONV_ATTR_INT)
    snprintf (text, sizeof text, "%" PRId64, node->v.i);
  else
    snprintf (text, sizeof text, "%" PRIu64, node->v.u);
  put_text (o, text);
}

/* Reads values that stay in their file through a separate arena. */
static void
put_packed (output *o, const fmtconv_attr *node, unsigned level)
{
  const fmtconv_packed *packed = node->v.packed;
  fmtconv_cursor c = { packed->source, packed->at, packed->at + packed->bytes };
  fci_arena kept = o->ctx->arena;
  o->ctx->arena = FCI_ARENA_BESIDE (o->ctx);
  put (o, "[", 1);
  for (size_t i = 0; i < node->len; i++)
    {
      const fmtconv_attr *item = fci_packed_next (packed, &c);
      if (item && item->kind == FMTCONV_ATTR_STRING && !fci_utf8_is_text (item->v.s, item->len))
        fmtconv_fail (o->ctx, FMTCONV_E_UNSUPPORTED, "JSON cannot represent a string that is not UTF-8");
      if (!item || o->ctx->failed)
        break;
      put_item (o, item, level + 1, i == 0);
      fci_arena_reuse (&o->ctx->arena);
    }
  fci_arena_clear (&o->ctx->arena);
  o->ctx->arena = kept;
  if (node->len)
    new_line (o, level);
  put (o, "]", 1);
}

static void
put_value (output *o, const fmtconv_attr *node, unsigned level)
{
  switch (node->kind)
    {
    case FMTCONV_ATTR_NULL:
      put_text (o, "null");
      break;
    case FMTCONV_ATTR_BOOL:
      put_text (o, node->v.i ? "true" : "false");
      break;
    case FMTCONV_ATTR_INT:
    case FMTCONV_ATTR_UINT:
      put_integer (o, node);
      break;
    case FMTCONV_ATTR_FLOAT:
      put_float (o, node->v.f, node->bits);
      break;
    case FMTCONV_ATTR_STRING:
      put_string (o, node->v.s, node->len);
      break;
    case FMTCONV_ATTR_PACKED:
      put_packed (o, node, level);
      break;
    default:
      put_items (o, node, level);
    }
}

const char *
fmtconv_attr_json_text (fmtconv_attr *node, int pretty)
{
  if (!node || node->ctx->failed)
    return NULL;
  output o = { .ctx = node->ctx, .pretty = pretty != 0 };
  put_value (&o, node, 0);
  o.at = fmtconv_ctx_alloc (o.ctx, o.len + 1, 1);
  if (!o.at)
    return NULL;
  o.len = 0;
  put_value (&o, node, 0);
  return o.ctx->failed ? NULL : o.at;
}

/* core/api/sanitize.c: a model's attributes in the form that an inspection prints.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/sanitize.h"
#include "core/api/tree.h"
#include "core/attr/attr.h"
#include "core/attr/packed.h"
#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/base/utf8.h"
#include <math.h>

enum
{
  SHORT = 64, /* maximum items of an array that is printed completely */
  FIRST = 8   /* items that are printed of a longer array */
};

static const char *
item_type (fmtconv_ctx *ctx, const fmtconv_packed *packed)
{
  if (packed->kind == FMTCONV_ATTR_STRING || packed->kind == FMTCONV_ATTR_BOOL)
    return packed->kind == FMTCONV_ATTR_STRING ? "string" : "bool";
  return fmtconv_ctx_printf (ctx, "%c%u",
                             packed->kind == FMTCONV_ATTR_FLOAT ? 'f'
                             : packed->is_unsigned              ? 'u'
                                                                : 'i',
                             packed->bits);
}

/* Appends an empty list or object to `to`, in which the items are then created: to copy finished items
 * would cost their size at each level. */
static fmtconv_attr *
add_empty (fmtconv_attr *to, const char *key, unsigned kind)
{
  const char *name = key ? fci_strdup (to->ctx, key) : NULL;
  fmtconv_attr *list = name || !key ? fci_attr_new (to->ctx, kind) : NULL;
  if (list)
    fci_attr_append (to, name, list);
  return list;
}

/* Adds the first n values; strings may be any bytes here. */
static void
add_first (fmtconv_attr *to, const char *key, const fmtconv_packed *packed, size_t n)
{
  fmtconv_cursor c = { packed->source, packed->at, packed->at + packed->bytes };
  fmtconv_attr *list = add_empty (to, key, FMTCONV_ATTR_ARRAY);
  for (size_t i = 0; i < n; i++)
    fci_add_sanitized (list, NULL, fci_packed_next (packed, &c));
}

/* Adds the number and the kind of the values, and the first of them. */
static void
add_long (fmtconv_attr *to, const char *key, const fmtconv_attr *array)
{
  fmtconv_attr *node = add_empty (to, key, FMTCONV_ATTR_OBJECT);
  fmtconv_attr_set_string (node, "type", item_type (to->ctx, array->v.packed));
  fci_add_count (node, "items", array->len);
  add_first (node, "first", array->v.packed, FIRST);
}

static const char *
no_number (double v)
{
  return isnan (v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity";
}

void
fci_add_sanitized (fmtconv_attr *to, const char *key, fmtconv_attr *value)
{
  if (!to || !value || to->ctx->failed)
    return;
  bool is_list = value->kind == FMTCONV_ATTR_ARRAY || value->kind == FMTCONV_ATTR_OBJECT;
  if (value->kind == FMTCONV_ATTR_PACKED && value->len > SHORT)
    add_long (to, key, value);
  else if (value->kind == FMTCONV_ATTR_PACKED)
    add_first (to, key, value->v.packed, value->len);
  else if (value->kind == FMTCONV_ATTR_STRING && !fci_utf8_is_text (value->v.s, value->len))
    fmtconv_attr_set_string (to, key, fci_escape (to->ctx, value->v.s, value->len));
  else if (value->kind == FMTCONV_ATTR_FLOAT && !isfinite (value->v.f))
    fmtconv_attr_set_string (to, key, no_number (value->v.f));
  else if (!is_list)
    fmtconv_attr_set (to, key, value);
  else
    {
      fmtconv_attr *list = add_empty (to, key, value->kind);
      for (fmtconv_attr *item = value->first; item; item = item->next)
        fci_add_sanitized (list, item->key, item);
    }
}

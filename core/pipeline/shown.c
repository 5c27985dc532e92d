/* core/pipeline/shown.c: a model's attributes as an inspection shows them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/model/attr.h"
#include "core/pipeline/report.h"
#include <math.h>

enum
{
  SHORT = 64, /* items of an array that is shown in full */
  FIRST = 8   /* of a longer one */
};

static const char *
item_type (fmtconv_ctx *ctx, const fmtconv_packed *packed)
{
  if (packed->kind == FMTCONV_A_STRING || packed->kind == FMTCONV_A_BOOL)
    return packed->kind == FMTCONV_A_STRING ? "string" : "bool";
  return fmtconv_text (ctx, "%c%u",
                       packed->kind == FMTCONV_A_FLOAT ? 'f'
                       : packed->is_unsigned           ? 'u'
                                                       : 'i',
                       packed->bits);
}

/* The first n values; strings may have NULs here. */
static void
add_first (fmtconv_attr *to, const char *key, const fmtconv_packed *packed, size_t n)
{
  fmtconv_cursor c = { packed->source, packed->at, packed->at + packed->bytes };
  fmtconv_attr *list = fmtconv_literal (to->ctx, "[]");
  for (size_t i = 0; i < n; i++)
    fci_add_shown (list, NULL, fci_packed_next (packed, &c));
  fmtconv_set (to, key, list);
}

/* How many values of what, and the first of them. */
static void
add_long (fmtconv_attr *to, const char *key, const fmtconv_attr *array)
{
  fmtconv_attr *node = fmtconv_object (to->ctx);
  fmtconv_set_string (node, "type", item_type (to->ctx, array->v.packed));
  fci_add_count (node, "items", array->len);
  add_first (node, "first", array->v.packed, FIRST);
  fmtconv_set (to, key, node);
}

static const char *
no_number (double v)
{
  return isnan (v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity";
}

void
fci_add_shown (fmtconv_attr *to, const char *key, fmtconv_attr *value)
{
  if (!to || !value || to->ctx->failed)
    return;
  bool is_list = value->kind == FMTCONV_A_ARRAY || value->kind == FMTCONV_A_OBJECT;
  if (value->kind == FMTCONV_A_PACKED && value->len > SHORT)
    add_long (to, key, value);
  else if (value->kind == FMTCONV_A_PACKED)
    add_first (to, key, value->v.packed, value->len);
  else if (value->kind == FMTCONV_A_FLOAT && !isfinite (value->v.f))
    fmtconv_set_string (to, key, no_number (value->v.f));
  else if (!is_list)
    fmtconv_set (to, key, value);
  else
    {
      fmtconv_attr *list =
          value->kind == FMTCONV_A_ARRAY ? fmtconv_literal (to->ctx, "[]") : fmtconv_object (to->ctx);
      for (fmtconv_attr *item = value->first; item; item = item->next)
        fci_add_shown (list, item->key, item);
      fmtconv_set (to, key, list);
    }
}

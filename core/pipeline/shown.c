/* core/pipeline/shown.c: a model's attributes as an inspection shows them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
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

/* How many values of what, and the first of them. */
static void
add_long (fmtconv_attr *to, const char *key, const fmtconv_attr *array)
{
  fmtconv_packed head = *array->v.packed;
  fmtconv_attr few = *array, *node = fmtconv_object (to->ctx);
  few.v.packed = &head;
  few.len = FIRST;
  fmtconv_set_string (node, "type", item_type (to->ctx, &head));
  fci_add_count (node, "items", array->len);
  fci_add_shown (node, "first", fmtconv_unpack (&few));
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
    fci_add_shown (to, key, fmtconv_unpack (value));
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

/* plugins/common/keys.c: dictionary keys of pickles as text, and a check that they differ.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/keys.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

enum
{
  SHOWN = 256 /* bytes of a key in messages; one memoized string can be the key of many values */
};

bool
keys_is_name (const fmtconv_value *key)
{
  size_t n;
  const unsigned kind = fmtconv_value_kind (key);
  const char *text = kind == FMTCONV_VALUE_STRING ? fmtconv_value_text (key, &n) : NULL;
  return kind == FMTCONV_VALUE_INT || (text && !memchr (text, 0, n));
}

const char *
keys_text (fmtconv_ctx *ctx, const fmtconv_value *key)
{
  size_t n;
  int64_t number;
  const unsigned kind = fmtconv_value_kind (key);
  const char *text = kind == FMTCONV_VALUE_STRING ? fmtconv_value_text (key, &n) : NULL;
  if (text)
    return fmtconv_ctx_printf (ctx, "%.*s", n < SHOWN ? (int) n : SHOWN, text);
  if (kind == FMTCONV_VALUE_INT && fmtconv_value_int (key, &number))
    return fmtconv_ctx_printf (ctx, "%lld", (long long) number);
  return fmtconv_ctx_printf (ctx, "(%s)", fmtconv_value_describe (ctx, key));
}

/* A key that can be a name, with what it is compared by. */
typedef struct sorted
{
  const char *text; /* NULL: an int */
  union
  {
    size_t n; /* bytes of `text` */
    int64_t number;
  } v;
  const fmtconv_value *key;
} sorted;

/* Orders keys so that equal strings and ints are adjacent. */
static int
compare (const void *left, const void *right)
{
  const sorted *a = left, *b = right;
  if (!a->text || !b->text)
    return a->text || b->text ? (a->text ? 1 : -1)
                              : (a->v.number > b->v.number) - (a->v.number < b->v.number);
  if (a->v.n != b->v.n)
    return a->v.n < b->v.n ? -1 : 1;
  return memcmp (a->text, b->text, a->v.n);
}

/* Sorts the keys in the innermost scratch, and compares them. */
static int
sort_unique (fmtconv_ctx *ctx, const fmtconv_pickle *pickle, const fmtconv_value *dict, const char *where)
{
  const size_t count = fmtconv_value_count (dict);
  size_t n = 0;
  sorted *keys = fmtconv_scratch_alloc (ctx, count, sizeof *keys);
  if (!keys)
    return FMTCONV_E_NOMEM;
  for (size_t i = 0; i < count; i++)
    {
      const fmtconv_value *key = fmtconv_value_key (dict, i);
      if (!keys_is_name (key))
        continue;
      keys[n].key = key;
      keys[n].text = fmtconv_value_text (key, &keys[n].v.n);
      if (!keys[n].text)
        fmtconv_value_int (key, &keys[n].v.number);
      n++;
    }
  qsort (keys, n, sizeof *keys, compare);
  for (size_t i = 1; i < n; i++)
    if (!compare (&keys[i - 1], &keys[i]))
      return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .source = pickle->source },
                              "dictionary '%s' has the key '%s' twice", where, keys_text (ctx, keys[i].key));
  return 0;
}

int
keys_unique (fmtconv_ctx *ctx, const fmtconv_pickle *pickle, const fmtconv_value *dict, const char *where)
{
  if (fmtconv_value_kind (dict) != FMTCONV_VALUE_DICT || fmtconv_value_count (dict) < 2)
    return 0;
  fmtconv_scratch_begin (ctx);
  const int code = sort_unique (ctx, pickle, dict, where);
  fmtconv_scratch_end (ctx);
  return code;
}

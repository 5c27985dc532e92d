/* plugins/gguf/edit-text.c: values as users type them become the bytes of a file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "edit.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <string.h>

static const char *const names[GGUF_N_TYPES] = {
  [GGUF_U8] = "u8",   [GGUF_I8] = "i8",   [GGUF_U16] = "u16",   [GGUF_I16] = "i16",    [GGUF_U32] = "u32",
  [GGUF_I32] = "i32", [GGUF_F32] = "f32", [GGUF_BOOL] = "bool", [GGUF_STRING] = "str", [GGUF_ARRAY] = "array",
  [GGUF_U64] = "u64", [GGUF_I64] = "i64", [GGUF_F64] = "f64",
};

const char *
gguf_type_name (int type)
{
  return names[type];
}

int
gguf_type_by_name (const char *name, size_t n)
{
  for (int type = 0; type < GGUF_N_TYPES; type++)
    if (type != GGUF_ARRAY && strlen (names[type]) == n && !memcmp (names[type], name, n))
      return type;
  return -1;
}

static void
put (struct gguf_text *to, const void *bytes, size_t n)
{
  if (n > to->capacity - to->n)
    {
      const size_t capacity = 2 * (to->n + n) + 64;
      char *more = fmtconv_ctx_alloc (to->ctx, capacity, 1);
      if (!more)
        return;
      if (to->n)
        memcpy (more, to->bytes, to->n);
      to->bytes = more;
      to->capacity = capacity;
    }
  if (n)
    memcpy (to->bytes + to->n, bytes, n);
  to->n += n;
}

void
gguf_text_number (struct gguf_text *to, unsigned bytes, uint64_t number)
{
  unsigned char ordered[8];
  for (unsigned i = 0; i < bytes; i++)
    ordered[to->is_big_endian ? bytes - 1 - i : i] = (unsigned char) (number >> (8 * i));
  put (to, ordered, bytes);
}

void
gguf_text_string (struct gguf_text *to, const char *s)
{
  const size_t n = strlen (s);
  gguf_text_number (to, 8, n);
  put (to, s, n);
}

static int
refuse (const struct gguf_text *to, const char *key, int type, const char *typed)
{
  return fmtconv_fail_at (to->ctx, FMTCONV_E_USAGE,
                          &(fmtconv_where){ .hint = "KEY:TYPE=VALUE gives a key another type" },
                          "key '%s': '%s' is not a value of the type %s", key, typed, names[type]);
}

/* Writes an integer, if the type holds it.  Returns 1, or 0 if it does not. */
static int
put_integer (struct gguf_text *to, int type, const fmtconv_attr *value)
{
  const unsigned bits = gguf_types[type].bits;
  const int is_negative = value->kind == FMTCONV_ATTR_INT && value->v.i < 0;
  if (value->kind != FMTCONV_ATTR_INT && value->kind != FMTCONV_ATTR_UINT)
    return 0;
  if (gguf_types[type].kind == FMTCONV_ATTR_UINT
          ? is_negative || (bits < 64 && value->v.u >> bits)
          : (is_negative ? value->v.i < INT64_MIN >> (64 - bits)
                         : value->v.u > (uint64_t) INT64_MAX >> (64 - bits)))
    return 0;
  gguf_text_number (to, bits / 8, value->v.u);
  return 1;
}

/* Writes a number of floating point; one that is too large for the type is refused. */
static int
put_float (struct gguf_text *to, int type, const fmtconv_attr *value)
{
  const double wide = value->kind == FMTCONV_ATTR_FLOAT  ? value->v.f
                      : value->kind == FMTCONV_ATTR_INT  ? (double) value->v.i
                      : value->kind == FMTCONV_ATTR_UINT ? (double) value->v.u
                                                         : (double) NAN;
  const float narrow = (float) wide;
  uint32_t low;
  uint64_t raw;
  if (!isfinite (wide) || (type == GGUF_F32 && !isfinite (narrow)))
    return 0;
  memcpy (&low, &narrow, sizeof low);
  memcpy (&raw, &wide, sizeof raw);
  gguf_text_number (to, type == GGUF_F32 ? 4 : 8, type == GGUF_F32 ? low : raw);
  return 1;
}

/* Writes a value that was parsed as JSON.  Returns 1, or 0 if it is not one of the type. */
static int
put_value (struct gguf_text *to, int type, const fmtconv_attr *value)
{
  if (!value)
    return 0;
  switch (gguf_types[type].kind)
    {
    case FMTCONV_ATTR_STRING:
      if (value->kind == FMTCONV_ATTR_STRING)
        gguf_text_string (to, value->v.s);
      return value->kind == FMTCONV_ATTR_STRING;
    case FMTCONV_ATTR_BOOL:
      if (value->kind == FMTCONV_ATTR_BOOL)
        gguf_text_number (to, 1, value->v.i != 0);
      return value->kind == FMTCONV_ATTR_BOOL;
    case FMTCONV_ATTR_FLOAT:
      return put_float (to, type, value);
    default:
      return put_integer (to, type, value);
    }
}

/* Returns whether a text looks like a JSON value of numbers or bools, which others are not parsed as. */
static int
is_plain (const char *typed)
{
  return *typed && (strchr ("-0123456789", *typed) || !strcmp (typed, "true") || !strcmp (typed, "false"));
}

int
gguf_text_value (struct gguf_text *to, const char *key, int type, int item, const char *typed)
{
  gguf_text_number (to, 4, (uint64_t) type);
  if (type == GGUF_STRING)
    {
      gguf_text_string (to, typed);
      return fmtconv_ctx_failed (to->ctx);
    }
  if (type != GGUF_ARRAY)
    {
      const fmtconv_attr *value = is_plain (typed) ? fmtconv_attr_literal (to->ctx, typed) : NULL;
      return fmtconv_ctx_failed (to->ctx) || put_value (to, type, value) ? fmtconv_ctx_failed (to->ctx)
                                                                         : refuse (to, key, type, typed);
    }
  const fmtconv_attr *list = *typed == '[' ? fmtconv_attr_literal (to->ctx, typed) : NULL;
  if (fmtconv_ctx_failed (to->ctx))
    return fmtconv_ctx_failed (to->ctx);
  if (!list || list->kind != FMTCONV_ATTR_ARRAY)
    return fmtconv_fail_at (to->ctx, FMTCONV_E_USAGE,
                            &(fmtconv_where){ .hint = "an array is typed as JSON: KEY=[1,2]" },
                            "key '%s': '%s' is not an array", key, typed);
  gguf_text_number (to, 4, (uint64_t) item);
  gguf_text_number (to, 8, list->len);
  for (const fmtconv_attr *i = list->first; i; i = i->next)
    if (!put_value (to, item, i))
      return fmtconv_ctx_failed (to->ctx) ? fmtconv_ctx_failed (to->ctx) : refuse (to, key, item, typed);
  return fmtconv_ctx_failed (to->ctx);
}

/* tests/unit/typed.c: attributes with the types of files, and arrays that stay in their file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/attr/attr.h"
#include "core/attr/float-text.h"
#include "core/source/source.h"
#include "tests/unit/collect.h"
#include <criterion/criterion.h>
#include <float.h>
#include <fmtconv/formats.h>
#include <math.h>
#include <string.h>

static collected seen;

static fmtconv_ctx *
new_ctx (void)
{
  seen = (collected){ 0 };
  return collecting (&seen, 0);
}

#define EXPECT_JSON(node, text) cr_expect_str_eq (fmtconv_attr_json_text (node, 0), text)

/* ---- Numbers */

Test (typed, types_are_kept)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *o = fmtconv_attr_object (ctx);
  fmtconv_attr_set_typed_int (o, "i8", -128, 8);
  fmtconv_attr_set_typed_uint (o, "u16", 65535, 16);
  fmtconv_attr_set_typed_uint (o, "u64", UINT64_MAX, 64);
  fmtconv_attr_set_typed_uint (o, "small", 7, 64);
  fmtconv_attr_set_typed_float (o, "f32", 1e-5, 32);
  fmtconv_attr_set_typed_float (o, "f64", 1e-5, 64);
  fmtconv_attr_set_int (o, "plain", 7);
  EXPECT_JSON (o, "{\"i8\":-128,\"u16\":65535,\"u64\":18446744073709551615,\"small\":7,\"f32\":1e-05,"
                  "\"f64\":1e-05,\"plain\":7}");
  fmtconv_attr *copy = fmtconv_attr_object (ctx);
  fmtconv_attr_set (copy, "of", o);
  copy = fmtconv_attr_get (copy, "of");
  const fmtconv_attr *i8 = fmtconv_attr_get (copy, "i8"), *u64 = fmtconv_attr_get (copy, "u64");
  cr_expect (i8->kind == FMTCONV_ATTR_INT && i8->bits == 8 && !i8->is_unsigned);
  cr_expect (u64->kind == FMTCONV_ATTR_UINT && u64->bits == 64 && u64->is_unsigned);
  const fmtconv_attr *small = fmtconv_attr_get (copy, "small"), *plain = fmtconv_attr_get (copy, "plain");
  cr_expect (small->kind == FMTCONV_ATTR_INT && small->bits == 64 && small->is_unsigned);
  cr_expect (plain->bits == 0 && !plain->is_unsigned);
  cr_expect_eq (fmtconv_attr_get (copy, "f32")->bits, 32);
  cr_expect_eq (fmtconv_attr_get_int (copy, "small", 0), 7);
  cr_expect_eq (fmtconv_attr_get_float (copy, "f32", 0), (double) 1e-5f);
  fmtconv_attr_set_int (o, "i8", 1);
  cr_expect_eq (fmtconv_attr_get (o, "i8")->bits, 0, "a value of another type replaces it");
  fmtconv_ctx_free (ctx);
}

Test (typed, values_must_fit)
{
  static const struct
  {
    int64_t value;
    unsigned bits;
    bool is_unsigned;
    bool fits;
  } table[] = {
    { 127, 8, false, true },
    { 128, 8, false, false },
    { -129, 8, false, false },
    { 255, 8, true, true },
    { 256, 8, true, false },
    { INT16_MIN, 16, false, true },
    { UINT16_MAX + 1, 16, true, false },
    { INT32_MIN, 32, false, true },
    { UINT32_MAX, 32, false, false },
    { UINT32_MAX, 32, true, true },
    { INT64_MIN, 64, false, true },
    { 1, 7, false, false },
    { 1, 0, true, false },
    { 1, 128, true, false },
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    {
      fmtconv_ctx *ctx = new_ctx ();
      fmtconv_attr *o = fmtconv_attr_object (ctx);
      if (table[i].is_unsigned)
        fmtconv_attr_set_typed_uint (o, "x", (uint64_t) table[i].value, table[i].bits);
      else
        fmtconv_attr_set_typed_int (o, "x", table[i].value, table[i].bits);
      cr_expect_eq (fmtconv_ctx_failed (ctx), table[i].fits ? 0 : FMTCONV_E_INTERNAL, "case %zu", i);
      fmtconv_ctx_free (ctx);
    }
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *o = fmtconv_attr_object (ctx);
  fmtconv_attr_set_typed_float (o, "inf", INFINITY, 32);
  fmtconv_attr_set_typed_float (o, "nan", NAN, 32);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  fmtconv_attr_set_typed_float (o, "x", 1e300, 32);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
}

Test (typed, f32_text)
{
  static const struct
  {
    float v;
    const char *text;
  } table[] = { { 0.1f, "0.1" },
                { 1e-6f, "1e-06" },
                { 1.1525843f, "1.1525843" },
                { 16777216.0f, "16777216.0" },
                { FLT_MAX, "3.4028235e+38" },
                { FLT_MIN, "1.1754944e-38" },
                { 1e-45f, "1e-45" },
                { -0.0f, "-0.0" },
                { 0.33333334f, "0.33333334" } };
  char text[FCI_FLOAT];
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    {
      fci_float_text ((double) table[i].v, 32, text);
      cr_expect_str_eq (text, table[i].text);
      cr_expect_eq (strtof (text, NULL), table[i].v);
    }
  /* Every power of two, the next smaller number, and numbers between: their texts parse to the same
   * number. */
  for (int e = -149; e < 128; e++)
    for (int n = -1; n < 3; n++)
      {
        float v = nextafterf (ldexpf (1.0f, e), n < 0 ? 0.0f : INFINITY) * (n > 1 ? 1.3f : 1.0f);
        if (!isfinite (v))
          continue;
        fci_float_text ((double) v, 32, text);
        cr_expect_eq (strtof (text, NULL), v, "%s", text);
      }
}

Test (typed, does_f32_keep_a_number)
{
  static const double kept[] = { 0, -0.0, 0.7, 1e-5, 1.875, 1e-6, 3.402823e38, INFINITY, NAN, 16777216 };
  static const double lost[] = { 1.15258426, 3.141592653589793, 1e300,        3.4028235e38,
                                 1e-60,      16777217,          (double) 0.1f };
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
    cr_expect (fmtconv_attr_float_is_f32 (kept[i]), "%.17g", kept[i]);
  for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
    cr_expect_not (fmtconv_attr_float_is_f32 (lost[i]), "%.17g", lost[i]);
}

/* ---- Arrays */

static fmtconv_cursor
cursor_of (fmtconv_ctx *ctx, const void *bytes, size_t n)
{
  return fmtconv_cursor_start (fci_source_memory (ctx, bytes, n, "memory"));
}

Test (packed, values)
{
  static const uint8_t bytes[] = { 0xff, 0xff, 0x01, 0x00, 0x00, 0x80, 0x00, 0x00, 0x80, 0x3f };
  static const struct
  {
    unsigned kind;
    unsigned bits;
    uint64_t n;
    const char *json;
  } table[] = {
    { FMTCONV_ATTR_UINT, 8, 4, "[255,255,1,0]" },          { FMTCONV_ATTR_INT, 8, 4, "[-1,-1,1,0]" },
    { FMTCONV_ATTR_UINT, 16, 3, "[65535,1,32768]" },       { FMTCONV_ATTR_INT, 16, 3, "[-1,1,-32768]" },
    { FMTCONV_ATTR_UINT, 32, 2, "[131071,32768]" },        { FMTCONV_ATTR_INT, 64, 1, "[140737488486399]" },
    { FMTCONV_ATTR_FLOAT, 64, 1, "[6.95328131614e-310]" }, { FMTCONV_ATTR_INT, 8, 0, "[]" },
  };
  fmtconv_ctx *ctx = new_ctx ();
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    {
      fmtconv_cursor c = cursor_of (ctx, bytes, sizeof bytes);
      fmtconv_attr *a = fmtconv_cursor_take_packed (&c, table[i].kind, table[i].bits, table[i].n),
                   *o = fmtconv_attr_object (ctx);
      cr_assert_not_null (a);
      cr_expect_eq (c.pos, table[i].n * table[i].bits / 8);
      cr_expect_eq (a->len, table[i].n);
      if (table[i].kind != FMTCONV_ATTR_FLOAT)
        EXPECT_JSON (a, table[i].json);
      fmtconv_attr_set (o, "copy", a);
      const fmtconv_attr *list = fmtconv_attr_unpack (fmtconv_attr_get (o, "copy"));
      cr_expect (list && list->kind == FMTCONV_ATTR_ARRAY && list->len == table[i].n);
      if (list && list->first)
        cr_expect_eq (list->first->bits, table[i].bits);
    }
  fmtconv_cursor c = cursor_of (ctx, bytes + 6, 4);
  EXPECT_JSON (fmtconv_cursor_take_packed (&c, FMTCONV_ATTR_FLOAT, 32, 1), "[1.0]");
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0, "%s", seen.text);
  fmtconv_ctx_free (ctx);
}

static const char strings[] = "\2\0\0\0\0\0\0\0"
                              "\303\274"
                              "\0\0\0\0\0\0\0\0"
                              "\3\0\0\0\0\0\0\0"
                              "a\0b";

Test (packed, strings)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_cursor c = cursor_of (ctx, strings, sizeof strings - 1);
  fmtconv_attr *a = fmtconv_cursor_take_packed (&c, FMTCONV_ATTR_STRING, 0, 3);
  cr_assert_not_null (a, "%s", seen.text);
  cr_expect_eq (c.pos, sizeof strings - 1);
  cr_expect_eq (a->v.packed->bytes, sizeof strings - 1);
  EXPECT_JSON (a, "[\"\303\274\",\"\",\"a\\u0000b\"]");
  cr_expect_str_eq (fmtconv_attr_json_text (a, 1), "[\n  \"\303\274\",\n  \"\",\n  \"a\\u0000b\"\n]");
  cr_expect_null (fmtconv_attr_unpack (a), "an attribute's string has no NUL");
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
  cr_expect_eq (seen.offset, 26);
  fmtconv_ctx_free (ctx);
}

static void
refused (const void *bytes, size_t n, unsigned kind, unsigned bits, uint64_t count, int code, uint64_t offset)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_cursor c = cursor_of (ctx, bytes, n);
  cr_expect_null (fmtconv_cursor_take_packed (&c, kind, bits, count));
  cr_expect_eq (fmtconv_ctx_failed (ctx), code, "%s", seen.text);
  if (code != FMTCONV_E_INTERNAL)
    cr_expect_eq (seen.offset, offset, "%s", seen.text);
  fmtconv_ctx_free (ctx);
}

Test (packed, malformed)
{
  refused ("\0\1\2", 3, FMTCONV_ATTR_BOOL, 0, 3, FMTCONV_E_FORMAT, 2);
  refused ("\0\1", 2, FMTCONV_ATTR_BOOL, 0, 3, FMTCONV_E_FORMAT, 0);
  refused ("\0\1\2", 3, FMTCONV_ATTR_INT, 16, 2, FMTCONV_E_FORMAT, 0);
  refused ("\0\1\2", 3, FMTCONV_ATTR_INT, 64, UINT64_MAX / 4, FMTCONV_E_FORMAT, 0);
  refused (strings, 9, FMTCONV_ATTR_STRING, 0, 1, FMTCONV_E_FORMAT, 8);
  refused (strings, 12, FMTCONV_ATTR_STRING, 0, 2, FMTCONV_E_FORMAT, 10);
  refused ("\377\377\377\377\377\377\377\377", 8, FMTCONV_ATTR_STRING, 0, 1, FMTCONV_E_FORMAT, 8);
  refused (strings, 9, FMTCONV_ATTR_FLOAT, 16, 1, FMTCONV_E_INTERNAL, 0);
  refused (strings, 9, FMTCONV_ATTR_INT, 24, 1, FMTCONV_E_INTERNAL, 0);
  refused (strings, 9, FMTCONV_ATTR_NULL, 0, 1, FMTCONV_E_INTERNAL, 0);
}

/* Strings are any bytes while they stay in their file; attributes and JSON are text. */
Test (packed, strings_of_any_bytes)
{
  static const char any[] = "\2\0\0\0\0\0\0\0"
                            "\366\200"
                            "\1\0\0\0\0\0\0\0"
                            "a";
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_cursor c = cursor_of (ctx, any, sizeof any - 1);
  fmtconv_attr *a = fmtconv_cursor_take_packed (&c, FMTCONV_ATTR_STRING, 0, 2);
  cr_assert_not_null (a, "%s", seen.text);
  cr_expect_eq (c.pos, sizeof any - 1);
  cr_expect_not (a->v.packed->is_text);
  cr_expect_null (fmtconv_attr_unpack (a));
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
  cr_expect_eq (seen.offset, 8);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx ();
  c = cursor_of (ctx, any, sizeof any - 1);
  cr_expect_null (fmtconv_attr_json_text (fmtconv_cursor_take_packed (&c, FMTCONV_ATTR_STRING, 0, 2), 0));
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_UNSUPPORTED);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx ();
  c = cursor_of (ctx, any + 10, 9);
  cr_expect (fmtconv_cursor_take_packed (&c, FMTCONV_ATTR_STRING, 0, 1)->v.packed->is_text);
  fmtconv_ctx_free (ctx);
}

Test (packed, big_endian)
{
  static const uint8_t bytes[] = { 0x3f, 0x80, 0x00, 0x00, 0xff, 0xfe, 0x00, 0x00, 0,
                                   0,    0,    0,    0,    0,    0,    2,    'o',  'k' };
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_cursor c = cursor_of (ctx, bytes, sizeof bytes);
  EXPECT_JSON (fmtconv_cursor_take_packed_be (&c, FMTCONV_ATTR_FLOAT, 32, 1), "[1.0]");
  EXPECT_JSON (fmtconv_cursor_take_packed_be (&c, FMTCONV_ATTR_INT, 16, 2), "[-2,0]");
  EXPECT_JSON (fmtconv_cursor_take_packed_be (&c, FMTCONV_ATTR_STRING, 0, 1), "[\"ok\"]");
  cr_expect_eq (c.pos, sizeof bytes);
  c.pos = 4;
  cr_expect_eq (fmtconv_cursor_take_be (&c, 2), 0xfffe);
  cr_expect_eq (fmtconv_cursor_take_be (&c, 3), 0);
  c.pos = 8;
  cr_expect_eq (fmtconv_cursor_take_be (&c, 8), 2);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0, "%s", seen.text);
  cr_expect_eq (fmtconv_cursor_take_be (&c, 9), 0);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
  fmtconv_ctx_free (ctx);
}

Test (packed, nothing_flows)
{
  fmtconv_ctx *ctx = new_ctx ();
  cr_expect_null (fmtconv_cursor_take_packed (NULL, FMTCONV_ATTR_INT, 8, 1));
  cr_expect_null (fmtconv_cursor_take_packed (&(fmtconv_cursor){ 0 }, FMTCONV_ATTR_INT, 8, 1));
  cr_expect_null (fmtconv_attr_unpack (NULL));
  fmtconv_attr *list = fmtconv_attr_literal (ctx, "[1]");
  cr_expect_eq (fmtconv_attr_unpack (list), list);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  fmtconv_ctx_free (ctx);
}

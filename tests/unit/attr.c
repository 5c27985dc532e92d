/* tests/unit/attr.c: attribute trees and data types.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/attr/attr.h"
#include "core/base/map.h"
#include "tests/unit/collect.h"
#include <criterion/criterion.h>
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

Test (attr, set_and_get)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *o = fmtconv_attr_object (ctx);
  fmtconv_attr_set_bool (o, "bool", 5);
  fmtconv_attr_set_int (o, "int", INT64_MIN);
  fmtconv_attr_set_uint (o, "small", 7);
  fmtconv_attr_set_uint (o, "uint", UINT64_MAX);
  fmtconv_attr_set_float (o, "float", 0.5);
  fmtconv_attr_set_string (o, "string", "a/b");
  fmtconv_attr_set_string (o, "nothing", NULL);
  fmtconv_attr_set (o, "null", NULL);
  EXPECT_JSON (o, "{\"bool\":true,\"int\":-9223372036854775808,\"small\":7,\"uint\":18446744073709551615,"
                  "\"float\":0.5,\"string\":\"a/b\",\"nothing\":null,\"null\":null}");
  cr_expect_eq (o->len, 8);
  cr_expect_eq (fmtconv_attr_get_int (o, "bool", 9), 1);
  cr_expect_eq (fmtconv_attr_get_int (o, "int", 9), INT64_MIN);
  cr_expect_eq (fmtconv_attr_get_int (o, "small", 9), 7);
  cr_expect_eq (fmtconv_attr_get_int (o, "uint", 9), 9, "out of range");
  cr_expect_eq (fmtconv_attr_get_int (o, "float", 9), 9);
  cr_expect_eq (fmtconv_attr_get_int (o, "absent", 9), 9);
  cr_expect_eq (fmtconv_attr_get_float (o, "small", 9), 7.0);
  cr_expect_eq (fmtconv_attr_get_float (o, "uint", 9), 18446744073709551615.0);
  cr_expect_eq (fmtconv_attr_get_float (o, "float", 9), 0.5);
  cr_expect_eq (fmtconv_attr_get_float (o, "string", 9), 9.0);
  cr_expect_str_eq (fmtconv_attr_get_string (o, "string", "x"), "a/b");
  cr_expect_str_eq (fmtconv_attr_get_string (o, "int", "x"), "x");
  cr_expect_eq (fmtconv_attr_get_int (fmtconv_attr_get (o, "small"), NULL, 9), 7);
  cr_expect_eq (fmtconv_attr_get (o, "small")->parent, o);
  fmtconv_ctx_free (ctx);
}

Test (attr, replacing_keeps_the_place)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *o = fmtconv_attr_literal (ctx, FMTCONV_JSON ({ "a" : 1, "b" : [ 1, 2 ], "c" : 3 }));
  fmtconv_attr_set_string (o, "b", "new");
  fmtconv_attr_set_int (o, "d", 4);
  EXPECT_JSON (o, "{\"a\":1,\"b\":\"new\",\"c\":3,\"d\":4}");
  fmtconv_attr_set (o, "a", o);
  EXPECT_JSON (o, "{\"a\":{\"a\":1,\"b\":\"new\",\"c\":3,\"d\":4},\"b\":\"new\",\"c\":3,\"d\":4}");
  cr_expect_eq (fmtconv_attr_at (o, "a/d")->parent, fmtconv_attr_get (o, "a"));
  fmtconv_attr_set (o, "a", fmtconv_attr_at (o, "a/c"));
  EXPECT_JSON (o, "{\"a\":3,\"b\":\"new\",\"c\":3,\"d\":4}");
  fmtconv_ctx_free (ctx);
}

Test (attr, set_copies)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *o = fmtconv_attr_object (ctx), *part = fmtconv_attr_object (ctx);
  fmtconv_attr_set_int (part, "x", 1);
  fmtconv_attr_set (o, "part", part);
  fmtconv_attr_set_int (part, "x", 2);
  EXPECT_JSON (o, "{\"part\":{\"x\":1}}");
  char key[] = "key", value[] = "value";
  fmtconv_attr_set_string (o, key, value);
  key[0] = value[0] = '?';
  EXPECT_JSON (o, "{\"part\":{\"x\":1},\"key\":\"value\"}");
  fmtconv_ctx_free (ctx);
}

Test (attr, arrays)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *a = fmtconv_attr_literal (ctx, "[]");
  fmtconv_attr_set_int (a, NULL, 1);
  fmtconv_attr_set_string (a, NULL, "two");
  fmtconv_attr_set (a, NULL, fmtconv_attr_object (ctx));
  fmtconv_attr_set_bool (a->last, "in", 0);
  EXPECT_JSON (a, "[1,\"two\",{\"in\":false}]");
  cr_expect_eq (a->len, 3);
  cr_expect_str_eq (fmtconv_attr_get_string (fmtconv_attr_at (a, "1"), NULL, ""), "two");
  cr_expect_not_null (fmtconv_attr_at (a, "2/in"));
  cr_expect (!fmtconv_attr_at (a, "3") && !fmtconv_attr_at (a, "-1") && !fmtconv_attr_at (a, "x")
             && !fmtconv_attr_at (a, "99999999999999999999"));
  fmtconv_ctx_free (ctx);
}

Test (attr, paths)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *o = fmtconv_attr_literal (ctx, FMTCONV_JSON ({ "n" : null, "a/b" : 1, "s" : "x" }));
  fmtconv_attr_set_int (fmtconv_attr_make (o, "source/training_config/model"), "layers", 30);
  cr_expect_eq (fmtconv_attr_get_int (fmtconv_attr_at (o, "source/training_config"), NULL, 5), 5);
  cr_expect_eq (fmtconv_attr_get_int (fmtconv_attr_at (o, "source/training_config/model/layers"), NULL, 5),
                30);
  cr_expect_null (fmtconv_attr_at (o, "source/other/model"));
  cr_expect_null (fmtconv_attr_at (o, "a/b"), "a path splits at the slash");
  cr_expect_eq (fmtconv_attr_get_int (o, "a/b", 0), 1, "a key does not");
  cr_expect_eq (fmtconv_attr_at (o, ""), o);
  cr_expect_eq (fmtconv_attr_make (o, "source/training_config"),
                fmtconv_attr_at (o, "source/training_config"));
  fmtconv_attr_set_int (fmtconv_attr_make (o, "n"), "now", 1);
  EXPECT_JSON (fmtconv_attr_get (o, "n"), "{\"now\":1}");
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  cr_expect_null (fmtconv_attr_make (o, "s/t"));
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
}

Test (attr, nothing_flows)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr_set_int (NULL, "x", 1);
  fmtconv_attr_unset (NULL, "x");
  fmtconv_attr_overlay (NULL, NULL);
  cr_expect (!fmtconv_attr_get (NULL, "x") && !fmtconv_attr_at (NULL, "x") && !fmtconv_attr_make (NULL, "x"));
  cr_expect (!fmtconv_attr_json_text (NULL, 0) && !fmtconv_attr_object (NULL)
             && !fmtconv_attr_literal (NULL, "1"));
  cr_expect_eq (fmtconv_attr_get_int (NULL, NULL, 3), 3);
  fmtconv_attr *o = fmtconv_attr_object (ctx);
  fmtconv_fail (ctx, FMTCONV_E_FORMAT, "x");
  fmtconv_attr_set_int (o, "late", 1);
  fmtconv_attr_set_string (o, "late", "x");
  cr_expect (o->len == 0 && !fmtconv_attr_object (ctx) && !fmtconv_attr_make (o, "y")
             && !fmtconv_attr_json_text (o, 0));
  fmtconv_ctx_free (ctx);
}

Test (attr, wrong_places)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr_set_int (fmtconv_attr_literal (ctx, "[]"), "key", 1);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx ();
  fmtconv_attr_set_int (fmtconv_attr_object (ctx), NULL, 1);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx ();
  fmtconv_attr_set_string (fmtconv_attr_object (ctx), "key", "\xff");
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
  cr_expect_str_eq (seen.text, "attribute 'key' is not UTF-8: '\\xff'");
  fmtconv_ctx_free (ctx);
  ctx = new_ctx ();
  fmtconv_attr_set_int (fmtconv_attr_object (ctx), "\xff", 1);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
  fmtconv_ctx_free (ctx);
}

Test (attr, unset)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *o = fmtconv_attr_literal (ctx, FMTCONV_JSON ({ "a" : 1, "b" : 2, "c" : 3 }));
  fmtconv_attr_unset (o, "absent");
  fmtconv_attr_unset (o, "c");
  fmtconv_attr_set_int (o, "d", 4);
  EXPECT_JSON (o, "{\"a\":1,\"b\":2,\"d\":4}");
  fmtconv_attr_unset (o, "a");
  fmtconv_attr_unset (o, "b");
  fmtconv_attr_unset (o, "d");
  EXPECT_JSON (o, "{}");
  cr_expect (!o->first && !o->last && o->len == 0);
  fmtconv_attr_set_int (o, "a", 5);
  EXPECT_JSON (o, "{\"a\":5}");
  fmtconv_ctx_free (ctx);
}

Test (attr, overlay)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *base =
      fmtconv_attr_literal (ctx, FMTCONV_JSON ({ "a" : { "x" : 1, "y" : [ 1, 2 ] }, "b" : 2, "o" : {} }));
  fmtconv_attr *over = fmtconv_attr_literal (
      ctx, FMTCONV_JSON ({ "a" : { "y" : [3], "z" : 4 }, "c" : null, "o" : 1, "b" : { "k" : 1 } }));
  fmtconv_attr_overlay (base, over);
  EXPECT_JSON (base, "{\"a\":{\"x\":1,\"y\":[3],\"z\":4},\"b\":{\"k\":1},\"o\":1,\"c\":null}");
  EXPECT_JSON (over, "{\"a\":{\"y\":[3],\"z\":4},\"c\":null,\"o\":1,\"b\":{\"k\":1}}");
  fmtconv_attr_overlay (base, base);
  cr_expect_eq (base->len, 4);
  fmtconv_attr_overlay (base, fmtconv_attr_literal (ctx, "[1]"));
  EXPECT_JSON (base, "[1]");
  fmtconv_ctx_free (ctx);
}

/* A loop over all keys of a large object; a quadratic one would exceed the test's time limit. */
Test (attr, large_objects, .timeout = 20)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *o = fmtconv_attr_object (ctx);
  char key[32];
  for (int i = 0; i < 100000; i++)
    {
      snprintf (key, sizeof key, "key-%d", i);
      fmtconv_attr_set_int (o, key, i);
    }
  cr_assert_eq (o->len, 100000);
  for (int i = 0; i < 100000; i++)
    {
      snprintf (key, sizeof key, "key-%d", i);
      cr_assert_eq (fmtconv_attr_get_int (o, key, -1), i);
    }
  cr_assert_null (fmtconv_attr_get (o, "key-100000"));
  fmtconv_attr_unset (o, "key-5");
  cr_assert_null (fmtconv_attr_get (o, "key-5"));
  cr_assert_eq (o->len, 99999);
  fmtconv_attr_set_int (o, "key-5", 55);
  cr_assert_eq (fmtconv_attr_get_int (o, "key-5", -1), 55);
  cr_assert_str_eq (o->last->key, "key-5");
  fmtconv_attr_set (o, "key-6", o);
  cr_assert_eq (fmtconv_attr_get_int (fmtconv_attr_get (o, "key-6"), "key-99999", -1), 99999);
  const char *text = fmtconv_attr_json_text (fmtconv_attr_get (o, "key-6"), 0);
  fmtconv_attr *again = fmtconv_attr_literal (ctx, text);
  cr_assert_eq (again->len, 100000);
  for (fmtconv_attr *m = again->first; m; m = m->next)
    cr_assert_eq (fmtconv_attr_get (again, m->key), m);
  fmtconv_ctx_free (ctx);
}

/* ---- Data types */

Test (dtype, every_number)
{
  static const uint32_t bytes[] = { 0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8, 4, 8, 16, 1, 1, 1, 1, 1 };
  fmtconv_ctx *ctx = new_ctx ();
  for (uint32_t d = FMTCONV_BOOL; d <= FMTCONV_F8_E8M0; d++)
    {
      const fmtconv_dtype_info *info = fmtconv_dtype_get (d);
      cr_assert_not_null (info);
      cr_expect (info->dtype == d && info->block == 1 && info->block_bytes == bytes[d], "%s", info->name);
      cr_expect_eq (fmtconv_dtype_parse (ctx, info->name), d);
    }
  cr_expect (!fmtconv_dtype_get (0) && !fmtconv_dtype_get (FMTCONV_F4_E2M1 + 1)
             && !fmtconv_dtype_get (UINT32_MAX));
  fmtconv_ctx_free (ctx);
}

/* ggml's numbers, elements and bytes of a block. */
Test (dtype, every_block)
{
  static const uint32_t known[][3] = {
    { 2, 32, 18 },    { 3, 32, 20 },    { 6, 32, 22 },    { 7, 32, 24 },    { 8, 32, 34 },
    { 10, 256, 84 },  { 11, 256, 110 }, { 12, 256, 144 }, { 13, 256, 176 }, { 14, 256, 210 },
    { 16, 256, 66 },  { 17, 256, 74 },  { 18, 256, 98 },  { 19, 256, 50 },  { 20, 32, 18 },
    { 21, 256, 110 }, { 22, 256, 82 },  { 23, 256, 136 }, { 29, 256, 56 },  { 34, 256, 54 },
    { 35, 256, 66 },  { 39, 32, 17 },   { 40, 64, 36 },   { 41, 128, 18 },  { 42, 64, 18 },
  };
  fmtconv_ctx *ctx = new_ctx ();
  size_t next = 0, n = sizeof known / sizeof known[0];
  for (uint32_t d = FMTCONV_GGML; d < 256; d++)
    {
      const fmtconv_dtype_info *info = fmtconv_dtype_get (d);
      if (next == n || d != FMTCONV_GGML + known[next][0])
        {
          cr_expect_null (info, "%u", (unsigned) d);
          continue;
        }
      cr_assert_not_null (info, "%u", (unsigned) d);
      cr_expect (info->dtype == d && info->block == known[next][1] && info->block_bytes == known[next][2],
                 "%s", info->name);
      cr_expect_eq (fmtconv_dtype_parse (ctx, info->name), d);
      next++;
    }
  cr_expect_eq (next, n);
  fmtconv_ctx_free (ctx);
}

Test (dtype, names)
{
  static const struct
  {
    const char *name;
    uint32_t dtype;
  } table[] = { { "BF16", FMTCONV_BF16 },
                { "bfloat16", FMTCONV_BF16 },
                { "Half", FMTCONV_F16 },
                { "fp16", FMTCONV_F16 },
                { "float16", FMTCONV_F16 },
                { "FLOAT", FMTCONV_F32 },
                { "fp32", FMTCONV_F32 },
                { "double", FMTCONV_F64 },
                { "uint8", FMTCONV_U8 },
                { "int64", FMTCONV_I64 },
                { "float8_e4m3fn", FMTCONV_F8_E4M3 },
                { "F8_E5M2", FMTCONV_F8_E5M2 },
                { "complex64", FMTCONV_C64 },
                { "Q4_K", FMTCONV_Q4_K },
                { "q8_0", FMTCONV_Q8_0 },
                { "IQ4_NL", FMTCONV_IQ4_NL } };
  fmtconv_ctx *ctx = new_ctx ();
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    cr_expect_eq (fmtconv_dtype_parse (ctx, table[i].name), table[i].dtype, "%s", table[i].name);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  cr_expect_eq (fmtconv_dtype_parse (ctx, "bf61"), 0);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_USAGE);
  cr_expect_str_eq (seen.what, "'bf61' is not a data type");
  cr_expect_str_eq (seen.hint, "did you mean bf16?");
  fmtconv_ctx_free (ctx);
}

Test (dtype, tables)
{
  static const fmtconv_dtype_name table[] = { { FMTCONV_F32, "F32", 3 }, { FMTCONV_BOOL, "BOOL", 4 }, { 0 } };
  cr_expect_eq (fmtconv_dtype_table_by_name (table, "BOOL"), &table[1]);
  cr_expect_eq (fmtconv_dtype_table_by_dtype (table, FMTCONV_F32), &table[0]);
  cr_expect (!fmtconv_dtype_table_by_name (table, "bool") && !fmtconv_dtype_table_by_name (NULL, "F32")
             && !fmtconv_dtype_table_by_name (table, NULL));
  cr_expect (!fmtconv_dtype_table_by_dtype (table, FMTCONV_F16) && !fmtconv_dtype_table_by_dtype (table, 0));
}

/* tests/unit/json.c: JSON texts to attribute trees and in reverse; Python's json is the reference.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/attr/attr.h"
#include "core/attr/float-text.h"
#include "core/attr/json-scan.h"
#include "core/base/strbuf.h"
#include "core/source/source.h"
#include "tests/unit/attr-golden.h"
#include "tests/unit/collect.h"
#include <criterion/criterion.h>
#include <fmtconv/formats.h>
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static collected seen;

static fmtconv_ctx *
new_ctx (void)
{
  seen = (collected){ 0 };
  return collecting (&seen, 0);
}

Test (json, golden)
{
  fmtconv_ctx *ctx = new_ctx ();
  for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++)
    {
      fmtconv_attr *tree = fmtconv_attr_literal (ctx, golden[i].in);
      cr_assert_not_null (tree, "%s", golden[i].in);
      cr_expect_str_eq (fmtconv_attr_json_text (tree, 1), golden[i].pretty);
      cr_expect_str_eq (fmtconv_attr_json_text (tree, 0), golden[i].compact);
    }
  fmtconv_ctx_free (ctx);
}

Test (json, floats)
{
  for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++)
    {
      double v;
      char text[FCI_FLOAT];
      memcpy (&v, &floats[i].bits, sizeof v);
      fci_float_text (v, 64, text);
      cr_expect_str_eq (text, floats[i].text);
    }
}

Test (json, no_number_for_infinity)
{
  static const struct
  {
    double v;
    const char *text;
  } table[] = { { INFINITY, "JSON cannot represent the number Infinity" },
                { -INFINITY, "JSON cannot represent the number -Infinity" },
                { NAN, "JSON cannot represent the number NaN" } };
  for (size_t i = 0; i < 3; i++)
    {
      fmtconv_ctx *ctx = new_ctx ();
      fmtconv_attr *o = fmtconv_attr_object (ctx);
      fmtconv_attr_set_float (o, "x", table[i].v);
      cr_expect_null (fmtconv_attr_json_text (o, 0));
      cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_UNSUPPORTED);
      cr_expect_str_eq (seen.text, table[i].text);
      fmtconv_ctx_free (ctx);
    }
}

Test (json, integers_are_exact)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *a =
      fmtconv_attr_literal (ctx, "[1.5,18446744073709551615,[9223372036854775808],\"18446744073709551615\","
                                 "0,{\"k\":9223372036854775807},-9223372036854775808,9223372036854775809]");
  cr_assert_not_null (a);
  cr_expect_eq (fmtconv_attr_at (a, "1")->kind, FMTCONV_ATTR_UINT);
  cr_expect_eq (fmtconv_attr_at (a, "1")->v.u, UINT64_MAX);
  cr_expect_eq (fmtconv_attr_at (a, "2/0")->v.u, UINT64_C (1) << 63);
  cr_expect_eq (fmtconv_attr_at (a, "3")->kind, FMTCONV_ATTR_STRING);
  cr_expect_eq (fmtconv_attr_at (a, "4")->v.i, 0);
  cr_expect_eq (fmtconv_attr_get_int (fmtconv_attr_at (a, "5"), "k", 0), INT64_MAX);
  cr_expect_eq (fmtconv_attr_at (a, "6")->v.i, INT64_MIN);
  cr_expect_eq (fmtconv_attr_at (a, "7")->v.u, (UINT64_C (1) << 63) + 1);
  fmtconv_ctx_free (ctx);
}

/* Parses a text at an offset inside a source. */
static fmtconv_attr *
take (fmtconv_ctx *ctx, const char *text, size_t len, unsigned depth)
{
  char *bytes = calloc (1, len + 200);
  memset (bytes, 'x', len + 200);
  memcpy (bytes + 100, text, len);
  fmtconv_source *source = fci_source_memory (ctx, bytes, len + 200, "file");
  fmtconv_cursor cursor = fmtconv_cursor_start (source);
  cursor.pos = 100;
  fmtconv_attr *tree = fmtconv_cursor_take_json (&cursor, len, depth);
  if (tree)
    cr_expect_eq (cursor.pos, 100 + len);
  free (bytes);
  return tree;
}

Test (json, refused_with_a_position)
{
  static const struct
  {
    const char *text;
    unsigned depth;
    uint64_t from, to; /* limits of the reported position, from the start of the text */
    const char *what;
  } table[] = {
    { "{\"a\":1,\"a\":2}", 4, 7, 13, "duplicate object key" },
    { "{\"a\":{\"b\":1,\"\\u0062\":2}}", 4, 12, 23, "duplicate object key" },
    { "[[[[1]]]]", 3, 3, 3, "nested too deeply" },
    { "{\"a\":{\"b\":[{}]}}", 3, 11, 11, "nested too deeply" },
    { "{\"a\\u0000b\":1}", 4, 3, 3, "control character in a key" },
    { "{\"a\\nb\":1}", 4, 3, 3, "control character in a key" },
    { "{\"a\\u001Fb\" :1}", 4, 3, 3, "control character in a key" },
    { "{\"ab\\u007f\":1}", 4, 4, 4, "control character in a key" },
    { "{\"ab\x7f\":1}", 4, 4, 4, "control character in a key" },
    { "{\"ab\xc2\x85\":1}", 4, 4, 4, "control character in a key" },
    { "{\"ab\\u0085\":1}", 4, 4, 4, "control character in a key" },
    { "{\"x\":\"\\u0000\"}", 4, 5, 13, "\\\\u0000 is not allowed" },
    { "{\"x\":\"a\nb\"}", 4, 5, 9, "unexpected newline" },
    { "{\"x\":\"\xff\"}", 4, 0, 9, "unable to decode byte 0xff" },
    { "{\"x\":\"\\ud800\"}", 4, 5, 13, "invalid Unicode" },
    { "[18446744073709551617]", 4, 1, 21, "too big integer" },
    { "[-9223372036854775809]", 4, 1, 21, "too big negative integer" },
    { "[1e999]", 4, 1, 6, "real number overflow" },
    { "{} x", 4, 3, 4, "end of file expected" },
    { "{\"a\":1}}", 4, 7, 8, "end of file expected" },
    { "{\"a\":", 4, 5, 5, "near end of file" },
    { "{\"a\":1", 4, 6, 6, "near end of file" },
    { "{\"a\"", 4, 4, 4, "near end of file" },
    { "\"abc", 4, 0, 4, "premature end of input" },
    { "", 4, 0, 0, "near end of file" },
    { "   ", 4, 0, 3, "near end of file" },
    { "[1,]", 4, 3, 4, "unexpected token" },
    { "[NaN]", 4, 1, 4, "invalid token" },
    { "[01]", 4, 1, 3, "invalid token" },
    { "[1 2]", 4, 3, 4, "']' expected" },
    { "{a:1}", 4, 1, 2, "string or '}' expected" },
    { "\xef\xbb\xbf{}", 4, 0, 3, "invalid token" },
    { "]", 4, 0, 1, "unexpected token" },
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    {
      fmtconv_ctx *ctx = new_ctx ();
      const char *text = table[i].text;
      cr_expect_null (take (ctx, text, strlen (text), table[i].depth), "%s", text);
      cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
      cr_expect (seen.offset >= 100 + table[i].from && seen.offset <= 100 + table[i].to, "%s: at %d", text,
                 (int) seen.offset - 100);
      cr_expect (strstr (seen.what, table[i].what), "%s: %s", text, seen.what);
      cr_expect_eq (strncmp (seen.text, "file: at byte 0x", 16), 0);
      fmtconv_ctx_free (ctx);
    }
}

Test (json, accepted)
{
  static const char *const texts[] = { " \t\r\n{\"a\" : [ 1 , \"\\n\\u0001\" ] }  \n", "[[[1]]]",
                                       "{\"a\\\\\":1,\"a\\\"b\":2,\"\xc2\xa0\":3}",
                                       "[\"[[[[[[[[{{{{{{,,,,:::\",\"\\\\\"]", "\"a:b\"" };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    {
      fmtconv_ctx *ctx = new_ctx ();
      cr_expect_not_null (take (ctx, texts[i], strlen (texts[i]), 3), "%s: %s", texts[i], seen.text);
      fmtconv_ctx_free (ctx);
    }
}

Test (json, hostile_depth)
{
  enum
  {
    N = 1000000
  };
  char *text = malloc (N + 1);
  memset (text, '[', N);
  text[N] = '\0';
  fmtconv_ctx *ctx = new_ctx ();
  cr_expect_null (take (ctx, text, N, 1000000000));
  cr_expect_eq (seen.offset, 100 + FCI_JSON_DEPTH);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx ();
  cr_expect_null (fmtconv_attr_literal (ctx, text));
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_USAGE);
  fmtconv_ctx_free (ctx);
  free (text);
}

/* For a text from a file, the caller reports the error. */
Test (json, parse_without_an_error)
{
  const char *why;
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *tree = fmtconv_attr_parse_json (ctx, "{\"r\": 4}", &why);
  cr_expect_eq (fmtconv_attr_get_int (tree, "r", 0), 4);
  cr_expect_null (why);
  cr_expect_null (fmtconv_attr_parse_json (ctx, "{\"r\": 4", &why));
  cr_assert_not_null (why);
  cr_expect_eq (strncmp (why, "at byte ", 8), 0, "%s", why);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  fmtconv_ctx_free (ctx);
}

/* A text with one value more than the limit is refused before a parser allocates memory for it. */
Test (json, limit_of_values)
{
  size_t n = 2 * (size_t) FCI_JSON_VALUES + 1;
  char *text = malloc (n);
  for (size_t i = 0; i + 1 < n; i += 2)
    memcpy (text + i, i ? ",1" : "[1", 2);
  text[n - 1] = ']';
  fmtconv_ctx *ctx = new_ctx ();
  fci_attr_fault fault = { 0 };
  fci_json_scan (text, n, 4, 4, &fault);
  cr_expect_eq (fault.code, 0, "the limit itself is allowed");
  memcpy (text + n - 3, ",,", 2);
  fci_json_scan (text, n, 4, 4, &fault);
  cr_expect_eq (fault.code, FMTCONV_E_LIMIT);
  cr_expect_eq (fault.pos, n - 2);
  free (text);
  fmtconv_ctx_free (ctx);
}

typedef struct walk
{
  char text[200];
  size_t max;
} walk;

static int
note_member (void *arg, fmtconv_attr *member)
{
  walk *w = arg;
  strcat (w->text, member->key);
  strcat (w->text, fmtconv_attr_json_text (member, 0));
  return --w->max == 0;
}

static void
take_members (fmtconv_ctx *ctx, const char *text, size_t n, unsigned depth, walk *w)
{
  fmtconv_cursor cursor = fmtconv_cursor_start (fci_source_memory (ctx, text, n, "file"));
  fmtconv_cursor_take_members (&cursor, n, depth, note_member, w);
}

/* -0 is not an integer; the positions and the order of other numbers stay. */
Test (json, minus_zero)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *a = fmtconv_attr_literal (ctx, "[-0,0,-0.0,18446744073709551615,[ -0 ],-1,\"-0\",-0e0]");
  cr_assert_not_null (a, "%s", seen.text);
  static const unsigned kinds[] = { FMTCONV_ATTR_FLOAT,  FMTCONV_ATTR_INT,   FMTCONV_ATTR_FLOAT,
                                    FMTCONV_ATTR_UINT,   FMTCONV_ATTR_ARRAY, FMTCONV_ATTR_INT,
                                    FMTCONV_ATTR_STRING, FMTCONV_ATTR_FLOAT };
  size_t i = 0;
  for (fmtconv_attr *item = a->first; item; item = item->next, i++)
    cr_expect_eq (item->kind, kinds[i], "%zu", i);
  cr_expect (signbit (a->first->v.f) && a->first->v.f == 0);
  cr_expect_str_eq (fmtconv_attr_json_text (a, 0),
                    "[-0.0,0,-0.0,18446744073709551615,[-0.0],-1,\"-0\",-0.0]");
  cr_expect_null (fmtconv_attr_literal (ctx, "[-00]"));
  fmtconv_ctx_free (ctx);
}

/* An integer beyond 64 bits is a float if a float is exactly that integer, as transformers' int (1e30). */
Test (json, integers_that_are_floats)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_attr *a = fmtconv_attr_literal (ctx, "[1000000000000000019884624838656,1,18446744073709551616]");
  cr_assert_not_null (a, "%s", seen.text);
  cr_expect_str_eq (fmtconv_attr_json_text (a, 0), "[1e+30,1,1.8446744073709552e+19]");
  cr_expect_eq (fmtconv_attr_at (a, "0")->kind, FMTCONV_ATTR_FLOAT);
  cr_expect_null (fmtconv_attr_literal (ctx, "[1000000000000000000000000000000]"));
  fmtconv_ctx_free (ctx);
}

/* Keys of the object and of its members are names; deeper ones are data. */
Test (json, control_characters_in_data)
{
  static const char data[] = "{\"a\":{\"b\":{\"\\n\":1}}}", name[] = "{\"a\":{\"\\n\":{}}}";
  walk w = { .max = 100 };
  fmtconv_ctx *ctx = new_ctx ();
  take_members (ctx, data, sizeof data - 1, 4, &w);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0, "%s", seen.text);
  take_members (ctx, name, sizeof name - 1, 4, &w);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
  fmtconv_ctx_free (ctx);
}

Test (json, members_one_by_one)
{
  static const char text[] = " { \"a\" : 18446744073709551615 ,\"b\":[1,{\"x\":9223372036854775808}],\n"
                             "\"\\u0061\":\"c\",\"d\":null,\"e\":-0.5}\n";
  walk w = { .max = 100 };
  fmtconv_ctx *ctx = new_ctx ();
  take_members (ctx, text, sizeof text - 1, 3, &w);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0, "%s", seen.text);
  cr_expect_str_eq (w.text, "a18446744073709551615b[1,{\"x\":9223372036854775808}]a\"c\"dnulle-0.5");
  w = (walk){ .max = 2 };
  take_members (ctx, text, sizeof text - 1, 3, &w);
  cr_expect_str_eq (w.text, "a18446744073709551615b[1,{\"x\":9223372036854775808}]");
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  take_members (ctx, "{}", 2, 3, &w);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  take_members (ctx, text, sizeof text - 1, 2, &w);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
  fmtconv_ctx_free (ctx);
}

static int
count_member (void *arg, fmtconv_attr *member)
{
  *(size_t *) arg += member->len;
  return 0;
}

/* 10 000 members of 100 values need the memory of the text and of a single member. */
Test (json, members_are_not_kept)
{
  char *text = malloc (10000 * 220), *at = text;
  for (int i = 0; i < 10000; i++)
    {
      at += sprintf (at, "%c\"m%d\":[0", i ? ',' : '{', i);
      for (int v = 1; v < 100; v++)
        at += sprintf (at, ",%d", v % 10);
      *at++ = ']';
    }
  *at++ = '}';
  size_t n = 0;
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_cursor cursor = fmtconv_cursor_start (fci_source_memory (ctx, text, (size_t) (at - text), "file"));
  fmtconv_cursor_take_members (&cursor, cursor.end, 3, count_member, &n);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  cr_expect_eq (n, 1000000);
  cr_expect_lt (ctx->arena.total, 3 << 20);
  fmtconv_ctx_free (ctx);
  free (text);
}

/* Sizes are compared with the remaining bytes, then with the limit, before anything is allocated. */
Test (json, limit_of_bytes)
{
  fmtconv_ctx *ctx = new_ctx ();
  fmtconv_source *huge = fci_source_memory (ctx, "", UINT64_C (1) << 40, "file");
  fmtconv_cursor cursor = fmtconv_cursor_start (huge);
  cr_expect_null (fmtconv_cursor_take_json (&cursor, (256 << 20) + 1, 4));
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_LIMIT);
  cr_expect_null (fmtconv_cursor_take_json (&cursor, 1, 4), "nothing happens after an error");
  fmtconv_ctx_free (ctx);
  ctx = new_ctx ();
  cursor = fmtconv_cursor_start (fci_source_memory (ctx, "{}", 2, "file"));
  cr_expect_null (fmtconv_cursor_take_json (&cursor, UINT64_MAX, 4));
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
  cr_expect_null (fmtconv_cursor_take_json (NULL, 1, 4));
  fmtconv_ctx_free (ctx);
}

Test (json, literal_is_the_programmers)
{
  fmtconv_ctx *ctx = new_ctx ();
  cr_expect_null (fmtconv_attr_literal (ctx, "{\"a\":1,\"a\":2}"));
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_USAGE);
  cr_expect (strstr (seen.text, "duplicate object key"));
  fmtconv_ctx_free (ctx);
}

/* ---- Memory of jansson */

static size_t n_allocated;

static void *
allocate (size_t n)
{
  n_allocated++;
  return malloc (n);
}

/* Its allocations are not allowed to fail: after some it goes on with another key or number, after others it reads behind a
 * buffer or aborts. */
Test (json, jansson_has_all_memory_before_it_begins)
{
  json_malloc_t found;
  json_free_t release;
  json_set_alloc_funcs (allocate, free);
  for (size_t n = 1; n <= 1 << 14; n += n / 2 + 1)
    {
      fmtconv_ctx *ctx = new_ctx ();
      fci_strbuf text = { .ctx = ctx };
      fci_strbuf_add (&text, "[\"\xc3\xb6");
      for (size_t i = 0; i < n; i++)
        fci_strbuf_add (&text, "\\u00e4");
      fci_strbuf_add (&text, "\", 1.0");
      for (size_t i = 0; i < n; i++)
        fci_strbuf_add (&text, "0");
      fci_strbuf_add (&text, "1e2]");
      const fmtconv_attr *tree = fmtconv_attr_literal (ctx, fci_strbuf_text (&text));
      cr_assert_not_null (tree);
      cr_expect_eq (strlen (tree->first->v.s), 2 * (n + 1));
      cr_expect_eq (n_allocated, 0, "%zu", n);
      fmtconv_ctx_free (ctx);
    }
  json_get_alloc_funcs (&found, &release);
  cr_expect_eq (found, allocate, "an application's functions are put back");
}

/* tests/unit/plan-decode.c: views that a codec computes from several tensors: text, plan, bytes, what it refuses.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/source/source.h"
#include "core/view/inspect.h"
#include "core/view/text.h"
#include "tests/unit/plan-util.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

#define SHAPE(...) ((const uint64_t[]){ __VA_ARGS__ })

enum
{
  ROWS = 96,
  COLUMNS = 5000,
  GROUP = 7,    /* columns that share a scale */
  PER_BYTE = 4, /* columns of a byte of codes */
  SHARED = 3,   /* rows that share a row of scales */
  N_SCALES = (COLUMNS + GROUP - 1) / GROUP,
  N_BYTES = (COLUMNS + PER_BYTE - 1) / PER_BYTE,
  AT_SCALES = ROWS * N_BYTES,
  AT_INDEX = AT_SCALES + ROWS / SHARED * N_SCALES * 4,
  SIZE = AT_INDEX + ROWS * 4
};

typedef struct formula
{
  float plus;
  unsigned scales; /* their position among the operands */
} formula;

/* Codes of two bits times the scale of a group, plus a number. */
static const char *
decode (const void *params, const fmtconv_operand_part *in, uint64_t row, uint64_t column, size_t count,
        float *to)
{
  const formula *f = params;
  const uint8_t *codes = in[0].values;
  const float *scales = in[f->scales].values;
  if (row == 90 && f->plus < 0)
    return "the row is bad";
  for (size_t i = 0; i < count; i++)
    {
      const uint64_t at = column + i;
      const unsigned code = codes[at / PER_BYTE - in[0].column] >> at % PER_BYTE * 2 & 3;
      to[i] = (float) code * scales[at / GROUP - in[f->scales].column] + f->plus;
    }
  return NULL;
}

static const fmtconv_codec codec = FMTCONV_CODEC (.name = "test", .decode = decode);

/* Fills the bytes of a file: codes, scales in f32, and the row of the scales for each row. */
static uint8_t *
fill (void)
{
  uint8_t *bytes = rnd_bytes (5, SIZE);
  float *scales = (float *) (void *) (bytes + AT_SCALES);
  int32_t *index = (int32_t *) (void *) (bytes + AT_INDEX);
  for (size_t i = 0; i < ROWS / SHARED * N_SCALES; i++)
    scales[i] = (float) (i % 97) / 8;
  for (size_t i = 0; i < ROWS; i++)
    index[i] = (int32_t) (i * 5 % (ROWS / SHARED));
  return bytes;
}

static float
value (const uint8_t *bytes, bool indexed, float plus, size_t row, size_t column)
{
  const float *scales = (const float *) (const void *) (bytes + AT_SCALES);
  const int32_t *index = (const int32_t *) (const void *) (bytes + AT_INDEX);
  const size_t of = indexed ? (size_t) index[row] : row / SHARED;
  const unsigned code = bytes[row * N_BYTES + column / PER_BYTE] >> column % PER_BYTE * 2 & 3;
  return (float) code * scales[of * N_SCALES + column / GROUP] + plus;
}

static fmtconv_view *
decoded (fmtconv_source *source, bool indexed, float plus)
{
  const formula f = { .plus = plus, .scales = indexed ? 2 : 1 };
  fmtconv_view *index = fmtconv_view_leaf (source, AT_INDEX, FMTCONV_I32, 2, SHAPE (ROWS, 1), NULL);
  fmtconv_operand operands[3] = { { .rows = { 1, 1 }, .columns = { 1, PER_BYTE } },
                                  { .view = index, .rows = { 1, 1 } } };
  operands[0].view = fmtconv_view_leaf (source, 0, FMTCONV_U8, 2, SHAPE (ROWS, N_BYTES), NULL);
  operands[f.scales] =
      (fmtconv_operand){ .rows = { 1, SHARED }, .columns = { 1, GROUP }, .by = indexed ? 2 : 0 };
  operands[f.scales].view =
      fmtconv_view_leaf (source, AT_SCALES, FMTCONV_F32, 2, SHAPE (ROWS / SHARED, N_SCALES), NULL);
  return fmtconv_view_decode (&codec, "t", &f, sizeof f, ROWS, COLUMNS, operands, f.scales + 1);
}

Test (decode, text_and_plan)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  uint8_t *bytes = fill ();
  fmtconv_view *v = decoded (fci_source_memory (ctx, bytes, SIZE, "m"), false, 0);
  cr_assert_str_eq (fci_view_text (v), "f32[96,5000] = box [0,0]+[96,5000] <- m: t@0 f32 (20000,4)");
  fmtconv_view *const all[] = { fmtconv_view_cast (fmtconv_view_slice (v, 0, 4, 2), FMTCONV_F16) };
  const fci_plan *plan = fci_plan_compile (ctx, layout_of (ctx, 1, all));
  cr_assert_str_eq (fci_plan_text (plan),
                    "file 'out' 20000\n0 rows 20000 't0' f16[2,5000]: [0,0]+[2,5000] <- 'm: "
                    "t'@80000 f32 (20000,4) | round f16\n");
  cr_assert_eq (fci_plan_cost (plan)->converted, 20000);
  cr_assert_leq (fci_plan_cost (plan)->scratch, ctx->options.memory);
  fmtconv_ctx_free (ctx);
  free (bytes);
}

/* What is written: the whole, a part that is not at a border, turned, joined with another, and as a factor. */
static void
write_all (fmtconv_ctx *ctx, fmtconv_view *v, fmtconv_view *other, const char *path)
{
  fmtconv_view *part = fmtconv_view_slice (fmtconv_view_slice (v, 0, 5, 60), 1, 13, 4099);
  fmtconv_view *both[] = { v, other };
  fmtconv_view *one = fmtconv_view_slice (fmtconv_view_slice (other, 0, 1, 1), 1, 2, 1);
  fmtconv_view *const all[] = { v, fmtconv_view_cast (part, FMTCONV_BF16),
                                fmtconv_view_permute (v, (const unsigned[]){ 1, 0 }),
                                fmtconv_view_concat (1, 2, both), fmtconv_view_multiply (v, one, NULL) };
  cr_assert_eq (run (ctx, layout_of (ctx, 5, all), path, NULL, NULL), 0);
}

static void
check_all (const uint8_t *bytes, const uint8_t *out, size_t n)
{
  const float *whole = (const float *) (const void *) out;
  const uint16_t *part = (const uint16_t *) (const void *) (whole + ROWS * COLUMNS);
  const float *turned = (const float *) (const void *) (part + 60 * 4099), *joined = turned + ROWS * COLUMNS;
  const float *scaled = joined + 2 * ROWS * COLUMNS;
  const float one = value (bytes, true, 2, 1, 2);
  cr_assert_eq (n, (size_t) ((const uint8_t *) (scaled + ROWS * COLUMNS) - out));
  for (size_t r = 0; r < ROWS; r++)
    for (size_t c = 0; c < COLUMNS; c++)
      {
        const float wanted = value (bytes, false, 1, r, c), other = value (bytes, true, 2, r, c);
        if (whole[r * COLUMNS + c] != wanted || turned[c * ROWS + r] != wanted
            || joined[r * 2 * COLUMNS + c] != wanted || joined[(r * 2 + 1) * COLUMNS + c] != other
            || scaled[r * COLUMNS + c] != wanted * one)
          cr_assert_fail ("[%zu, %zu]", r, c);
        if (r >= 5 && r < 65 && c >= 13 && c < 13 + 4099)
          { /* multiples of 1/8 below 64 have 9 bits: bf16 has 8 */
            const uint32_t cut = (uint32_t) part[(r - 5) * 4099 + c - 13] << 16;
            float near;
            memcpy (&near, &cut, sizeof near);
            cr_assert_leq (near < wanted ? wanted - near : near - wanted, wanted / 256);
          }
      }
}

Test (decode, bytes)
{
  uint8_t *bytes = fill ();
  for (unsigned threads = 1; threads <= 3; threads += 2)
    for (uint64_t memory = 0; memory <= 1 << 20; memory += 1 << 20)
      {
        captured h;
        place at = enter ();
        size_t n;
        put_file (in (&at, "in"), bytes, SIZE);
        fmtconv_ctx *ctx = new_ctx (&h, 0, threads, memory);
        fmtconv_source *source = open_source (ctx, in (&at, "in"));
        write_all (ctx, decoded (source, false, 1), decoded (source, true, 2), in (&at, "out"));
        uint8_t *out = get_file (in (&at, "out"), &n);
        check_all (bytes, out, n);
        free (out);
        fmtconv_ctx_free (ctx);
        leave (&at);
      }
  free (bytes);
}

/* A codec's objection, and a row that is not there, are errors with the tensor's name. */
Test (decode, values)
{
  for (unsigned k = 0; k < 2; k++)
    {
      captured h;
      place at = enter ();
      uint8_t *bytes = fill ();
      const int32_t bad = ROWS / SHARED;
      memcpy (bytes + AT_INDEX + 90 * sizeof bad, &bad, sizeof bad);
      fmtconv_ctx *ctx = new_ctx (&h, 0, 2, 0);
      fmtconv_view *const v[] = { decoded (fci_source_memory (ctx, bytes, SIZE, "m"), k, k ? 0 : -1) };
      cr_assert_eq (run (ctx, layout_of (ctx, 1, v), in (&at, "out"), NULL, NULL), FMTCONV_E_FORMAT);
      cr_assert_not_null (strstr (h.text, k ? "not a row" : "the row is bad"), "%s", h.text);
      cr_assert_not_null (strstr (h.text, "m: t"), "%s", h.text);
      fmtconv_ctx_free (ctx);
      free (bytes);
      leave (&at);
    }
}

static void
refused (fmtconv_operand operand, uint64_t rows, uint64_t columns, int code)
{
  captured *const h = operand.view->ctx->options.arg;
  cr_assert_null (fmtconv_view_decode (&codec, "t", NULL, 0, rows, columns, &operand, 1));
  cr_assert_eq (h->code, code, "%s", h->text);
}

/* Every refusal in a context, which keeps its first error. */
Test (decode, refusals)
{
  static const uint8_t zeroes[1 << 17];
  for (unsigned i = 0; i < 8; i++)
    {
      captured h;
      fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
      fmtconv_source *source = fci_source_memory (ctx, zeroes, sizeof zeroes, "m");
      fmtconv_view *leaf = fmtconv_view_leaf (source, 0, FMTCONV_F32, 2, SHAPE (4, 6), NULL);
      fmtconv_view *wide = fmtconv_view_leaf (source, 0, FMTCONV_U8, 2, SHAPE (1, (1 << 16) + 1), NULL);
      fmtconv_view *longs = fmtconv_view_leaf (source, 0, FMTCONV_I64, 2, SHAPE (4, 6), NULL);
      const fmtconv_operand bad[] = {
        { .view = leaf, .rows = { 1, 1 }, .columns = { 1, 1 } },
        { .view = leaf, .rows = { 1, 1 }, .columns = { 1, 1 } },
        { .view = fmtconv_view_cast (leaf, FMTCONV_F16), .rows = { 1, 1 }, .columns = { 1, 1 } },
        { .view = fmtconv_view_permute (leaf, (const unsigned[]){ 1, 0 }) },
        { .view = longs, .rows = { 1, 1 }, .columns = { 1, 1 } },
        { .view = wide },
        { .view = leaf, .rows = { 0, 1 } },
        { .view = leaf, .by = 1 },
      };
      static const int codes[] = { FMTCONV_E_USAGE,       FMTCONV_E_USAGE, FMTCONV_E_UNSUPPORTED,
                                   FMTCONV_E_UNSUPPORTED, FMTCONV_E_USAGE, FMTCONV_E_LIMIT,
                                   FMTCONV_E_USAGE,       FMTCONV_E_USAGE };
      cr_assert_eq (fmtconv_ctx_failed (ctx), 0);
      refused (bad[i], i == 0 ? 5 : 4, i == 1 ? 7 : 6, codes[i]);
      fmtconv_ctx_free (ctx);
    }
}

/* An operand of another shape, its rows apart. */
Test (decode, rows_apart)
{
  captured h;
  place at = enter ();
  size_t n;
  static const uint8_t codes[] = { 0x1b, 0xe4, 9, 9, 0x55, 0xaa, 9, 9 };
  static const float one = 1;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *leaf = fmtconv_view_leaf (fci_source_memory (ctx, codes, sizeof codes, "m"), 0, FMTCONV_U8, 2,
                                          SHAPE (2, 4), NULL);
  fmtconv_view *scale =
      fmtconv_view_leaf (fci_source_memory (ctx, &one, sizeof one, "s"), 0, FMTCONV_F32, 0, NULL, NULL);
  const fmtconv_operand operands[] = {
    { .view = fmtconv_view_slice (leaf, 1, 0, 2), .rows = { 1, 1 }, .columns = { 1, PER_BYTE } },
    { .view = scale }
  };
  const formula f = { .scales = 1 };
  fmtconv_view *const v[] = { fmtconv_view_decode (&codec, "t", &f, sizeof f, 2, GROUP, operands, 2) };
  cr_assert_eq (run (ctx, layout_of (ctx, 1, v), in (&at, "out"), NULL, NULL), 0, "%s", h.text);
  float *out = (float *) (void *) get_file (in (&at, "out"), &n);
  static const float wanted[] = { 3, 2, 1, 0, 0, 1, 2, 1, 1, 1, 1, 2, 2, 2 };
  cr_assert_eq (n, sizeof wanted);
  cr_assert (memcmp (out, wanted, n) == 0);
  free (out);
  fmtconv_ctx_free (ctx);
  leave (&at);
}

/* Small tables are read while a conversion is planned; nothing else is. */
Test (decode, table)
{
  static const uint8_t zeroes[(1 << 16) + 1] = "{\"a\": 1}";
  for (unsigned i = 0; i < 4; i++)
    {
      captured h;
      fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
      fmtconv_source *source = fci_source_memory (ctx, zeroes, sizeof zeroes, "m");
      fmtconv_view *text = fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, SHAPE (8), NULL);
      fmtconv_view *const bad[] = { text, fmtconv_view_cast (text, FMTCONV_I32),
                                    fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, SHAPE (sizeof zeroes), NULL),
                                    fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, SHAPE (4),
                                                       (const int64_t[]){ 2 }) };
      const fmtconv_tensor t = { .name = "x.state", .view = bad[i], .bytes = fci_view_bytes (bad[i]) };
      const char *read = fmtconv_tensor_bytes (&t);
      if (i == 0)
        cr_assert_str_eq (read, "{\"a\": 1}");
      else
        cr_assert (!read && h.code == (i == 2 ? FMTCONV_E_LIMIT : FMTCONV_E_UNSUPPORTED)
                   && strstr (h.text, "x.state"));
      fmtconv_ctx_free (ctx);
    }
}

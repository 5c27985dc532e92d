/* tests/unit/plan-blocks.c: plans and executions of tensors in blocks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/kernel/decode.h"
#include "core/kernel/quant.h"
#include "core/view/text.h"
#include "tests/unit/plan-util.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHAPE(...) ((const uint64_t[]){ __VA_ARGS__ })
#define BOTH(a, b) ((fmtconv_view *const[]){ a, b })

enum
{
  ROWS = 6,
  COLUMNS = 96,
  ROW_BYTES = 3 * 34
};

/* A source of numbers, and one of their blocks. */
typedef struct sample
{
  fmtconv_ctx *ctx;
  float values[ROWS * COLUMNS];
  uint8_t blocks[ROWS * ROW_BYTES];
  fmtconv_view *numbers;
  fmtconv_view *stored;
} sample;

static void
make (sample *s, captured *h, unsigned flags)
{
  uint64_t seed = 12345;
  s->ctx = new_ctx (h, flags, 1, 0);
  for (size_t i = 0; i < ROWS * COLUMNS; i++)
    s->values[i] = (float) rnd (&seed, 2001) / 1000 - 1;
  fci_quant_encode (FMTCONV_Q8_0, s->values, ROWS * COLUMNS, NULL, s->blocks);
  fmtconv_source *numbers = fci_source_memory (s->ctx, s->values, sizeof s->values, "n");
  fmtconv_source *blocks = fci_source_memory (s->ctx, s->blocks, sizeof s->blocks, "b");
  s->numbers = fmtconv_view_leaf (numbers, 0, FMTCONV_F32, 2, SHAPE (ROWS, COLUMNS), NULL);
  s->stored = fmtconv_view_leaf (blocks, 0, FMTCONV_Q8_0, 2, SHAPE (ROWS, COLUMNS), NULL);
}

static void
expect_plan (fmtconv_ctx *ctx, fmtconv_view *view, const char *text)
{
  const fci_plan *plan = fci_plan_compile (ctx, layout_of (ctx, 1, &view));
  cr_assert_not_null (plan);
  cr_expect_str_eq (fci_plan_text (plan), text);
}

Test (plan_blocks, stored_blocks_are_copied)
{
  captured h;
  sample s;
  make (&s, &h, 0);
  expect_plan (s.ctx, s.stored, "file 'out' 612\n0 copy 612 'b'@0\n");
  expect_plan (s.ctx, fmtconv_view_slice (s.stored, 0, 2, 3), "file 'out' 306\n0 copy 306 'b'@204\n");
  expect_plan (s.ctx, fmtconv_view_slice (s.stored, 1, 32, 64),
               "file 'out' 408\n0 rows 408 't0' u8[6,68]: [0,0]+[6,68] <- 'b'@34 u8 (102,1)\n");
  expect_plan (s.ctx, fmtconv_view_cast (fmtconv_view_slice (s.stored, 0, 1, 1), FMTCONV_F16),
               "file 'out' 192\n0 rows 192 't0' f16[1,96]: [0,0]+[1,96] <- 'b'@102 q8_0 (96,1) | decode |"
               " round f16\n");
  expect_plan (s.ctx, fmtconv_view_quantize (fmtconv_view_scale (s.numbers, 2), FMTCONV_Q4_0, NULL),
               "file 'out' 324\n0 rows 324 't0' q4_0[6,96]: [0,0]+[6,96] <- 'n'@0 f32 (384,4) | scale 2 |"
               " round f32 | quantize q4_0\n");
  fmtconv_ctx_free (s.ctx);
}

/* Executes the plan, and returns the output's bytes. */
static void
expect_bytes (const place *at, sample *s, const captured *h, fmtconv_view *view, const uint8_t *wanted,
              size_t n)
{
  size_t found;
  cr_assert_eq (run (s->ctx, layout_of (s->ctx, 1, &view), in (at, "out"), NULL, NULL), 0, "%s", h->text);
  uint8_t *bytes = get_file (in (at, "out"), &found);
  cr_assert_eq (found, n);
  cr_expect (memcmp (bytes, wanted, n) == 0, "%s", fci_view_text (view));
  free (bytes);
  remove (in (at, "out"));
}

/* Stored blocks and quantized values side by side along both axes. */
Test (plan_blocks, stored_and_quantized)
{
  captured h;
  sample s;
  place at = enter ();
  make (&s, &h, 0);
  fmtconv_view *made = fmtconv_view_quantize (s.numbers, FMTCONV_Q8_0, NULL);
  expect_bytes (&at, &s, &h, made, s.blocks, sizeof s.blocks);
  expect_bytes (&at, &s, &h, fmtconv_view_bytes (made), s.blocks, sizeof s.blocks);
  fmtconv_view *above = fmtconv_view_concat (
      0, 2, BOTH (fmtconv_view_slice (made, 0, 0, 2), fmtconv_view_slice (s.stored, 0, 2, 4)));
  cr_expect_eq (above->n_boxes, 2);
  expect_bytes (&at, &s, &h, above, s.blocks, sizeof s.blocks);
  fmtconv_view *beside = fmtconv_view_concat (
      1, 2, BOTH (fmtconv_view_slice (s.stored, 1, 0, 32), fmtconv_view_slice (made, 1, 32, 64)));
  expect_bytes (&at, &s, &h, beside, s.blocks, sizeof s.blocks);
  expect_bytes (&at, &s, &h, fmtconv_view_bytes (beside), s.blocks, sizeof s.blocks);
  expect_bytes (&at, &s, &h, fmtconv_view_slice (s.stored, 0, 3, 2), s.blocks + 3 * ROW_BYTES, 2 * ROW_BYTES);
  fmtconv_ctx_free (s.ctx);
  leave (&at);
}

/* Two products are rounded once, when they are quantized, from any type. */
Test (plan_blocks, rounds_once)
{
  captured h;
  sample s;
  place at = enter ();
  make (&s, &h, 0);
  uint8_t wanted[sizeof s.blocks];
  uint16_t halves[ROWS * COLUMNS];
  float values[ROWS * COLUMNS];
  for (size_t i = 0; i < ROWS * COLUMNS; i++)
    {
      halves[i] = (uint16_t) (0x3000 + i);
      values[i] = (float) fci_element (FMTCONV_F16, &halves[i]) * 3.7f * (1 / 3.0f);
    }
  fci_quant_encode (FMTCONV_Q8_0, values, ROWS * COLUMNS, NULL, wanted);
  fmtconv_view *v = fmtconv_view_constant (s.ctx, FMTCONV_F16, 2, SHAPE (ROWS, COLUMNS), halves);
  v = fmtconv_view_quantize (fmtconv_view_scale (fmtconv_view_scale (v, 3.7), 1 / 3.0), FMTCONV_Q8_0, NULL);
  expect_bytes (&at, &s, &h, v, wanted, sizeof wanted);
  fmtconv_ctx_free (s.ctx);
  leave (&at);
}

/* A product is added and the sum quantized, with one rounding. */
Test (plan_blocks, merged_then_quantized)
{
  captured h;
  sample s;
  place at = enter ();
  make (&s, &h, 0);
  float left[ROWS * 2], right[2 * COLUMNS], values[ROWS * COLUMNS];
  uint8_t wanted[sizeof s.blocks];
  for (size_t i = 0; i < ROWS * 2; i++)
    left[i] = (float) i / 7 - 1;
  for (size_t i = 0; i < 2 * COLUMNS; i++)
    right[i] = (float) (i % 13) / 11;
  for (size_t i = 0; i < ROWS; i++)
    for (size_t k = 0; k < COLUMNS; k++)
      {
        float sum = left[2 * i] * right[k];
        sum += left[2 * i + 1] * right[COLUMNS + k];
        values[i * COLUMNS + k] = s.values[i * COLUMNS + k] + 0.3f * sum;
      }
  fci_quant_encode (FMTCONV_Q8_0, values, ROWS * COLUMNS, NULL, wanted);
  fmtconv_view *b = fmtconv_view_constant (s.ctx, FMTCONV_F32, 2, SHAPE (ROWS, 2), left);
  fmtconv_view *a = fmtconv_view_constant (s.ctx, FMTCONV_F32, 2, SHAPE (2, COLUMNS), right);
  fmtconv_view *v = fmtconv_view_quantize (fmtconv_view_lowrank (s.numbers, b, a, 0.3), FMTCONV_Q8_0, NULL);
  expect_bytes (&at, &s, &h, v, wanted, sizeof wanted);
  fmtconv_ctx_free (s.ctx);
  leave (&at);
}

/* Each row is encoded as a whole, by weights that need not be contiguous. */
Test (plan_blocks, importance)
{
  captured h;
  sample s;
  place at = enter ();
  make (&s, &h, 0);
  float weights[2 * COLUMNS], dense[COLUMNS];
  uint8_t wanted[ROWS * 3 * 18];
  for (size_t i = 0; i < 2 * COLUMNS; i++)
    weights[i] = (float) ((i * i + 3) % 17);
  for (size_t i = 0; i < COLUMNS; i++)
    dense[i] = weights[2 * i];
  for (size_t row = 0; row < ROWS; row++)
    fci_quant_encode (FMTCONV_Q4_0, s.values + row * COLUMNS, COLUMNS, dense, wanted + row * 3 * 18);
  fmtconv_source *source = fci_source_memory (s.ctx, weights, sizeof weights, "w");
  fmtconv_view *importance =
      fmtconv_view_leaf (source, 0, FMTCONV_F32, 1, SHAPE (COLUMNS), (const int64_t[]){ 8 });
  fmtconv_view *v = fmtconv_view_quantize (s.numbers, FMTCONV_Q4_0, importance);
  expect_bytes (&at, &s, &h, v, wanted, sizeof wanted);
  expect_bytes (&at, &s, &h, fmtconv_view_bytes (fmtconv_view_slice (v, 0, 4, 2)), wanted + 4 * 3 * 18,
                2 * 3 * 18);
  fmtconv_ctx_free (s.ctx);
  leave (&at);
}

/* Rows that were quantized with different importance, or without, and then joined or cut. */
Test (plan_blocks, importance_of_rows)
{
  captured h;
  sample s;
  place at = enter ();
  make (&s, &h, 0);
  float weights[2][COLUMNS];
  uint8_t wanted[ROWS * 3 * 18];
  fmtconv_view *parts[3];
  for (size_t k = 0; k < 2; k++)
    for (size_t i = 0; i < COLUMNS; i++)
      weights[k][i] = (float) ((i * (i + k) + 3) % (17 + 2 * k));
  for (size_t row = 0; row < ROWS; row++)
    fci_quant_encode (FMTCONV_Q4_0, s.values + row * COLUMNS, COLUMNS,
                      row < 1   ? weights[0]
                      : row < 4 ? NULL
                                : weights[1],
                      wanted + row * 3 * 18);
  for (size_t k = 0; k < 3; k++)
    parts[k] = fmtconv_view_quantize (
        fmtconv_view_slice (s.numbers, 0, (const uint64_t[]){ 0, 1, 4 }[k],
                            (const uint64_t[]){ 1, 3, ROWS - 4 }[k]),
        FMTCONV_Q4_0,
        k == 1 ? NULL : fmtconv_view_constant (s.ctx, FMTCONV_F32, 1, SHAPE (COLUMNS), weights[k / 2]));
  fmtconv_view *v = fmtconv_view_concat (0, 3, parts);
  expect_bytes (&at, &s, &h, v, wanted, sizeof wanted);
  expect_bytes (&at, &s, &h, fmtconv_view_bytes (fmtconv_view_slice (v, 0, 3, 2)), wanted + 3 * 3 * 18,
                2 * 3 * 18);
  fmtconv_view *halves[2];
  for (size_t k = 0; k < 2; k++)
    halves[k] = fmtconv_view_quantize (fmtconv_view_slice (s.numbers, 1, k * 32, 32), FMTCONV_Q4_0,
                                       fmtconv_view_constant (s.ctx, FMTCONV_F32, 1, SHAPE (32), weights[k]));
  cr_expect_null (fmtconv_view_concat (1, 2, halves));
  cr_expect (strstr (h.text, "a row quantized with importance weights cannot be"), "%s", h.text);
  fmtconv_ctx_free (s.ctx);
  leave (&at);
}

/* The error names the tensor and the first row, with any number of threads and memory limit. */
Test (plan_blocks, what_is_no_number)
{
  static const struct
  {
    float value;
    int code;
    const char *text;
  } bad[] = { { NAN, FMTCONV_E_FORMAT, "tensor 't0': 2 of 576 values are NaN; the first is in row 2" },
              { -INFINITY, FMTCONV_E_FORMAT,
                "tensor 't0': 2 of 576 values are infinite; the first is in row 2" } };
  for (size_t i = 0; i < 2; i++)
    {
      captured h;
      sample s;
      place at = enter ();
      make (&s, &h, 0);
      s.values[2 * COLUMNS + 7] = s.values[4 * COLUMNS + 95] = bad[i].value;
      fmtconv_view *v = fmtconv_view_quantize (s.numbers, FMTCONV_Q8_0, NULL);
      cr_expect_eq (run (s.ctx, layout_of (s.ctx, 1, &v), in (&at, "out"), NULL, NULL), bad[i].code);
      cr_expect (strstr (h.text, bad[i].text), "%s", h.text);
      cr_expect_eq (n_entries (at.path), 0);
      fmtconv_ctx_free (s.ctx);
      leave (&at);
    }
}

/* A scale that f16 cannot hold. */
Test (plan_blocks, overflow_is_a_warning)
{
  captured h;
  sample s;
  place at = enter ();
  make (&s, &h, 0);
  s.values[COLUMNS] = 1e9f;
  fmtconv_view *v = fmtconv_view_quantize (s.numbers, FMTCONV_Q8_0, NULL);
  cr_expect_eq (run (s.ctx, layout_of (s.ctx, 1, &v), in (&at, "out"), NULL, NULL), 0);
  cr_expect (h.warnings == 1 && strstr (h.text, "32 of 576 values in 1 tensor were too large"), "%s", h.text);
  fmtconv_ctx_free (s.ctx);
  leave (&at);
}

Test (plan_blocks, types_that_cannot_be_made)
{
  captured h;
  sample s;
  make (&s, &h, 0);
  fmtconv_view *v = fmtconv_view_leaf (fci_source_memory (s.ctx, s.values, sizeof s.values, "m"), 0,
                                       FMTCONV_F32, 1, SHAPE (512), NULL);
  v = fmtconv_view_quantize (v, FMTCONV_IQ1_M, NULL);
  cr_expect_null (fci_plan_compile (s.ctx, layout_of (s.ctx, 1, &v)));
  cr_expect (h.code == FMTCONV_E_UNSUPPORTED && strstr (h.text, "quantizing to iq1_m is not supported"), "%s",
             h.text);
  fmtconv_ctx_free (s.ctx);
}

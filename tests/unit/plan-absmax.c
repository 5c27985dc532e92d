/* tests/unit/plan-absmax.c: largest absolute values of blocks: views, plan, cost, the measuring pass,
 * refusals.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/view/equal.h"
#include "core/view/text.h"
#include "tests/unit/plan-util.h"
#include <errno.h>
#include <float.h>
#include <fmtconv/formats.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHAPE(...) ((const uint64_t[]){ __VA_ARGS__ })

static fmtconv_view *
small (fmtconv_ctx *ctx, const char *name)
{
  static const uint8_t zeroes[4096];
  return fmtconv_view_leaf (fci_source_memory (ctx, zeroes, sizeof zeroes, name), 0, FMTCONV_F32, 2,
                            SHAPE (4, 6), NULL);
}

static size_t
requirements (fmtconv_view *view)
{
  return view->requirements ? view->requirements->n : 0;
}

Test (absmax, shapes_and_what_is_refused)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *v = small (ctx, "a");
  cr_assert_str_eq (fci_view_text (fmtconv_view_absmax (v, SHAPE (1, 6), 0)),
                    "f32[4,1] = box [0,0]+[4,1] <- measured@0 f32 (4,0)");
  cr_assert_str_eq (fci_view_text (fmtconv_view_absmax (v, SHAPE (3, 4), 448)),
                    "f32[2,2] = box [0,0]+[2,2] <- measured scales@0 f32 (8,4)");
  cr_assert_eq (fmtconv_view_shape (fmtconv_view_absmax (v, SHAPE (UINT64_MAX, 9), 0))[0], 1);
  fmtconv_view *none = fmtconv_view_absmax (fmtconv_view_slice (v, 0, 0, 0), SHAPE (1, 6), 0);
  cr_assert_eq (none->elements, 0);
  cr_assert_eq (requirements (none), 0);
  cr_assert_null (fmtconv_view_absmax (NULL, SHAPE (1, 6), 0));
  cr_assert_eq (fmtconv_ctx_failed (ctx), 0);
  cr_assert_null (fmtconv_view_absmax (v, SHAPE (0, 6), 0));
  cr_assert_eq (h.code, FMTCONV_E_USAGE);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx (&h, 0, 1, 0);
  cr_assert_null (fmtconv_view_absmax (fmtconv_view_cast (small (ctx, "a"), FMTCONV_I32), SHAPE (1, 6), 0));
  cr_assert_eq (h.code, FMTCONV_E_USAGE);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx (&h, 0, 1, 0);
  cr_assert_null (fmtconv_view_absmax (small (ctx, "a"), SHAPE (1, 6), -1));
  cr_assert_eq (h.code, FMTCONV_E_USAGE);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx (&h, 0, 1, 0);
  cr_assert_null (fmtconv_view_norm (fmtconv_view_cast (small (ctx, "a"), FMTCONV_I32)));
  cr_assert_eq (h.code, FMTCONV_E_USAGE);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx (&h, 0, 1, 0);
  cr_assert_null (
      fmtconv_view_absmax (fmtconv_view_absmax (small (ctx, "a"), SHAPE (1, 6), 0), SHAPE (4, 1), 0));
  cr_assert_eq (h.code, FMTCONV_E_UNSUPPORTED);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx (&h, 0, 1, 0);
  cr_assert_null (fmtconv_view_hold (fmtconv_view_absmax (small (ctx, "a"), SHAPE (1, 6), 0)));
  cr_assert_eq (h.code, FMTCONV_E_UNSUPPORTED);
  fmtconv_ctx_free (ctx);
}

/* Equal views share a measurement, so that tied tensors stay tied; other views do not. */
Test (absmax, equal_views_are_measured_once)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *v = small (ctx, "a");
  fmtconv_view *a = fmtconv_view_absmax (v, SHAPE (1, 6), 448),
               *b = fmtconv_view_absmax (v, SHAPE (1, 6), 448);
  cr_assert (fci_view_equal (a, b));
  cr_assert_eq (a->requirements->item[0], b->requirements->item[0]);
  fmtconv_view *const others[] = { fmtconv_view_absmax (v, SHAPE (1, 6), 1),
                                   fmtconv_view_absmax (v, SHAPE (1, 7), 448),
                                   fmtconv_view_absmax (fmtconv_view_scale (v, 2), SHAPE (1, 6), 448),
                                   fmtconv_view_absmax (fmtconv_view_slice (v, 1, 0, 5), SHAPE (1, 6), 448),
                                   fmtconv_view_absmax (small (ctx, "b"), SHAPE (1, 6), 448) };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    for (size_t k = 0; k <= i; k++)
      cr_expect_eq (fci_view_equal (others[i], k < i ? others[k] : a), 0, "%zu, %zu", i, k);
  fmtconv_view *all[] = { a, b, fmtconv_view_slice (a, 0, 1, 2), others[0] };
  const fci_plan *plan = fci_plan_compile (ctx, layout_of (ctx, 4, all));
  cr_assert_str_eq (fci_plan_text (plan),
                    "measure 't0' f32[4,6] by [1,6] / 448: [0,0]+[4,6] <- 'a'@0 f32 (24,4)\n"
                    "measure 't3' f32[4,6] by [1,6] / 1: [0,0]+[4,6] <- 'a'@0 f32 (24,4)\n"
                    "file 'out' 56\n0 copy 16 'measured scales'@0\n16 copy 16 'measured scales'@0\n"
                    "32 copy 8 'measured scales'@4\n40 copy 16 'measured scales'@0\n");
  const fci_cost *cost = fci_plan_cost (plan);
  cr_assert_eq (cost->measured, 2 * 96);
  cr_assert_eq (cost->read, 2 * 96 + 56);
  fmtconv_ctx_free (ctx);
}

/* ---- Against a plain loop */

enum
{
  ROWS = 301,
  COLUMNS = 517,
  ELEMENTS = ROWS * COLUMNS
};

/* Numbers of all sizes in bf16, exact in f32. */
static void
fill (uint16_t *bf16, uint64_t seed)
{
  for (size_t i = 0; i < ELEMENTS; i++)
    bf16[i] = (uint16_t) (rnd (&seed, 0x7f80) | rnd (&seed, 2) << 15);
}

static float
value_of (uint16_t bf16)
{
  const uint32_t bits = (uint32_t) bf16 << 16;
  float value;
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* Returns the expected value of block (i, k) of the transposed half from column 100 on. */
static float
naive (const uint16_t *bf16, uint64_t i, uint64_t k, const uint64_t *block, float divisor)
{
  float most = 0;
  for (uint64_t c = i * block[0]; c < (i + 1) * block[0] && c < COLUMNS - 100; c++)
    for (uint64_t r = k * block[1]; r < (k + 1) * block[1] && r < ROWS; r++)
      most = fmaxf (most, fabsf (value_of (bf16[r * COLUMNS + 100 + c])));
  if (divisor == 0)
    return most;
  return most == 0 ? 1 : fmaxf (most / divisor, FLT_MIN);
}

static fmtconv_view *
transposed (fmtconv_ctx *ctx, const char *path)
{
  fmtconv_view *v =
      fmtconv_view_leaf (open_source (ctx, path), 0, FMTCONV_BF16, 2, SHAPE (ROWS, COLUMNS), NULL);
  return fmtconv_view_permute (fmtconv_view_slice (v, 1, 100, COLUMNS - 100), (const unsigned[]){ 1, 0 });
}

static void
check_blocks (const uint16_t *bf16, const float *found, const uint64_t *block, float divisor)
{
  const uint64_t m = (COLUMNS - 100 + block[0] - 1) / block[0], n = (ROWS + block[1] - 1) / block[1];
  for (uint64_t i = 0; i < m; i++)
    for (uint64_t k = 0; k < n; k++)
      cr_assert_eq (found[i * n + k], naive (bf16, i, k, block, divisor), "[%zu,%zu] of [%zu,%zu]",
                    (size_t) i, (size_t) k, (size_t) block[0], (size_t) block[1]);
}

Test (absmax, every_block_however_it_is_cut)
{
  static const uint64_t blocks[][2] = { { 1, ROWS }, { COLUMNS, ROWS }, { 128, 128 }, { 7, 1 },
                                        { 1, 16 },   { 417, 5 },        { 2, 301 } };
  static uint16_t bf16[ELEMENTS];
  place at = enter ();
  fill (bf16, 5);
  put_file (in (&at, "in"), bf16, sizeof bf16);
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
    for (unsigned threads = 1; threads <= 8; threads += 7)
      {
        captured h;
        size_t n;
        const float divisor = i % 2 ? 448 : 0;
        fmtconv_ctx *ctx = new_ctx (&h, FMTCONV_FORCE, threads, threads == 1 ? 0 : 2 << 20);
        fmtconv_view *v = fmtconv_view_absmax (transposed (ctx, in (&at, "in")), blocks[i], divisor);
        cr_assert_eq (run (ctx, layout_of (ctx, 1, &v), in (&at, "out"), NULL, NULL), 0, "%s", h.text);
        cr_assert_eq (h.done, h.total);
        cr_assert_eq (h.total, 4 * (ELEMENTS - 100 * ROWS) + 4 * v->elements);
        uint8_t *out = get_file (in (&at, "out"), &n);
        cr_assert_eq (n, 4 * v->elements);
        check_blocks (bf16, (const float *) (const void *) out, blocks[i], divisor);
        free (out);
        fmtconv_ctx_free (ctx);
      }
  leave (&at);
}

/* Small scales: of subnormals, of zeros, and of views without a last axis. */
Test (absmax, scales_that_are_small)
{
  static const float values[] = {
    0,     -0.0f,           0x1p-149f,         -0x1p-149f, 448 * 0x1.8p-149f, 0,
    -1000, 448 * 0x1p-126f, 448 * 0x1.fp-127f, 0,          -FLT_MAX,          1
  };
  static const float wanted[] = { 1, FLT_MIN, FLT_MIN, 1000 / 448.0f, FLT_MIN, FLT_MAX / 448 };
  captured h;
  size_t n;
  place at = enter ();
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *v = fmtconv_view_constant (ctx, FMTCONV_F32, 1, SHAPE (12), values);
  fmtconv_view *scalar = fmtconv_view_reshape (fmtconv_view_slice (v, 0, 6, 1), 0, NULL);
  fmtconv_view *all[] = { fmtconv_view_absmax (v, SHAPE (2), 448), fmtconv_view_absmax (scalar, NULL, 0),
                          fmtconv_view_absmax (fmtconv_view_reshape (v, 3, SHAPE (2, 2, 3)), SHAPE (1, 2, 2),
                                               0) };
  cr_assert_eq (run (ctx, layout_of (ctx, 3, all), in (&at, "out"), NULL, NULL), 0, "%s", h.text);
  uint8_t *out = get_file (in (&at, "out"), &n);
  const float *found = (const float *) (const void *) out;
  cr_assert_arr_eq (found, wanted, sizeof wanted);
  cr_assert_eq (found[6], 1000);
  cr_assert_eq (found[7], 448 * 0x1.8p-149f);
  cr_assert_eq (found[8], 0x1p-149f);
  cr_assert_eq (found[9], FLT_MAX);
  cr_assert_eq (found[10], 1);
  free (out);
  fmtconv_ctx_free (ctx);
  leave (&at);
}

/* The message names the first invalid value of the measured tensor, even if the results are cast or
 * sliced. */
Test (absmax, values_that_are_none_are_named)
{
  static uint16_t bf16[ELEMENTS];
  place at = enter ();
  fill (bf16, 6);
  bf16[290 * COLUMNS + 516] = 0x7fc0;
  bf16[3 * COLUMNS + 101] = 0xff80;
  put_file (in (&at, "in"), bf16, sizeof bf16);
  for (unsigned i = 0; i < 8; i++)
    {
      captured h;
      fmtconv_ctx *ctx = new_ctx (&h, 0, 1 + i % 4, i % 2 ? 1 << 20 : 0);
      fmtconv_view *v = transposed (ctx, in (&at, "in"));
      fmtconv_view *largest =
          fmtconv_view_absmax (i < 4 ? v : fmtconv_view_slice (v, 0, 2, 415), SHAPE (9, 9), 448);
      fmtconv_view *all[] = { fmtconv_view_cast (largest, FMTCONV_F16) };
      cr_assert_eq (run (ctx, layout_of (ctx, 1, all), in (&at, "out"), NULL, NULL), FMTCONV_E_FORMAT);
      cr_assert_not_null (strstr (h.text, i < 4 ? "infinite" : "NaN"), "%s", h.text);
      cr_assert_not_null (strstr (h.text, i < 4 ? "in row 1" : "in row 414"), "%s", h.text);
      cr_assert_not_null (strstr (h.text, "tensor 't0'"), "%s", h.text);
      cr_assert_eq (n_entries (at.path), 1);
      fmtconv_ctx_free (ctx);
    }
  leave (&at);
}

static size_t reads_left;

static int
failing_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  return reads_left-- == 0 ? EIO : fci_source_read (source, offset, to, n);
}

/* In the pass that measures, and in the one that writes. */
Test (absmax, a_read_that_fails)
{
  static uint16_t bf16[ELEMENTS];
  struct fci_io io = fci_io_system;
  place at = enter ();
  size_t fail = 0;
  int code = FMTCONV_E_IO;
  fill (bf16, 7);
  put_file (in (&at, "in"), bf16, sizeof bf16);
  io.read = failing_read;
  for (; code != 0 && fail < 100; fail++)
    {
      captured h;
      fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 400 << 10);
      fmtconv_view *v = transposed (ctx, in (&at, "in"));
      fmtconv_view *scale = fmtconv_view_absmax (v, SHAPE (1, ROWS), 448);
      fmtconv_view *all[] = { fmtconv_view_cast (fmtconv_view_divide (v, scale, NULL), FMTCONV_F8_E4M3),
                              scale };
      reads_left = fail;
      code = run (ctx, layout_of (ctx, 2, all), in (&at, "out"), &io, NULL);
      cr_assert (code == 0 || code == FMTCONV_E_IO, "%s", h.text);
      cr_assert (code == 0 || strstr (h.text, "cannot be read"), "%s", h.text);
      cr_assert_eq (n_entries (at.path), code == 0 ? 2 : 1);
      fmtconv_ctx_free (ctx);
    }
  cr_assert_eq (code, 0);
  cr_assert_gt (fail, 4);
  leave (&at);
}

/* Measured values count as memory. */
Test (absmax, too_many_to_keep)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 4 << 20);
  fmtconv_view *v = fmtconv_view_leaf (fci_source_memory (ctx, (const uint8_t[4]){ 0 }, 4, "one"), 0,
                                       FMTCONV_F32, 2, SHAPE (1 << 10, 1 << 10), (const int64_t[]){ 0, 0 });
  fmtconv_view *fits[] = { fmtconv_view_absmax (v, SHAPE (1, 2), 0) };
  const fci_plan *plan = fci_plan_compile (ctx, layout_of (ctx, 1, fits));
  cr_assert_not_null (plan);
  cr_assert_leq (fci_plan_cost (plan)->scratch, 4 << 20);
  cr_assert_gt (fci_plan_cost (plan)->scratch, 2 << 20);
  fmtconv_view *more[] = { fits[0], fmtconv_view_absmax (v, SHAPE (4, 1 << 10), 0) };
  cr_assert_null (fci_plan_compile (ctx, layout_of (ctx, 2, more)));
  cr_assert_eq (h.code, FMTCONV_E_LIMIT);
  cr_assert_not_null (strstr (h.text, "tensor 't1'"), "%s", h.text);
  cr_assert_not_null (strstr (h.text, "--memory"), "%s", h.text);
  fmtconv_ctx_free (ctx);
}

/* Measured values can be compared. */
Test (absmax, measured_before_they_are_compared)
{
  static const float values[] = { 3, -896, 5, 6 };
  for (unsigned good = 0; good < 2; good++)
    {
      captured h;
      place at = enter ();
      const float scale = good ? 2 : 3;
      fmtconv_ctx *ctx = new_ctx (&h, 0, 2, 0);
      fmtconv_view *v = fmtconv_view_constant (ctx, FMTCONV_F32, 1, SHAPE (4), values);
      fmtconv_view *both[] = { fmtconv_view_absmax (v, SHAPE (4), 448),
                               fmtconv_view_constant (ctx, FMTCONV_F32, 1, SHAPE (1), &scale) };
      fmtconv_view *same[] = { fmtconv_view_require_equal (2, both) };
      cr_assert_eq (run (ctx, layout_of (ctx, 1, same), in (&at, "out"), NULL, NULL),
                    good ? 0 : FMTCONV_E_FORMAT, "%s", h.text);
      fmtconv_ctx_free (ctx);
      leave (&at);
    }
}

/* Measured values are those that would be written as f32: of sums, of products, and after rounding. */
Test (absmax, after_all_operations)
{
  static float w[40 * 30], b[40 * 3], a[3 * 30];
  captured h;
  size_t n;
  place at = enter ();
  uint64_t seed = 3;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 2, 0);
  for (size_t i = 0; i < 40 * 30 + 40 * 3 + 3 * 30; i++)
    *(i < 1200 ? &w[i] : i < 1320 ? &b[i - 1200] : &a[i - 1320]) = (float) rnd (&seed, 2000001) / 1000000 - 1;
  fmtconv_view *v = fmtconv_view_constant (ctx, FMTCONV_F32, 2, SHAPE (40, 30), w);
  fmtconv_view *sum =
      fmtconv_view_lowrank (v, fmtconv_view_constant (ctx, FMTCONV_F32, 2, SHAPE (40, 3), b),
                            fmtconv_view_constant (ctx, FMTCONV_F32, 2, SHAPE (3, 30), a), 0.7);
  fmtconv_view *rows = fmtconv_view_absmax (v, SHAPE (1, 30), 448);
  fmtconv_view *of[] = { sum, fmtconv_view_cast (fmtconv_view_scale (sum, 3.3), FMTCONV_BF16),
                         fmtconv_view_multiply (v, fmtconv_view_slice (v, 1, 7, 1), SHAPE (1, 30)),
                         fmtconv_view_concat (0, 2, (fmtconv_view *const[]){ sum, v }) };
  enum
  {
    VIEWS = sizeof of / sizeof *of
  };
  fmtconv_view *all[2 * VIEWS + 1] = { rows };
  for (size_t i = 0; i < VIEWS; i++)
    {
      all[2 * i + 1] = fmtconv_view_cast (of[i], FMTCONV_F32);
      all[2 * i + 2] = fmtconv_view_absmax (of[i], SHAPE (1, 30), 0);
    }
  cr_assert_eq (run (ctx, layout_of (ctx, 2 * VIEWS + 1, all), in (&at, "out"), NULL, NULL), 0, "%s", h.text);
  uint8_t *out = get_file (in (&at, "out"), &n);
  const float *found = (const float *) (const void *) out + 40;
  for (size_t i = 0; i < VIEWS; i++)
    {
      const size_t n_rows = of[i]->shape[0];
      for (size_t r = 0; r < n_rows; r++)
        {
          float most = 0;
          for (size_t k = 0; k < 30; k++)
            most = fmaxf (most, fabsf (found[r * 30 + k]));
          cr_assert_eq (found[30 * n_rows + r], most, "view %zu, row %zu", i, r);
        }
      found += 31 * n_rows;
    }
  free (out);
  fmtconv_ctx_free (ctx);
  leave (&at);
}

/* A number that describes a model cannot be a measured value. */
Test (absmax, no_scalar)
{
  captured h;
  double value;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  const fmtconv_tensor t = { .name = "x.alpha",
                             .view = fmtconv_view_absmax (small (ctx, "a"), SHAPE (4, 6), 0) };
  cr_assert_eq (fmtconv_tensor_scalar (&t, &value), FMTCONV_E_UNSUPPORTED);
  cr_assert_not_null (strstr (h.text, "x.alpha"));
  fmtconv_ctx_free (ctx);
}

/* ---- Norms of rows, and values that are held */

/* Norms are of whole rows however the work is cut, and measurements of measured values come after these. */
Test (absmax, norms_and_held_values)
{
  static uint16_t bf16[ELEMENTS];
  place at = enter ();
  fill (bf16, 9);
  for (size_t i = 0; i < ELEMENTS; i++)
    bf16[i] = (uint16_t) (bf16[i] % 0x400 + 0x3c00); /* of like sizes */
  put_file (in (&at, "in"), bf16, sizeof bf16);
  for (unsigned threads = 1; threads <= 8; threads += 7)
    {
      captured h;
      size_t n;
      fmtconv_ctx *ctx = new_ctx (&h, FMTCONV_FORCE, threads, threads == 1 ? 0 : 8 << 20);
      fmtconv_view *v = fmtconv_view_leaf (open_source (ctx, in (&at, "in")), 0, FMTCONV_BF16, 2,
                                           SHAPE (ROWS, COLUMNS), NULL);
      fmtconv_view *held = fmtconv_view_hold (fmtconv_view_scale (v, 2));
      fmtconv_view *views[] = { fmtconv_view_norm (v), fmtconv_view_norm (held), held,
                                fmtconv_view_absmax (fmtconv_view_norm (held), SHAPE (ROWS, 1), 0) };
      cr_assert_str_eq (fci_view_text (views[0]), "f32[301,1] = box [0,0]+[301,1] <- measured@0 f32 (4,0)");
      cr_assert_eq (requirements (views[3]), 3);
      cr_assert_eq (run (ctx, layout_of (ctx, 4, views), in (&at, "out"), NULL, NULL), 0, "%s", h.text);
      float *out = (float *) (void *) get_file (in (&at, "out"), &n), most = 0;
      cr_assert_eq (n, sizeof *out * (2 * ROWS + ELEMENTS + 1));
      for (size_t r = 0; r < ROWS; r++)
        {
          double sum = 0;
          for (size_t c = 0; c < COLUMNS; c++)
            sum += (double) value_of (bf16[r * COLUMNS + c]) * (double) value_of (bf16[r * COLUMNS + c]);
          cr_assert_eq (out[r], (float) sqrt (sum), "row %zu", r);
          cr_assert_eq (out[ROWS + r], 2 * out[r], "row %zu", r);
          most = fmaxf (most, 2 * out[r]);
        }
      for (size_t i = 0; i < ELEMENTS; i++)
        cr_assert_eq (out[2 * ROWS + i], 2 * value_of (bf16[i]));
      cr_assert_eq (out[2 * ROWS + ELEMENTS], most);
      free (out);
      fmtconv_ctx_free (ctx);
    }
  leave (&at);
}

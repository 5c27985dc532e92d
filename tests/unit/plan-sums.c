/* tests/unit/plan-sums.c: sums of two views: addends of any form, spherical interpolation, its plan, its
 * faults.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/kernel/slerp.h"
#include "core/view/equal.h"
#include "tests/unit/plan-util.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHAPE(...) ((const uint64_t[]){ __VA_ARGS__ })

enum
{
  ROWS = 1031,
  COLUMNS = 700, /* more than two blocks of a sum */
  ELEMENTS = ROWS * COLUMNS
};

static float *
numbers (uint64_t seed)
{
  float *values = malloc (ELEMENTS * sizeof *values);
  for (size_t i = 0; i < ELEMENTS; i++)
    values[i] = (float) rnd (&seed, 2000001) / 1000000 - 0.9f;
  return values;
}

static fmtconv_view *
matrix (fmtconv_ctx *ctx, const float *values, const char *name)
{
  fmtconv_source *source = fci_source_memory (ctx, (const uint8_t *) values, ELEMENTS * sizeof *values, name);
  return fmtconv_view_leaf (source, 0, FMTCONV_F32, 2, SHAPE (ROWS, COLUMNS), NULL);
}

/* Writes a view, and returns its bytes. */
static float *
written (fmtconv_ctx *ctx, const captured *h, const place *at, fmtconv_view *view)
{
  size_t n;
  fmtconv_view *all[] = { view };
  cr_assert_not_null (view);
  cr_assert_eq (run (ctx, layout_of (ctx, 1, all), in (at, "out"), NULL, NULL), 0, "%s", h->text);
  cr_assert_eq (h->done, h->total);
  return (float *) (void *) get_file (in (at, "out"), &n);
}

/* Within a few roundings of the formula in f64, and the same bytes for any threads and memory. */
Test (sums, slerp_is_the_formula)
{
  static const double fractions[] = { 0, 0.3, 1 };
  static const struct
  {
    unsigned threads;
    uint64_t memory;
  } way[] = { { 1, 1 << 30 }, { 2, 16 << 20 }, { 8, 2500000 }, { 3, 600000 } };
  float *a = numbers (1), *b = numbers (2), *first = NULL;
  double aa = 0, ab = 0, bb = 0;
  for (size_t i = 0; i < ELEMENTS; i++)
    {
      aa += (double) a[i] * a[i];
      ab += (double) a[i] * b[i];
      bb += (double) b[i] * b[i];
    }
  const double angle = acos (ab / sqrt (aa * bb));
  for (unsigned i = 0; i < 12; i++)
    {
      captured h;
      place at = enter ();
      const double t = fractions[i / 4];
      fmtconv_ctx *ctx = new_ctx (&h, FMTCONV_FORCE, way[i % 4].threads, way[i % 4].memory);
      float *found =
          written (ctx, &h, &at, fmtconv_view_slerp (matrix (ctx, a, "a"), matrix (ctx, b, "b"), t));
      const double s = sin ((1 - t) * angle) / sin (angle), r = sin (t * angle) / sin (angle);
      for (size_t k = 0; k < ELEMENTS; k++)
        cr_assert_float_eq (found[k], s * a[k] + r * b[k], 3e-7, "fraction %g, element %zu", t, k);
      if (i % 4)
        cr_assert_arr_eq (found, first, ELEMENTS * sizeof *found);
      else
        memcpy (first = realloc (first, ELEMENTS * sizeof *found), found, ELEMENTS * sizeof *found);
      free (found);
      fmtconv_ctx_free (ctx);
      leave (&at);
    }
  free (a);
  free (b);
  free (first);
}

/* Equal pairs are measured once; the plan lists both sides, and counts their bytes. */
Test (sums, slerp_is_planned)
{
  static const float values[8];
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *a = fmtconv_view_constant (ctx, FMTCONV_F32, 1, SHAPE (8), values),
               *b = fmtconv_view_constant (ctx, FMTCONV_F32, 1, SHAPE (8), values);
  fmtconv_view *all[] = { fmtconv_view_slerp (a, b, 0.25), fmtconv_view_slerp (a, b, 0.25),
                          fmtconv_view_slerp (a, b, 0.5), fmtconv_view_slerp (b, a, 0.25) };
  cr_assert (fci_view_equal (all[0], all[1]));
  for (unsigned i = 2; i < 4; i++)
    cr_assert_not (fci_view_equal (all[0], all[i]));
  const fci_plan *plan = fci_plan_compile (ctx, layout_of (ctx, 4, all));
  const char *text = fci_plan_text (plan);
  cr_assert_str_eq (
      fmtconv_ctx_printf (ctx, "%.*s", (int) strcspn (text, "\n"), text),
      "measure 't0' f32[8] slerp 0.25: [0]+[8] <- 'constant'@0 f32 (4) to [0]+[8] <- 'constant'@0 f32 (4)");
  cr_assert_eq (fci_plan_cost (plan)->measured, 3 * 64);
  fmtconv_ctx_free (ctx);
}

Test (sums, slerp_refusals)
{
  static const float values[8];
  for (unsigned i = 0; i < 6; i++)
    {
      captured h;
      fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
      fmtconv_view *a = fmtconv_view_constant (ctx, FMTCONV_F32, 1, SHAPE (8), values);
      fmtconv_view *b = fmtconv_view_constant (ctx, i == 0 ? FMTCONV_I32 : FMTCONV_F32, 1,
                                               i == 1 ? SHAPE (4) : SHAPE (8), values);
      if (i == 4)
        b = fmtconv_view_slerp (a, b, 0.5);
      if (i == 5)
        a = fmtconv_view_slerp (b, a, 0.5);
      cr_assert_null (fmtconv_view_slerp (a, b, i == 2 ? -0.1 : i == 3 ? NAN : 0.5));
      cr_assert_eq (h.code, i < 4 ? FMTCONV_E_USAGE : FMTCONV_E_UNSUPPORTED);
      cr_assert_null (fmtconv_view_slerp (NULL, b, 0.5));
      fmtconv_ctx_free (ctx);
    }
}

/* A value that is not finite in either tensor is named; there is no output. */
Test (sums, slerp_of_values_that_are_not_finite)
{
  for (unsigned i = 0; i < 4; i++)
    {
      captured h;
      place at = enter ();
      float *a = numbers (1), *b = numbers (2);
      (i % 2 ? b : a)[900 * COLUMNS + 5] = i < 2 ? NAN : INFINITY;
      fmtconv_ctx *ctx = new_ctx (&h, 0, 1 + i, i % 2 ? 1 << 20 : 0);
      fmtconv_view *all[] = { fmtconv_view_slerp (matrix (ctx, a, "a"), matrix (ctx, b, "b"), 0.5) };
      cr_assert_eq (run (ctx, layout_of (ctx, 1, all), in (&at, "out"), NULL, NULL), FMTCONV_E_FORMAT);
      cr_assert_not_null (strstr (h.text, i < 2 ? "NaN" : "infinite"), "%s", h.text);
      cr_assert_not_null (strstr (h.text, "in row 900"), "%s", h.text);
      cr_assert_eq (n_entries (at.path), 0);
      fmtconv_ctx_free (ctx);
      leave (&at);
      free (a);
      free (b);
    }
}

Test (sums, slerp_of_no_elements)
{
  captured h;
  place at = enter ();
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *none = fmtconv_view_constant (ctx, FMTCONV_F32, 2, SHAPE (0, 3), NULL);
  free (written (ctx, &h, &at, fmtconv_view_slerp (none, none, 0.5)));
  fmtconv_ctx_free (ctx);
  leave (&at);
}

/* Addends whose rows are one element repeated, and whose own addends are not. */
Test (sums, addends_that_repeat)
{
  captured h;
  place at = enter ();
  float *a = numbers (1), *b = numbers (2), *c = numbers (3);
  fmtconv_ctx *ctx = new_ctx (&h, 0, 2, 2 << 20);
  fmtconv_source *source = fci_source_memory (ctx, (const uint8_t *) b, ELEMENTS * sizeof *b, "b");
  fmtconv_view *repeated = fmtconv_view_leaf (source, 0, FMTCONV_F32, 2, SHAPE (ROWS, COLUMNS),
                                              (const int64_t[]){ 4 * COLUMNS, 0 });
  fmtconv_view *difference = fmtconv_view_add (repeated, matrix (ctx, c, "c"), -1);
  float *found = written (ctx, &h, &at, fmtconv_view_add (matrix (ctx, a, "a"), difference, 0.5));
  for (size_t i = 0; i < ELEMENTS; i++)
    {
      volatile float inner = b[i / COLUMNS * COLUMNS] - c[i];
      volatile float more = inner * 0.5f;
      cr_assert_eq (found[i], a[i] + more, "element %zu", i);
    }
  free (found);
  fmtconv_ctx_free (ctx);
  leave (&at);
  free (a);
  free (b);
  free (c);
}

/* The weights against the C library, over all angles. */
Test (sums, slerp_weights)
{
  for (int i = -1000; i <= 1000; i++)
    for (unsigned k = 0; k <= 10; k++)
      {
        const double cosine = i / 1000.0, t = k / 10.0, angle = acos (cosine);
        const fci_dot_sums sums = { 4, 6 * cosine, 9 };
        const bool parallel = fabs (cosine) > 0.9995;
        float weights[2];
        fci_slerp_weights (&sums, t, weights);
        cr_assert_float_eq (weights[0], parallel ? 1 - t : sin ((1 - t) * angle) / sin (angle), 1e-6);
        cr_assert_float_eq (weights[1], parallel ? t : sin (t * angle) / sin (angle), 1e-6);
      }
  const fci_dot_sums none = { 0, 0, 9 };
  float weights[2];
  fci_slerp_weights (&none, 0.5, weights);
  cr_assert_float_eq (weights[0], sqrt (0.5), 1e-7);
}

/* tests/unit/view.c: views one operation at a time: golden normal forms, and all refusals.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/view/inspect.h"
#include "tests/unit/view-util.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite (view, .init = set_up, .fini = tear_down);

static fmtconv_view *
matrix (void)
{
  return fmtconv_view_leaf (source, 128, FMTCONV_F16, 2, SHAPE (4, 8), NULL);
}

Test (view, gathers_in_few_boxes)
{
  fmtconv_view *m = matrix ();
  cr_expect_eq (fmtconv_view_gather (m, 0, 4, SHAPE (0, 1, 2, 3)), m);
  expect_text (fmtconv_view_gather (m, 0, 3, SHAPE (2, 3, 0)),
               "f16[3,8] = box [0,0]+[2,8] <- s@160 f16 (16,2); box [2,0]+[1,8] <- s@128 f16 (0,2)");
  expect_text (fmtconv_view_gather (m, 1, 4, SHAPE (1, 3, 5, 7)),
               "f16[4,4] = box [0,0]+[4,4] <- s@130 f16 (16,4)");
  expect_text (fmtconv_view_gather (m, 0, 5, SHAPE (1, 1, 1, 1, 1)),
               "f16[5,8] = box [0,0]+[5,8] <- s@144 f16 (0,2)");
  cr_expect_eq (fmtconv_view_shape (fmtconv_view_gather (m, 0, 0, NULL))[0], 0u);
  expect_refusal (fmtconv_view_gather (matrix (), 0, 2, SHAPE (0, 4)), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_gather (matrix (), 2, 1, SHAPE (0)), FMTCONV_E_USAGE);
  cr_expect_null (fmtconv_view_gather (NULL, 0, 1, SHAPE (0)));
}

/* A vocabulary: one box for each row at worst, in bounded memory. */
Test (view, gathers_many_rows)
{
  enum
  {
    ROWS = 150000
  };
  static const uint8_t zeros[ROWS * 4];
  fmtconv_source *large = fci_source_memory (ctx, zeros, sizeof zeros, "large");
  fmtconv_view *v = fmtconv_view_leaf (large, 0, FMTCONV_U8, 2, SHAPE (ROWS, 4), (int64_t[]){ 4, 1 });
  uint64_t *rows = malloc (ROWS * sizeof *rows);
  for (uint64_t i = 0; i < ROWS; i++)
    rows[i] = i * 7919 % ROWS;
  fmtconv_view *g = fmtconv_view_gather (v, 0, ROWS, rows);
  cr_assert_not_null (g);
  cr_expect_leq (g->n_boxes, (size_t) ROWS);
  for (uint64_t i = 0; i < ROWS; i++)
    rows[i] = i < ROWS / 2 ? i + ROWS / 2 : i - ROWS / 2;
  cr_expect_eq (fmtconv_view_gather (v, 0, ROWS, rows)->n_boxes, 2u);
  free (rows);
}

/* Sums along the axis keep each row apart, whatever the steps between the rows. */
Test (view, gathers_steps_of_a_sum)
{
  enum
  {
    ROWS = 300000,
    WANTED = ROWS / 2
  };
  static const uint8_t zeros[ROWS * 4];
  fmtconv_source *large = fci_source_memory (ctx, zeros, sizeof zeros, "large");
  fmtconv_view *v = fmtconv_view_leaf (large, 0, FMTCONV_F32, 2, SHAPE (ROWS, 1), NULL);
  uint64_t *rows = malloc (WANTED * sizeof *rows);
  for (uint64_t i = 0; i < WANTED; i++)
    rows[i] = 2 * i;
  fmtconv_view *g = fmtconv_view_gather (fmtconv_view_add (v, v, 0.5), 0, WANTED, rows);
  cr_assert_not_null (g);
  cr_expect_eq (g->shape[0], WANTED);
  cr_expect_eq (g->n_boxes, WANTED);
  free (rows);
}

Test (view, leaf)
{
  expect_text (matrix (), "f16[4,8] = box [0,0]+[4,8] <- s@128 f16 (16,2)");
  expect_text (fmtconv_view_leaf (source, 1, FMTCONV_F32, 0, NULL, NULL), "f32[] = box []+[] <- s@1 f32 ()");
  expect_text (fmtconv_view_leaf (source, 0, FMTCONV_U8, 2, SHAPE (3, 2), STRIDES (0, 5)),
               "u8[3,2] = box [0,0]+[3,2] <- s@0 u8 (0,5)");
  expect_text (fmtconv_view_leaf (source, 0, FMTCONV_U8, 3, SHAPE (1, 4, 1), STRIDES (7, 1, 9)),
               "u8[1,4,1] = box [0,0,0]+[1,4,1] <- s@0 u8 (0,1,0)");
  expect_text (
      fmtconv_view_leaf (source, UINT64_MAX, FMTCONV_F64, 3, SHAPE (UINT64_MAX, 0, UINT64_MAX), NULL),
      "f64[18446744073709551615,0,18446744073709551615] = nothing");
  cr_expect_null (fmtconv_view_leaf (NULL, 0, FMTCONV_U8, 0, NULL, NULL));
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
}

Test (view, leaf_range)
{
  const uint64_t size = sizeof bytes;
  cr_expect_not_null (fmtconv_view_leaf (source, size - 8, FMTCONV_F16, 1, SHAPE (4), NULL));
  expect_refusal (fmtconv_view_leaf (source, size - 7, FMTCONV_F16, 1, SHAPE (4), NULL), FMTCONV_E_FORMAT);
  expect_refusal (fmtconv_view_leaf (source, UINT64_MAX, FMTCONV_F16, 1, SHAPE (4), NULL), FMTCONV_E_FORMAT);
  cr_expect_not_null (fmtconv_view_leaf (source, size - 20, FMTCONV_F16, 2, SHAPE (4, 2), STRIDES (4, 6)));
  expect_refusal (fmtconv_view_leaf (source, size - 19, FMTCONV_F16, 2, SHAPE (4, 2), STRIDES (4, 6)),
                  FMTCONV_E_FORMAT);
  expect_refusal (fmtconv_view_leaf (source, 0, FMTCONV_F16, 1, SHAPE (3), STRIDES (INT64_MAX)),
                  FMTCONV_E_FORMAT);
  expect_refusal (fmtconv_view_leaf (source, 8, FMTCONV_F16, 1, SHAPE (3), STRIDES (-2)), FMTCONV_E_FORMAT);
}

Test (view, leaf_shapes)
{
  const uint64_t wide[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
  cr_expect_not_null (fmtconv_view_leaf (source, 0, FMTCONV_U8, 8, wide, NULL));
  expect_refusal (fmtconv_view_leaf (source, 0, FMTCONV_U8, 9, wide, NULL), FMTCONV_E_LIMIT);
  expect_refusal (fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, NULL, NULL), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_leaf (source, 0, 0, 0, NULL, NULL), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_leaf (source, 0, 63, 0, NULL, NULL), FMTCONV_E_USAGE);
  expect_refusal (
      fmtconv_view_leaf (source, 0, FMTCONV_U8, 2, SHAPE (UINT64_C (1) << 32, UINT64_C (1) << 32), NULL),
      FMTCONV_E_LIMIT);
  expect_refusal (fmtconv_view_leaf (source, 0, FMTCONV_F64, 1, SHAPE (UINT64_C (1) << 61), NULL),
                  FMTCONV_E_LIMIT);
  expect_refusal (fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, SHAPE (UINT64_C (1) << 63), STRIDES (0)),
                  FMTCONV_E_LIMIT);
}

/* Bytes that only repeat others: up to the size of the input and 1 GiB. */
Test (view, leaf_repeats)
{
  const uint64_t most = (UINT64_C (1) << 30) + sizeof bytes;
  cr_expect_not_null (fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, SHAPE (most), STRIDES (0)));
  cr_expect_not_null (fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, SHAPE (most + 1), STRIDES (0)));
  expect_refusal (fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, SHAPE (most + 2), STRIDES (0)),
                  FMTCONV_E_LIMIT);
  /* 4 stored bytes, and twice as many elements as allowed with steps of one byte */
  expect_refusal (
      fmtconv_view_leaf (source, 0, FMTCONV_U8, 3, SHAPE (1 << 15, 1 << 15, 4), STRIDES (1, 0, 0)),
      FMTCONV_E_LIMIT);
  expect_refusal (
      fmtconv_view_leaf (source, 0, FMTCONV_U8, 3, SHAPE (1 << 14, 1 << 14, 1 << 14), STRIDES (1, 1, 1)),
      FMTCONV_E_LIMIT);
}

Test (view, constant)
{
  const float data[] = { 1, 2, 3 };
  fmtconv_view *view = fmtconv_view_constant (ctx, FMTCONV_F32, 1, SHAPE (3), data);
  expect_text (view, "f32[3] = box [0]+[3] <- constant@0 f32 (4)");
  const uint8_t *copy = view->boxes[0].source->memory + view->boxes[0].offset;
  cr_expect_neq ((const void *) copy, (const void *) data);
  cr_expect_eq (memcmp (copy, data, sizeof data), 0);
  expect_text (fmtconv_view_constant (ctx, FMTCONV_F32, 1, SHAPE (0), NULL), "f32[0] = nothing");
  cr_expect_null (fmtconv_view_constant (ctx, FMTCONV_F32, 1, SHAPE (3), NULL));
  cr_expect_null (fmtconv_view_constant (NULL, FMTCONV_F32, 0, NULL, data));
}

Test (view, slice)
{
  expect_text (fmtconv_view_slice (matrix (), 1, 2, 3), "f16[4,3] = box [0,0]+[4,3] <- s@132 f16 (16,2)");
  expect_text (fmtconv_view_slice (matrix (), 0, 3, 1), "f16[1,8] = box [0,0]+[1,8] <- s@176 f16 (0,2)");
  expect_text (fmtconv_view_slice (matrix (), 0, 4, 0), "f16[0,8] = nothing");
  expect_text (fmtconv_view_chunk (matrix (), 1, 3, 4), "f16[4,2] = box [0,0]+[4,2] <- s@140 f16 (16,2)");
  fmtconv_view *view = matrix ();
  cr_expect_eq (fmtconv_view_slice (view, 0, 0, 4), view);
  cr_expect_null (fmtconv_view_slice (NULL, 0, 0, 1));
  cr_expect_null (fmtconv_view_chunk (NULL, 0, 0, 1));
  expect_refusal (fmtconv_view_slice (matrix (), 2, 0, 1), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_slice (matrix (), 0, 2, 3), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_slice (matrix (), 0, UINT64_MAX, 2), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_chunk (matrix (), 2, 0, 1), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_chunk (matrix (), 0, 0, 3), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_chunk (matrix (), 0, 4, 4), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_chunk (matrix (), 0, 0, 0), FMTCONV_E_USAGE);
}

Test (view, concat)
{
  fmtconv_view *a = fmtconv_view_leaf (source, 0, FMTCONV_U8, 2, SHAPE (2, 3), NULL);
  fmtconv_view *b = fmtconv_view_leaf (source, 6, FMTCONV_U8, 2, SHAPE (1, 3), NULL);
  fmtconv_view *none = fmtconv_view_leaf (source, 0, FMTCONV_U8, 2, SHAPE (0, 3), NULL);
  expect_text (fmtconv_view_concat (0, 3, (fmtconv_view *[]){ a, none, b }),
               "u8[3,3] = box [0,0]+[3,3] <- s@0 u8 (3,1)");
  expect_text (fmtconv_view_concat (0, 2, (fmtconv_view *[]){ b, a }),
               "u8[3,3] = box [0,0]+[1,3] <- s@6 u8 (0,1); box [1,0]+[2,3] <- s@0 u8 (3,1)");
  expect_text (fmtconv_view_concat (1, 2, (fmtconv_view *[]){ a, a }),
               "u8[2,6] = box [0,0]+[2,3] <- s@0 u8 (3,1); box [0,3]+[2,3] <- s@0 u8 (3,1)");
  cr_expect_eq (fmtconv_view_concat (0, 1, &a), a);
  cr_expect_null (fmtconv_view_concat (0, 0, NULL));
  cr_expect_null (fmtconv_view_concat (0, 2, (fmtconv_view *[]){ NULL, NULL }));
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  expect_refusal (fmtconv_view_concat (0, 2, (fmtconv_view *[]){ a, NULL }), FMTCONV_E_INTERNAL);
}

/* Returns the n-th of some views that do not fit matrix (). */
static fmtconv_view *
misfit (unsigned n)
{
  switch (n)
    {
    case 0:
      return fmtconv_view_leaf (source, 0, FMTCONV_BF16, 2, SHAPE (4, 8), NULL);
    case 1:
      return fmtconv_view_leaf (source, 0, FMTCONV_F16, 2, SHAPE (4, 7), NULL);
    case 2:
      return fmtconv_view_leaf (source, 0, FMTCONV_F16, 1, SHAPE (8), NULL);
    default:
      return NULL;
    }
}

Test (view, concat_refusals)
{
  for (unsigned i = 0; misfit (i); i++)
    expect_refusal (fmtconv_view_concat (0, 2, (fmtconv_view *[]){ matrix (), misfit (i) }), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_concat (2, 2, (fmtconv_view *[]){ matrix (), matrix () }), FMTCONV_E_USAGE);
  fmtconv_view *scalar = fmtconv_view_leaf (source, 0, FMTCONV_F16, 0, NULL, NULL);
  expect_refusal (fmtconv_view_concat (0, 2, (fmtconv_view *[]){ scalar, scalar }), FMTCONV_E_USAGE);
  fmtconv_view *long_one = fmtconv_view_leaf (source, 0, FMTCONV_F16, 2, SHAPE (UINT64_MAX, 0), NULL);
  expect_refusal (fmtconv_view_concat (0, 2, (fmtconv_view *[]){ long_one, long_one }), FMTCONV_E_LIMIT);
}

Test (view, permute)
{
  expect_text (fmtconv_view_permute (matrix (), AXES (1, 0)),
               "f16[8,4] = box [0,0]+[8,4] <- s@128 f16 (2,16)");
  fmtconv_view *cube = fmtconv_view_leaf (source, 0, FMTCONV_U8, 3, SHAPE (2, 3, 4), NULL);
  expect_text (fmtconv_view_permute (cube, AXES (2, 0, 1)),
               "u8[4,2,3] = box [0,0,0]+[4,2,3] <- s@0 u8 (1,12,4)");
  cr_expect_eq (fmtconv_view_permute (cube, AXES (0, 1, 2)), cube);
  cr_expect_null (fmtconv_view_permute (NULL, AXES (0)));
  expect_refusal (fmtconv_view_permute (matrix (), AXES (0, 0)), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_permute (matrix (), AXES (0, 2)), FMTCONV_E_USAGE);
}

Test (view, reshape)
{
  expect_text (fmtconv_view_reshape (matrix (), 3, SHAPE (2, 1, 16)),
               "f16[2,1,16] = box [0,0,0]+[2,1,16] <- s@128 f16 (32,0,2)");
  fmtconv_view *rows = fmtconv_view_slice (matrix (), 1, 0, 6);
  expect_text (fmtconv_view_reshape (rows, 3, SHAPE (2, 2, 6)),
               "f16[2,2,6] = box [0,0,0]+[2,2,6] <- s@128 f16 (32,16,2)");
  expect_text (fmtconv_view_reshape (rows, 3, SHAPE (4, 2, 3)),
               "f16[4,2,3] = box [0,0,0]+[4,2,3] <- s@128 f16 (16,6,2)");
  expect_text (fmtconv_view_reshape (rows, 2, SHAPE (2, 12)),
               "f16[2,12] = box [0,0]+[2,6] <- s@128 f16 (32,2); box [0,6]+[2,6] <- s@144 f16 (32,2)");
  expect_text (fmtconv_view_reshape (rows, 2, SHAPE (3, 8)),
               "f16[3,8] = box [0,0]+[1,6] <- s@128 f16 (0,2); box [0,6]+[1,2] <- s@144 f16 (0,2); "
               "box [1,0]+[1,4] <- s@148 f16 (0,2); box [1,4]+[1,4] <- s@160 f16 (0,2); "
               "box [2,0]+[1,2] <- s@168 f16 (0,2); box [2,2]+[1,6] <- s@176 f16 (0,2)");
  expect_text (fmtconv_view_reshape (fmtconv_view_slice (matrix (), 0, 0, 0), 1, SHAPE (0)),
               "f16[0] = nothing");
  fmtconv_view *one = fmtconv_view_leaf (source, 4, FMTCONV_F32, 0, NULL, NULL);
  expect_text (fmtconv_view_reshape (one, 2, SHAPE (1, 1)), "f32[1,1] = box [0,0]+[1,1] <- s@4 f32 (0,0)");
  cr_expect_null (fmtconv_view_reshape (NULL, 0, NULL));
  expect_refusal (fmtconv_view_reshape (matrix (), 1, SHAPE (31)), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_reshape (matrix (), 1, SHAPE (0)), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_reshape (matrix (), 2, SHAPE (UINT64_C (1) << 32, UINT64_C (1) << 32)),
                  FMTCONV_E_LIMIT);
}

/* Only views that cannot be one box are cut: millions of rows need no more boxes than two. */
Test (view, reshape_of_many_rows)
{
  const uint64_t n = UINT64_C (2) * FCI_MAX_BOXES;
  fmtconv_source *big = fci_source_memory (ctx, bytes, 8 * n, "big");
  fmtconv_view *dense = fmtconv_view_leaf (big, 0, FMTCONV_U8, 2, SHAPE (n, 6), NULL);
  expect_text (fmtconv_view_reshape (dense, 1, SHAPE (6 * n)),
               "u8[12582912] = box [0]+[12582912] <- big@0 u8 (1)");
  fmtconv_view *rows = fmtconv_view_leaf (big, 0, FMTCONV_U8, 2, SHAPE (n, 6), STRIDES (8, 1));
  expect_text (fmtconv_view_reshape (rows, 2, SHAPE (n / 2, 12)),
               "u8[1048576,12] = box [0,0]+[1048576,6] <- big@0 u8 (16,1); "
               "box [0,6]+[1048576,6] <- big@8 u8 (16,1)");
}

/* A descending order is not a stride. */
Test (view, reshape_of_descending_parts)
{
  fmtconv_view *parts[] = { fmtconv_view_leaf (source, 10, FMTCONV_U8, 1, SHAPE (1), NULL),
                            fmtconv_view_leaf (source, 5, FMTCONV_U8, 1, SHAPE (1), NULL) };
  expect_text (fmtconv_view_reshape (fmtconv_view_concat (0, 2, parts), 2, SHAPE (2, 1)),
               "u8[2,1] = box [0,0]+[1,1] <- s@10 u8 (0,0); box [1,0]+[1,1] <- s@5 u8 (0,0)");
}

/* Two axes with different strides, joined: a box for each row, up to the limit. */
Test (view, reshape_limit)
{
  const uint64_t most = FCI_MAX_BOXES;
  fmtconv_source *big = fci_source_memory (ctx, bytes, 3 * most, "big");
  big->size = UINT64_C (4) * most;
  fmtconv_view *rows = fmtconv_view_leaf (big, 0, FMTCONV_U8, 2, SHAPE (most, 2), STRIDES (3, 1));
  fmtconv_view *flat = fmtconv_view_reshape (rows, 1, SHAPE (2 * most));
  cr_assert_not_null (flat);
  cr_expect_eq (flat->n_boxes, most);
  rows = fmtconv_view_leaf (big, 0, FMTCONV_U8, 2, SHAPE (most + 1, 2), STRIDES (3, 1));
  expect_refusal (fmtconv_view_reshape (rows, 1, SHAPE (2 * most + 2)), FMTCONV_E_LIMIT);
}

Test (view, operations)
{
  fmtconv_view *view = matrix ();
  expect_text (fmtconv_view_cast (view, FMTCONV_F32),
               "f32[4,8] = box [0,0]+[4,8] <- s@128 f16 (16,2) | cast f32");
  cr_expect_eq (fmtconv_view_cast (view, FMTCONV_F16), view);
  cr_expect_eq (fmtconv_view_scale (view, 1), view);
  cr_expect_eq (fmtconv_view_watch (view, 0, FMTCONV_SEVERITY_WARN, NULL), view);
  cr_expect_eq (fmtconv_view_add_scalar (view, -0.0), view, "which changes no number");
  cr_expect_neq (fmtconv_view_add_scalar (view, 0), view, "-0 becomes 0");
  fmtconv_view *half = fmtconv_view_scale (view, 0.5);
  expect_text (fmtconv_view_cast (half, FMTCONV_F16),
               "f16[4,8] = box [0,0]+[4,8] <- s@128 f16 (16,2) | scale 0.5 | cast f16");
  fmtconv_view *rounded = fmtconv_view_cast (half, FMTCONV_F16);
  cr_expect_eq (fmtconv_view_cast (rounded, FMTCONV_F16), rounded);
  fmtconv_view *watched = fmtconv_view_watch (half, FMTCONV_FINDING_NAN | FMTCONV_FINDING_OVERFLOW,
                                              FMTCONV_SEVERITY_ERROR, "try f32");
  expect_text (watched,
               "f16[4,8] = box [0,0]+[4,8] <- s@128 f16 (16,2) | scale 0.5 | watch overflow nan: error "
               "(try f32)");
  cr_expect_eq (fmtconv_view_watch (watched, FMTCONV_FINDING_NAN | FMTCONV_FINDING_OVERFLOW,
                                    FMTCONV_SEVERITY_ERROR, "try f32"),
                watched);
  expect_text (fmtconv_view_cast (
                   fmtconv_view_watch (view, FMTCONV_FINDING_INF, FMTCONV_SEVERITY_COUNT, NULL), FMTCONV_F16),
               "f16[4,8] = box [0,0]+[4,8] <- s@128 f16 (16,2) | watch inf: count | cast f16");
}

Test (view, operation_refusals)
{
  cr_expect_null (fmtconv_view_cast (NULL, FMTCONV_F32));
  cr_expect_null (fmtconv_view_scale (NULL, 2));
  cr_expect_null (fmtconv_view_add_scalar (NULL, 2));
  cr_expect_null (fmtconv_view_watch (NULL, 1, 0, NULL));
  expect_refusal (fmtconv_view_cast (matrix (), 0), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_scale (fmtconv_view_leaf (source, 0, FMTCONV_I32, 0, NULL, NULL), 2),
                  FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_scale (fmtconv_view_leaf (source, 0, FMTCONV_C64, 0, NULL, NULL), 2),
                  FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_scale (matrix (), NAN), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_add_scalar (matrix (), INFINITY), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_add_scalar (fmtconv_view_leaf (source, 0, FMTCONV_I32, 0, NULL, NULL), 1),
                  FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_scale (matrix (), 1e39), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_watch (matrix (), 32, FMTCONV_SEVERITY_WARN, NULL), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_watch (matrix (), FMTCONV_FINDING_NAN, 3, NULL), FMTCONV_E_USAGE);
  fmtconv_view *huge = fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, SHAPE (1 << 30), STRIDES (0));
  fmtconv_view *parts[1024];
  for (unsigned round = 0; round < 3; round++)
    {
      for (unsigned i = 0; i < 1024; i++)
        parts[i] = huge;
      huge = fmtconv_view_concat (0, 1024, parts);
    }
  cr_expect_eq (huge->elements, UINT64_C (1) << 60);
  expect_refusal (fmtconv_view_cast (huge, FMTCONV_F64), FMTCONV_E_LIMIT);
}

/* The text has a factor's position, then its steps: one for each axis, and that of the rank. */
Test (view, lowrank)
{
  fmtconv_view *b = fmtconv_view_leaf (source, 1000, FMTCONV_F32, 2, SHAPE (4, 3), NULL);
  fmtconv_view *a = fmtconv_view_leaf (source, 2000, FMTCONV_BF16, 2, SHAPE (3, 8), NULL);
  fmtconv_view *all = fmtconv_view_lowrank (matrix (), b, a, 0.5);
  expect_text (all, "f16[4,8] = box [0,0]+[4,8] <- s@128 f16 (16,2) | lowrank 0.5 3 s@1000 f32 (12,0;4)"
                    " s@2000 bf16 (0,2;16)");
  expect_text (
      fmtconv_view_cast (fmtconv_view_slice (fmtconv_view_slice (all, 0, 2, 2), 1, 5, 3), FMTCONV_F32),
      "f32[2,3] = box [0,0]+[2,3] <- s@170 f16 (16,2) | lowrank 0.5 3 s@1024 f32 (12,0;4)"
      " s@2010 bf16 (0,2;16) | cast f32");
  expect_text (fmtconv_view_permute (all, AXES (1, 0)),
               "f16[8,4] = box [0,0]+[8,4] <- s@128 f16 (2,16) | lowrank 0.5 3 s@1000 f32 (0,12;4)"
               " s@2000 bf16 (2,0;16)");
  expect_text (
      fmtconv_view_reshape (all, 3, SHAPE (2, 2, 8)),
      "f16[2,2,8] = box [0,0,0]+[2,2,8] <- s@128 f16 (32,16,2) | lowrank 0.5 3 s@1000 f32 (24,12,0;4)"
      " s@2000 bf16 (0,0,2;16)");
  cr_expect_eq (fmtconv_view_reshape (all, 1, SHAPE (32))->n_boxes,
                4); /* one for each row: b is not contiguous */
  expect_text (fmtconv_view_lowrank (matrix (), fmtconv_view_scale (b, 2), a, 1),
               "f16[4,8] = box [0,0]+[4,8] <- s@128 f16 (16,2) | lowrank 1 3 s@1000 f32 (12,0;4) | scale 2"
               " s@2000 bf16 (0,2;16)");
}

/* The same matrices give the same form, however they were concatenated. */
Test (view, lowrank_is_one_box)
{
  fmtconv_view *b = fmtconv_view_leaf (source, 1000, FMTCONV_F32, 2, SHAPE (4, 3), NULL);
  fmtconv_view *a = fmtconv_view_leaf (source, 2000, FMTCONV_F32, 2, SHAPE (3, 8), NULL);
  fmtconv_view *halves[2];
  for (unsigned i = 0; i < 2; i++)
    halves[i] =
        fmtconv_view_lowrank (fmtconv_view_chunk (matrix (), 0, i, 2), fmtconv_view_chunk (b, 0, i, 2), a, 3);
  cr_expect_str_eq (fci_view_text (fmtconv_view_concat (0, 2, halves)),
                    fci_view_text (fmtconv_view_lowrank (matrix (), b, a, 3)));
  halves[1] =
      fmtconv_view_lowrank (fmtconv_view_chunk (matrix (), 0, 1, 2), fmtconv_view_chunk (b, 0, 1, 2), a, 2);
  cr_expect_eq (fmtconv_view_concat (0, 2, halves)->n_boxes, 2);
  fmtconv_view *turned = fmtconv_view_concat (
      0, 2, (fmtconv_view *[]){ fmtconv_view_chunk (b, 0, 1, 2), fmtconv_view_chunk (b, 0, 0, 2) });
  cr_expect_eq (fmtconv_view_lowrank (matrix (), turned, a, 2)->n_boxes, 2);
  expect_text (
      fmtconv_view_lowrank (matrix (), fmtconv_view_slice (b, 1, 0, 0), fmtconv_view_slice (a, 0, 0, 0), 2),
      fci_view_text (matrix ()));
}

#define FACTORS(dtype, ...)                                                               \
  fmtconv_view_leaf (source, 1000, dtype, sizeof SHAPE (__VA_ARGS__) / sizeof (uint64_t), \
                     SHAPE (__VA_ARGS__), NULL)

/* A view with a factor for each block is one box, also sliced anywhere or permuted; reshape may split an
 * axis at blocks, or inside them. */
Test (view, multiply)
{
  uint64_t block[] = { 2, 3 };
  fmtconv_view *f = FACTORS (FMTCONV_F32, 2, 3);
  fmtconv_view *all = fmtconv_view_multiply (matrix (), f, block);
  expect_text (all, "f16[4,8] = box [0,0]+[4,8] <- s@128 f16 (16,2) | times s@1000 f32 (12/2+0,4/3+0)");
  expect_text (fmtconv_view_slice (fmtconv_view_slice (all, 0, 1, 3), 1, 4, 3),
               "f16[3,3] = box [0,0]+[3,3] <- s@152 f16 (16,2) | times s@1004 f32 (12/2+1,4/3+1)");
  expect_text (fmtconv_view_permute (all, (unsigned[]){ 1, 0 }),
               "f16[8,4] = box [0,0]+[8,4] <- s@128 f16 (2,16) | times s@1000 f32 (4/3+0,12/2+0)");
  expect_text (fmtconv_view_reshape (all, 3, SHAPE (2, 2, 8)),
               "f16[2,2,8] = box [0,0,0]+[2,2,8] <- s@128 f16 (32,16,2) | times s@1000 f32 (12,0,4/3+0)");
  fmtconv_view *halves[] = { fmtconv_view_slice (all, 1, 0, 5), fmtconv_view_slice (all, 1, 5, 3) };
  expect_text (fmtconv_view_concat (1, 2, halves), fci_view_text (all));
  fmtconv_view *one = fmtconv_view_divide (fmtconv_view_multiply (matrix (), FACTORS (FMTCONV_BF16, 1), NULL),
                                           FACTORS (FMTCONV_F32, 4, 1), NULL);
  expect_text (one,
               "f16[4,8] = box [0,0]+[4,8] <- s@128 f16 (16,2) | times s@1000 bf16 (0,0) | divided by s@1000 "
               "f32 (4,0)");
  fmtconv_view *scale = fmtconv_view_multiply (f, FACTORS (FMTCONV_F32, 1), NULL);
  expect_text (
      fmtconv_view_multiply (matrix (), scale, block),
      "f16[4,8] = box [0,0]+[4,8] <- s@128 f16 (16,2) | times [ s@1000 f32 (12/2+0,4/3+0) | times s@1000 f32 "
      "(0,0) ]");
}

Test (view, multiply_refusals)
{
  const uint64_t block[] = { 2, 3 };
  expect_refusal (fmtconv_view_multiply (matrix (), FACTORS (FMTCONV_F32, 2, 3), NULL), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_multiply (matrix (), FACTORS (FMTCONV_F32, 2, 3), SHAPE (2, 4)),
                  FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_divide (matrix (), FACTORS (FMTCONV_F32, 4), NULL), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_multiply (matrix (), FACTORS (FMTCONV_I32, 4, 1), NULL), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_multiply (FACTORS (FMTCONV_I8, 4, 8), FACTORS (FMTCONV_F32, 2, 3), block),
                  FMTCONV_E_USAGE);
  fmtconv_view *rows = fmtconv_view_multiply (FACTORS (FMTCONV_F32, 2, 3), FACTORS (FMTCONV_F32, 2, 1), NULL);
  expect_refusal (fmtconv_view_multiply (matrix (), rows, block), FMTCONV_E_UNSUPPORTED);
  fmtconv_view *all = matrix (), *f = FACTORS (FMTCONV_F32, 2, 3);
  for (unsigned i = 0; i < 16; i++)
    all = fmtconv_view_multiply (all, f, block);
  cr_expect_eq (all->n_boxes, 1);
  expect_refusal (fmtconv_view_multiply (all, f, block), FMTCONV_E_UNSUPPORTED);
  expect_refusal (fmtconv_view_multiply (NULL, FACTORS (FMTCONV_F32, 2, 3), block), FMTCONV_E_INTERNAL);
}

/* An addend moves with the elements; so do the addends of an addend. */
Test (view, add)
{
  fmtconv_view *difference = fmtconv_view_add (FACTORS (FMTCONV_F32, 4, 8), FACTORS (FMTCONV_BF16, 4, 8), -1);
  fmtconv_view *all = fmtconv_view_add (matrix (), difference, 0.5);
  expect_text (all,
               "f16[4,8] = box [0,0]+[4,8] <- s@128 f16 (16,2) | add 0.5 times [ s@1000 f32 (32,4) | add -1 "
               "times s@1000 bf16 (16,2) ]");
  expect_text (
      fmtconv_view_permute (fmtconv_view_slice (all, 1, 3, 5), (unsigned[]){ 1, 0 }),
      "f16[5,4] = box [0,0]+[5,4] <- s@134 f16 (2,16) | add 0.5 times [ s@1012 f32 (4,32) | add -1 times "
      "s@1006 bf16 (2,16) ]");
  expect_text (
      fmtconv_view_reshape (all, 1, SHAPE (32)),
      "f16[32] = box [0]+[32] <- s@128 f16 (2) | add 0.5 times [ s@1000 f32 (4) | add -1 times s@1000 "
      "bf16 (2) ]");
  fmtconv_view *halves[] = { fmtconv_view_slice (all, 1, 0, 1), fmtconv_view_slice (all, 1, 1, 7) };
  expect_text (fmtconv_view_concat (1, 2, halves), fci_view_text (all));
}

Test (view, add_refusals)
{
  expect_refusal (fmtconv_view_add (matrix (), FACTORS (FMTCONV_F32, 4, 1), 1), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_add (matrix (), FACTORS (FMTCONV_F32, 32), 1), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_add (matrix (), FACTORS (FMTCONV_I32, 4, 8), 1), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_add (matrix (), FACTORS (FMTCONV_F32, 4, 8), 1e39), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_add (matrix (), FACTORS (FMTCONV_F32, 4, 8), NAN), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_add (FACTORS (FMTCONV_F32, 4, 32),
                                    fmtconv_view_cast (FACTORS (FMTCONV_Q8_0, 4, 32), FMTCONV_F32), 1),
                  FMTCONV_E_UNSUPPORTED);
  fmtconv_view *b = FACTORS (FMTCONV_F32, 4, 1), *a = FACTORS (FMTCONV_F32, 1, 8);
  expect_refusal (
      fmtconv_view_add (matrix (), fmtconv_view_lowrank (FACTORS (FMTCONV_F32, 4, 8), b, a, 1), 1),
      FMTCONV_E_UNSUPPORTED);
  fmtconv_view *all = matrix ();
  for (unsigned i = 0; i < 16; i++)
    all = fmtconv_view_add (all, FACTORS (FMTCONV_F32, 4, 8), 1);
  cr_expect_eq (all->n_boxes, 1);
  expect_refusal (fmtconv_view_add (all, FACTORS (FMTCONV_F32, 4, 8), 1), FMTCONV_E_UNSUPPORTED);
  cr_expect_null (fmtconv_view_add (NULL, matrix (), 1));
}

Test (view, lowrank_refusals)
{
#define B fmtconv_view_leaf (source, 0, FMTCONV_F32, 2, SHAPE (4, 3), NULL)
#define A fmtconv_view_leaf (source, 0, FMTCONV_F32, 2, SHAPE (3, 8), NULL)
  expect_refusal (fmtconv_view_lowrank (matrix (), A, B, 1), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_lowrank (matrix (), B, fmtconv_view_slice (A, 0, 0, 2), 1), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_lowrank (matrix (), fmtconv_view_reshape (B, 1, SHAPE (12)), A, 1),
                  FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_lowrank (matrix (), B, A, INFINITY), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_lowrank (matrix (), B, A, 1e39), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_lowrank (matrix (), B, fmtconv_view_cast (A, FMTCONV_I8), 1), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_lowrank (fmtconv_view_cast (matrix (), FMTCONV_C64), B, A, 1),
                  FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_lowrank (NULL, B, A, 1), FMTCONV_E_INTERNAL);
  fmtconv_view *apart[2] = { fmtconv_view_slice (B, 1, 0, 1), fmtconv_view_slice (B, 1, 0, 2) };
  expect_refusal (fmtconv_view_lowrank (matrix (), fmtconv_view_concat (1, 2, apart), A, 1),
                  FMTCONV_E_UNSUPPORTED);
  fmtconv_view *square = fmtconv_view_leaf (source, 0, FMTCONV_F32, 2, SHAPE (4, 4), NULL);
  fmtconv_view *sum = fmtconv_view_lowrank (square, square, square, 1);
  expect_refusal (fmtconv_view_lowrank (square, sum, square, 1), FMTCONV_E_UNSUPPORTED);
  square = fmtconv_view_leaf (source, 0, FMTCONV_F32, 2, SHAPE (4, 4), NULL);
  sum = square;
  for (unsigned i = 0; i < FCI_MAX_PRODUCTS; i++)
    sum = fmtconv_view_lowrank (sum, square, square, 1);
  cr_expect_not_null (sum);
  expect_refusal (fmtconv_view_lowrank (sum, square, square, 1), FMTCONV_E_UNSUPPORTED);
}

Test (view, lookers)
{
  fmtconv_view *view = fmtconv_view_slice (matrix (), 0, 1, 2);
  cr_expect_eq (fmtconv_view_dtype (view), FMTCONV_F16);
  cr_expect_eq (fmtconv_view_rank (view), 2);
  cr_expect_eq (fmtconv_view_shape (view)[0], 2);
  cr_expect_eq (fci_view_bytes (view), 32);
  cr_expect_eq (fmtconv_view_dtype (NULL), 0);
  cr_expect_eq (fmtconv_view_rank (NULL), 0);
  cr_expect_null (fmtconv_view_shape (NULL));
}

/* After an error, calls with existing views do nothing. */
Test (view, nothing_after_an_error)
{
  fmtconv_view *view = matrix ();
  fmtconv_fail (ctx, FMTCONV_E_FORMAT, "broken");
  cr_expect_null (fmtconv_view_leaf (source, 0, FMTCONV_U8, 0, NULL, NULL));
  cr_expect_null (fmtconv_view_slice (view, 0, 0, 1));
  cr_expect_null (fmtconv_view_concat (0, 2, (fmtconv_view *[]){ view, view }));
  cr_expect_null (fmtconv_view_permute (view, AXES (1, 0)));
  cr_expect_null (fmtconv_view_reshape (view, 1, SHAPE (32)));
  cr_expect_null (fmtconv_view_cast (view, FMTCONV_F32));
}

/* tests/unit/view-blocks.c: views of block types: golden normal forms, and operations that would cut
 * blocks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/view/inspect.h"
#include "core/view/text.h"
#include "tests/unit/view-util.h"
#include <fmtconv/formats.h>

#define BOTH(a, b) ((fmtconv_view *const[]){ a, b })

TestSuite (blocks, .init = set_up, .fini = tear_down);

static fmtconv_view *
q8 (uint64_t rows, uint64_t columns)
{
  return fmtconv_view_leaf (source, 0, FMTCONV_Q8_0, 2, SHAPE (rows, columns), NULL);
}

static fmtconv_view *
f32 (uint64_t rows, uint64_t columns)
{
  return fmtconv_view_leaf (source, 0, FMTCONV_F32, 2, SHAPE (rows, columns), NULL);
}

Test (blocks, leaf)
{
  expect_text (q8 (4, 64), "q8_0[4,64] = box [0,0]+[4,64] <- s@0 q8_0 (64,1)");
  cr_expect_eq (fci_view_bytes (q8 (4, 64)), 4 * 68);
  expect_text (fmtconv_view_leaf (source, 7, FMTCONV_Q4_K, 1, SHAPE (512), NULL),
               "q4_K[512] = box [0]+[512] <- s@7 q4_K (1)");
  expect_text (fmtconv_view_leaf (source, 0, FMTCONV_Q8_0, 2, SHAPE (3, 64), STRIDES (102, 34)),
               "q8_0[3,64] = box [0,0]+[3,64] <- s@0 q8_0 (96,1)");
  expect_refusal (fmtconv_view_leaf (source, 0, FMTCONV_Q8_0, 2, SHAPE (3, 64), STRIDES (100, 34)),
                  FMTCONV_E_UNSUPPORTED);
  expect_refusal (fmtconv_view_leaf (source, 0, FMTCONV_Q8_0, 2, SHAPE (3, 64), STRIDES (102, 68)),
                  FMTCONV_E_UNSUPPORTED);
  expect_refusal (q8 (4, 48), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_leaf (source, 0, FMTCONV_Q8_0, 0, NULL, NULL), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_leaf (source, (1 << 16) - 33, FMTCONV_Q8_0, 1, SHAPE (32), NULL),
                  FMTCONV_E_FORMAT);
  expect_refusal (fmtconv_view_leaf (source, 0, FMTCONV_Q8_0, 2, SHAPE (UINT64_C (1) << 58, 64), NULL),
                  FMTCONV_E_LIMIT);
  expect_text (fmtconv_view_leaf (source, 0, FMTCONV_Q8_0, 2, SHAPE (0, 64), NULL), "q8_0[0,64] = nothing");
}

Test (blocks, cut_and_joined_at_borders)
{
  expect_text (fmtconv_view_slice (q8 (4, 96), 1, 32, 64),
               "q8_0[4,64] = box [0,0]+[4,64] <- s@34 q8_0 (96,1)");
  expect_text (fmtconv_view_slice (q8 (4, 96), 0, 1, 2),
               "q8_0[2,96] = box [0,0]+[2,96] <- s@102 q8_0 (96,1)");
  fmtconv_view *v = q8 (4, 96);
  expect_text (
      fmtconv_view_concat (1, 2, BOTH (fmtconv_view_slice (v, 1, 0, 32), fmtconv_view_slice (v, 1, 32, 64))),
      "q8_0[4,96] = box [0,0]+[4,96] <- s@0 q8_0 (96,1)");
  expect_text (fmtconv_view_chunk (v, 1, 2, 3), "q8_0[4,32] = box [0,0]+[4,32] <- s@68 q8_0 (96,1)");
  expect_text (fmtconv_view_gather (q8 (4, 96), 0, 2, SHAPE (3, 1)),
               "q8_0[2,96] = box [0,0]+[1,96] <- s@306 q8_0 (0,1); box [1,0]+[1,96] <- s@102 q8_0 (0,1)");
  expect_refusal (fmtconv_view_gather (q8 (4, 96), 1, 2, SHAPE (0, 1)), FMTCONV_E_UNSUPPORTED);
  expect_refusal (fmtconv_view_gather (q8 (4, 96), 1, 3, SHAPE (0, 32, 64)), FMTCONV_E_UNSUPPORTED);
  expect_refusal (fmtconv_view_slice (q8 (4, 96), 1, 16, 64), FMTCONV_E_UNSUPPORTED);
  expect_refusal (fmtconv_view_slice (q8 (4, 96), 1, 32, 48), FMTCONV_E_UNSUPPORTED);
  expect_refusal (fmtconv_view_chunk (q8 (4, 96), 1, 0, 2), FMTCONV_E_UNSUPPORTED);
}

Test (blocks, turned_and_reshaped_whole)
{
  fmtconv_view *cube = fmtconv_view_leaf (source, 0, FMTCONV_Q8_0, 3, SHAPE (2, 3, 32), NULL);
  expect_text (fmtconv_view_permute (cube, AXES (1, 0, 2)),
               "q8_0[3,2,32] = box [0,0,0]+[3,2,32] <- s@0 q8_0 (32,96,1)");
  expect_text (fmtconv_view_reshape (cube, 1, SHAPE (192)), "q8_0[192] = box [0]+[192] <- s@0 q8_0 (1)");
  expect_text (fmtconv_view_reshape (q8 (1, 192), 2, SHAPE (2, 96)),
               "q8_0[2,96] = box [0,0]+[2,96] <- s@0 q8_0 (96,1)");
  expect_refusal (fmtconv_view_permute (q8 (32, 32), AXES (1, 0)), FMTCONV_E_UNSUPPORTED);
  expect_refusal (fmtconv_view_scale (q8 (1, 32), 2), FMTCONV_E_USAGE);
}

/* Blocks that do not divide the rows run on from row to row: the elements keep their order, and the way back is
 * exact. */
Test (blocks, flat)
{
  fmtconv_view *flat = fmtconv_view_reshape (q8 (6, 96), 4, SHAPE (8, 2, 12, 3));
  const char *text = "q8_0[8,2,12,3] = box [0,0,0,0]+[8,2,12,3] <- s@0 q8_0 (72,36,3,1)";
  expect_text (flat, text);
  cr_expect_eq (fci_view_bytes (flat), 18 * 34);
  expect_text (fmtconv_view_bytes (flat), "u8[612] = box [0]+[612] <- s@0 u8 (1)");
  expect_text (fmtconv_view_reshape (flat, 2, SHAPE (6, 96)), fci_view_text (q8 (6, 96)));
  expect_text (fmtconv_view_reshape (flat, 2, SHAPE (18, 32)), fci_view_text (q8 (18, 32)));
  expect_text (fmtconv_view_reshape (fmtconv_view_reshape (flat, 2, SHAPE (24, 24)), 4, SHAPE (8, 2, 12, 3)),
               text);
  expect_text (fmtconv_view_cast (flat, FMTCONV_F32),
               "f32[8,2,12,3] = box [0,0,0,0]+[8,2,12,3] <- s@0 q8_0 (72,36,3,1) | cast f32");
  expect_text (fmtconv_view_permute (fmtconv_view_slice (fmtconv_view_cast (flat, FMTCONV_F16), 0, 1, 1),
                                     AXES (3, 1, 2, 0)),
               "f16[3,2,12,1] = box [0,0,0,0]+[3,2,12,1] <- s@68.8 q8_0 (1,36,3,0) | cast f16");
  cr_expect_eq (fmtconv_view_cast (flat, FMTCONV_Q8_0), flat);
  cr_expect_eq (fmtconv_view_slice (flat, 0, 0, 8), flat);
  fmtconv_view *watched = fmtconv_view_watch (flat, FMTCONV_FINDING_NAN, FMTCONV_SEVERITY_WARN, NULL);
  cr_expect_eq (fmtconv_view_shape (fmtconv_view_bytes (watched))[0], 612);
  cr_expect_eq (fmtconv_view_bytes (fci_view_set_origin (flat, 7))->boxes[0].origin, 7);
}

Test (blocks, flat_refusals)
{
  expect_refusal (fmtconv_view_slice (fmtconv_view_reshape (q8 (6, 96), 2, SHAPE (24, 24)), 0, 0, 12),
                  FMTCONV_E_UNSUPPORTED);
  expect_refusal (fmtconv_view_permute (fmtconv_view_reshape (q8 (6, 96), 2, SHAPE (24, 24)), AXES (1, 0)),
                  FMTCONV_E_UNSUPPORTED);
  fmtconv_view *flat = fmtconv_view_reshape (q8 (6, 96), 2, SHAPE (24, 24));
  expect_refusal (fmtconv_view_concat (0, 2, BOTH (flat, flat)), FMTCONV_E_UNSUPPORTED);
  flat = fmtconv_view_reshape (q8 (6, 96), 2, SHAPE (24, 24));
  expect_refusal (fmtconv_view_quantize (flat, FMTCONV_Q4_0, NULL), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_reshape (q8 (6, 96), 1, SHAPE (575)), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_reshape (q8 (1, 32), 0, NULL), FMTCONV_E_USAGE);
  fmtconv_view *half = fmtconv_view_slice (q8 (6, 96), 1, 0, 32);
  expect_refusal (fmtconv_view_reshape (half, 2, SHAPE (8, 24)), FMTCONV_E_UNSUPPORTED);
  expect_refusal (
      fmtconv_view_reshape (fmtconv_view_quantize (f32 (6, 96), FMTCONV_Q8_0, NULL), 2, SHAPE (24, 24)),
      FMTCONV_E_UNSUPPORTED);
}

Test (blocks, decoded_are_like_any_other)
{
  fmtconv_view *v = fmtconv_view_cast (q8 (4, 64), FMTCONV_F32);
  expect_text (fmtconv_view_slice (v, 1, 40, 10),
               "f32[4,10] = box [0,0]+[4,10] <- s@34.8 q8_0 (64,1) | cast f32");
  expect_text (fmtconv_view_permute (v, AXES (1, 0)),
               "f32[64,4] = box [0,0]+[64,4] <- s@0 q8_0 (1,64) | cast f32");
  fmtconv_view *parts[64];
  for (unsigned i = 0; i < 64; i++)
    parts[i] = fmtconv_view_slice (v, 1, i, 1);
  expect_text (fmtconv_view_concat (1, 64, parts),
               "f32[4,64] = box [0,0]+[4,64] <- s@0 q8_0 (64,1) | cast f32");
  expect_text (fmtconv_view_cast (q8 (1, 32), FMTCONV_Q8_0),
               "q8_0[1,32] = box [0,0]+[1,32] <- s@0 q8_0 (0,1)");
}

Test (blocks, quantized)
{
  expect_text (fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, NULL),
               "q8_0[2,64] = box [0,0]+[2,64] <- s@0 f32 (256,4) | quantize q8_0");
  expect_text (fmtconv_view_cast (f32 (2, 64), FMTCONV_Q4_0),
               "q4_0[2,64] = box [0,0]+[2,64] <- s@0 f32 (256,4) | quantize q4_0");
  expect_text (fmtconv_view_quantize (q8 (2, 64), FMTCONV_Q4_0, NULL),
               "q4_0[2,64] = box [0,0]+[2,64] <- s@0 q8_0 (64,1) | quantize q4_0");
  expect_text (fmtconv_view_slice (fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, NULL), 1, 32, 32),
               "q8_0[2,32] = box [0,0]+[2,32] <- s@128 f32 (256,4) | quantize q8_0");
  fmtconv_view *odd =
      fmtconv_view_concat (1, 2, BOTH (fmtconv_view_slice (f32 (2, 64), 1, 0, 5), f32 (2, 59)));
  expect_text (fmtconv_view_quantize (odd, FMTCONV_Q8_0, NULL),
               "q8_0[2,64] = box [0,0]+[2,5] <- s@0 f32 (256,4) | quantize q8_0;"
               " box [0,5]+[2,59] <- s@0 f32 (236,4) | quantize q8_0");
  expect_refusal (fmtconv_view_quantize (f32 (64, 2), FMTCONV_Q8_0, NULL), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_quantize (f32 (2, 64), FMTCONV_F16, NULL), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_quantize (fmtconv_view_cast (f32 (2, 64), FMTCONV_I32), FMTCONV_Q8_0, NULL),
                  FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_cast (fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, NULL), FMTCONV_F16),
                  FMTCONV_E_UNSUPPORTED);
  expect_refusal (
      fmtconv_view_quantize (fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, NULL), FMTCONV_Q4_0, NULL),
      FMTCONV_E_UNSUPPORTED);
}

/* A row with importance is not cut. */
Test (blocks, importance)
{
  fmtconv_view *weights = fmtconv_view_leaf (source, 0, FMTCONV_F32, 1, SHAPE (64), NULL);
  fmtconv_view *v = fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, weights);
  expect_text (fmtconv_view_slice (v, 0, 1, 1),
               "q8_0[1,64] = box [0,0]+[1,64] <- s@256 f32 (0,4) | quantize q8_0 by importance");
  expect_refusal (fmtconv_view_slice (v, 1, 0, 32), FMTCONV_E_UNSUPPORTED);
  weights = fmtconv_view_leaf (source, 0, FMTCONV_F32, 1, SHAPE (64), NULL);
  v = fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, weights);
  expect_refusal (fmtconv_view_concat (1, 2, BOTH (v, v)), FMTCONV_E_UNSUPPORTED);
  weights = fmtconv_view_leaf (source, 0, FMTCONV_F32, 1, SHAPE (64), NULL);
  expect_refusal (
      fmtconv_view_reshape (fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, weights), 1, SHAPE (128)),
      FMTCONV_E_UNSUPPORTED);
  weights = fmtconv_view_leaf (source, 0, FMTCONV_F32, 1, SHAPE (32), NULL);
  expect_refusal (fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, weights), FMTCONV_E_USAGE);
}

Test (blocks, as_bytes)
{
  expect_text (fmtconv_view_bytes (q8 (2, 64)), "u8[2,68] = box [0,0]+[2,68] <- s@0 u8 (68,1)");
  expect_text (fmtconv_view_bytes (fmtconv_view_slice (q8 (4, 96), 1, 32, 64)),
               "u8[4,68] = box [0,0]+[4,68] <- s@34 u8 (102,1)");
  fmtconv_view *v = fmtconv_view_bytes (fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, NULL));
  const char *text = "bytes of q8_0[2,64] = box [0,0]+[2,64] <- s@0 f32 (256,4) | quantize q8_0";
  expect_text (v, text);
  cr_expect (v->dtype == FMTCONV_U8 && v->shape[1] == 68 && fci_view_bytes (v) == 2 * 68);
  expect_text (
      fmtconv_view_concat (1, 2, BOTH (fmtconv_view_slice (v, 1, 0, 34), fmtconv_view_slice (v, 1, 34, 34))),
      text);
  expect_text (
      fmtconv_view_concat (0, 2, BOTH (fmtconv_view_slice (v, 0, 0, 1), fmtconv_view_slice (v, 0, 1, 1))),
      text);
  expect_text (fmtconv_view_reshape (fmtconv_view_reshape (v, 1, SHAPE (136)), 2, SHAPE (2, 68)), text);
  cr_expect_eq (fmtconv_view_cast (v, FMTCONV_U8), v);
  expect_refusal (fmtconv_view_slice (v, 1, 1, 34), FMTCONV_E_UNSUPPORTED);
  v = fmtconv_view_bytes (fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, NULL));
  expect_refusal (fmtconv_view_cast (v, FMTCONV_F32), FMTCONV_E_UNSUPPORTED);
  v = fmtconv_view_bytes (fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, NULL));
  expect_refusal (fmtconv_view_concat (0, 2, BOTH (v, fmtconv_view_bytes (q8 (2, 64)))),
                  FMTCONV_E_UNSUPPORTED);
  v = fmtconv_view_bytes (fmtconv_view_quantize (f32 (2, 64), FMTCONV_Q8_0, NULL));
  expect_refusal (fmtconv_view_reshape (v, 1, SHAPE (4, 34)), FMTCONV_E_USAGE);
  expect_refusal (fmtconv_view_bytes (f32 (2, 64)), FMTCONV_E_UNSUPPORTED);
}

/* The other way round: rows of bytes are rows of elements, and back again the very same. */
Test (blocks, stored_as)
{
  fmtconv_view *raw = fmtconv_view_leaf (source, 100, FMTCONV_U8, 2, SHAPE (4, 8), NULL);
  fmtconv_view *four = fmtconv_view_reinterpret (raw, FMTCONV_F4_E2M1);
  expect_text (four, "f4_e2m1[4,16] = box [0,0]+[4,16] <- s@100 f4_e2m1 (16,1)");
  expect_text (fmtconv_view_bytes (four), fci_view_text (raw));
  expect_text (fmtconv_view_cast (fmtconv_view_slice (four, 1, 4, 2), FMTCONV_F32),
               "f32[4,2] = box [0,0]+[4,2] <- s@102 f4_e2m1 (16,1) | cast f32");
  expect_text (fmtconv_view_reinterpret (fmtconv_view_slice (raw, 1, 2, 4), FMTCONV_F8_E8M0),
               "f8_e8m0[4,4] = box [0,0]+[4,4] <- s@102 f8_e8m0 (8,1)");
  expect_text (fmtconv_view_reinterpret (raw, FMTCONV_F32), "f32[4,2] = box [0,0]+[4,2] <- s@100 f32 (8,4)");
  fmtconv_view *q = fmtconv_view_leaf (source, 0, FMTCONV_Q8_0, 2, SHAPE (2, 64), NULL);
  expect_text (fmtconv_view_reinterpret (fmtconv_view_bytes (q), FMTCONV_Q8_0), fci_view_text (q));
}

Test (blocks, stored_as_refusals)
{
  const uint64_t *odd = SHAPE (4, 3);
  expect_refusal (
      fmtconv_view_reinterpret (fmtconv_view_leaf (source, 0, FMTCONV_U8, 2, odd, NULL), FMTCONV_F16),
      FMTCONV_E_USAGE);
  expect_refusal (
      fmtconv_view_reinterpret (fmtconv_view_leaf (source, 0, FMTCONV_F16, 2, odd, NULL), FMTCONV_F4_E2M1),
      FMTCONV_E_USAGE);
  expect_refusal (
      fmtconv_view_reinterpret (fmtconv_view_leaf (source, 0, FMTCONV_U8, 0, NULL, NULL), FMTCONV_F4_E2M1),
      FMTCONV_E_USAGE);
  fmtconv_view *raw = fmtconv_view_leaf (source, 0, FMTCONV_U8, 2, SHAPE (4, 8), NULL);
  expect_refusal (fmtconv_view_reinterpret (fmtconv_view_permute (raw, AXES (1, 0)), FMTCONV_F4_E2M1),
                  FMTCONV_E_UNSUPPORTED);
  raw = fmtconv_view_leaf (source, 0, FMTCONV_I32, 2, SHAPE (4, 8), NULL);
  expect_refusal (fmtconv_view_reinterpret (fmtconv_view_cast (raw, FMTCONV_U8), FMTCONV_F8_E8M0),
                  FMTCONV_E_UNSUPPORTED);
}

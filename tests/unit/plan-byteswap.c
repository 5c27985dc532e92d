/* tests/unit/plan-byteswap.c: elements of the other byte order: the view, its text, its plan and its bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/kernel/swap.h"
#include "core/view/byteswap.h"
#include "core/view/text.h"
#include "tests/unit/plan-util.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

#define SHAPE(...) ((const uint64_t[]){ __VA_ARGS__ })

enum
{
  SIZE = 1 << 20
};

static void
turn (uint8_t *bytes, size_t n, size_t size)
{
  for (size_t i = 0; i + size <= n; i += size)
    for (size_t a = i, b = i + size - 1; a < b; a++, b--)
      {
        uint8_t byte = bytes[a];
        bytes[a] = bytes[b];
        bytes[b] = byte;
      }
}

Test (swap, kernel)
{
  for (unsigned size = 1; size <= 8; size *= 2)
    {
      uint8_t *bytes = rnd_bytes (size, 1024), *wanted = malloc (1025);
      memcpy (wanted, bytes, 1024);
      turn (wanted + 1, 1000, size);
      fci_byteswap (bytes + 1, 1000, size);
      cr_expect_arr_eq (bytes, wanted, 1024);
      free (bytes);
      free (wanted);
    }
}

Test (swap, views)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  static const uint8_t zeroes[4096];
  fmtconv_source *source = fci_source_memory (ctx, zeroes, sizeof zeroes, "s");
  fmtconv_view *a = fmtconv_view_leaf (source, 0, FMTCONV_F32, 2, SHAPE (4, 6), NULL);
  fmtconv_view *swapped = fmtconv_view_byteswap (a);
  cr_assert_str_eq (fci_view_text (swapped), "f32[4,6] = box [0,0]+[4,6] <- s@0 f32 (24,4) | swap");
  cr_assert_str_eq (fci_view_text (fmtconv_view_byteswap (swapped)), fci_view_text (a));
  cr_assert_eq (fmtconv_view_cast (swapped, FMTCONV_F32), swapped);
  cr_assert_str_eq (fci_view_text (fmtconv_view_slice (swapped, 0, 1, 2)),
                    fci_view_text (fmtconv_view_byteswap (fmtconv_view_slice (a, 0, 1, 2))));
  fmtconv_view *shaped = fmtconv_view_byteswap (fmtconv_view_reshape (a, 1, SHAPE (24)));
  cr_assert_str_eq (fci_view_text (fmtconv_view_reshape (shaped, 2, SHAPE (4, 6))), fci_view_text (swapped));
  fmtconv_view *const halves[] = { fmtconv_view_chunk (swapped, 0, 0, 2),
                                   fmtconv_view_chunk (swapped, 0, 1, 2) };
  cr_assert_str_eq (fci_view_text (fmtconv_view_concat (0, 2, halves)), fci_view_text (swapped));
  cr_assert_str_eq (fci_view_text (fmtconv_view_scale (swapped, 2)),
                    "f32[4,6] = box [0,0]+[4,6] <- s@0 f32 (24,4) | swap | scale 2");
  fmtconv_view *bytes = fmtconv_view_leaf (source, 0, FMTCONV_F8_E4M3, 1, SHAPE (4), NULL);
  cr_assert_eq (fmtconv_view_byteswap (bytes), bytes);
  cr_assert_eq (h.errors, 0);
  cr_assert_null (fmtconv_view_byteswap (NULL));
  cr_assert_null (fmtconv_view_byteswap (fmtconv_view_cast (a, FMTCONV_F16)));
  cr_assert_eq (h.code, FMTCONV_E_USAGE);
  fmtconv_ctx_free (ctx);
}

/* Compares the plan's output with that of a file that was swapped beforehand. */
static void
compare (fmtconv_view *(*make) (fmtconv_view *), uint32_t dtype, unsigned threads, uint64_t memory)
{
  captured h;
  place at = enter ();
  size_t item = fmtconv_dtype_get (dtype)->block_bytes, n[2];
  uint8_t *bytes = rnd_bytes (dtype, SIZE), *out[2];
  put_file (in (&at, "0"), bytes, SIZE);
  turn (bytes, SIZE, fci_byteswap_width (dtype));
  put_file (in (&at, "1"), bytes, SIZE);
  for (unsigned i = 0; i < 2; i++)
    {
      fmtconv_ctx *ctx = new_ctx (&h, FMTCONV_FORCE, threads, memory);
      fmtconv_view *leaf = fmtconv_view_leaf (open_source (ctx, in (&at, i ? "1" : "0")), 0, dtype, 2,
                                              SHAPE (64, SIZE / 64 / item), NULL);
      fmtconv_view *const view[] = { make (i ? leaf : fmtconv_view_byteswap (leaf)) };
      cr_assert_eq (run (ctx, layout_of (ctx, 1, view), in (&at, "out"), NULL, NULL), 0, "%s", h.text);
      fmtconv_ctx_free (ctx);
      out[i] = get_file (in (&at, "out"), &n[i]);
    }
  cr_assert_eq (n[0], n[1]);
  cr_assert (memcmp (out[0], out[1], n[0]) == 0, "dtype %u", dtype);
  free (out[0]);
  free (out[1]);
  free (bytes);
  leave (&at);
}

static fmtconv_view *
unchanged_bytes (fmtconv_view *view)
{
  return view;
}

static fmtconv_view *
transposed (fmtconv_view *view)
{
  return fmtconv_view_permute (view, (const unsigned[]){ 1, 0 });
}

static fmtconv_view *
cut (fmtconv_view *view)
{
  return fmtconv_view_slice (view, 1, 3, fmtconv_view_shape (view)[1] - 5);
}

static fmtconv_view *
cast (fmtconv_view *view)
{
  return fmtconv_view_cast (fmtconv_view_slice (view, 1, 3, fmtconv_view_shape (view)[1] - 5), FMTCONV_C64);
}

Test (swap, bytes)
{
  static const uint32_t dtypes[] = { FMTCONV_U16, FMTCONV_BF16, FMTCONV_F32,  FMTCONV_F64,
                                     FMTCONV_C32, FMTCONV_C64,  FMTCONV_C128, FMTCONV_U8 };
  fmtconv_view *(*const makers[]) (fmtconv_view *) = { unchanged_bytes, transposed, cut, cast };
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
    for (size_t k = 0; k < sizeof makers / sizeof *makers; k++)
      compare (makers[k], dtypes[i], k % 2 ? 1 : 3, i % 2 ? 1 << 20 : 0);
}

Test (swap, plan)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  static const uint8_t zeroes[64];
  fmtconv_source *source = fci_source_memory (ctx, zeroes, sizeof zeroes, "s");
  fmtconv_view *leaf = fmtconv_view_leaf (source, 0, FMTCONV_F32, 1, SHAPE (8), NULL);
  fmtconv_view *const views[] = { leaf, fmtconv_view_byteswap (leaf),
                                  fmtconv_view_cast (fmtconv_view_byteswap (leaf), FMTCONV_F16) };
  const fci_plan *plan = fci_plan_compile (ctx, layout_of (ctx, 3, views));
  cr_assert_str_eq (fci_plan_text (plan),
                    "file 'out' 80\n0 copy 32 's'@0\n"
                    "32 rows 32 't1' f32[8]: [0]+[8] <- 's'@0 f32 (4) | swap\n"
                    "64 rows 16 't2' f16[8]: [0]+[8] <- 's'@0 f32 (4) | swap | round f16\n");
  cr_assert_eq (fci_plan_cost (plan)->gathered, 32);
  cr_assert_eq (fci_plan_cost (plan)->converted, 16);
  fmtconv_ctx_free (ctx);
}

/* core/kernel/fast_table.h: one function for each pair of types, from the inlined loop of the including
 * file; private to this folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file defines TARGET, AS (name), TABLE and loop_and_count. */

#define LOOP(name, from, to, mode)                                                                   \
  static TARGET void AS (name) (const void *in, void *out, size_t n, float factor, fci_tally *tally) \
  {                                                                                                  \
    loop_and_count (in, from, out, to, n, mode, factor, tally);                                      \
  }

LOOP (f16_bf16, FMTCONV_F16, FMTCONV_BF16, FCI_FAST_PLAIN)
LOOP (f16_f32, FMTCONV_F16, FMTCONV_F32, FCI_FAST_PLAIN)
LOOP (f16_e4m3, FMTCONV_F16, FMTCONV_F8_E4M3, FCI_FAST_PLAIN)
LOOP (f16_e5m2, FMTCONV_F16, FMTCONV_F8_E5M2, FCI_FAST_PLAIN)
LOOP (bf16_f16, FMTCONV_BF16, FMTCONV_F16, FCI_FAST_PLAIN)
LOOP (bf16_f32, FMTCONV_BF16, FMTCONV_F32, FCI_FAST_PLAIN)
LOOP (bf16_e4m3, FMTCONV_BF16, FMTCONV_F8_E4M3, FCI_FAST_PLAIN)
LOOP (bf16_e5m2, FMTCONV_BF16, FMTCONV_F8_E5M2, FCI_FAST_PLAIN)
LOOP (f32_f16, FMTCONV_F32, FMTCONV_F16, FCI_FAST_PLAIN)
LOOP (f32_bf16, FMTCONV_F32, FMTCONV_BF16, FCI_FAST_PLAIN)
LOOP (f32_e4m3, FMTCONV_F32, FMTCONV_F8_E4M3, FCI_FAST_PLAIN)
LOOP (f32_e5m2, FMTCONV_F32, FMTCONV_F8_E5M2, FCI_FAST_PLAIN)
LOOP (e4m3_f16, FMTCONV_F8_E4M3, FMTCONV_F16, FCI_FAST_PLAIN)
LOOP (e4m3_bf16, FMTCONV_F8_E4M3, FMTCONV_BF16, FCI_FAST_PLAIN)
LOOP (e4m3_f32, FMTCONV_F8_E4M3, FMTCONV_F32, FCI_FAST_PLAIN)
LOOP (e5m2_f16, FMTCONV_F8_E5M2, FMTCONV_F16, FCI_FAST_PLAIN)
LOOP (e5m2_bf16, FMTCONV_F8_E5M2, FMTCONV_BF16, FCI_FAST_PLAIN)
LOOP (e5m2_f32, FMTCONV_F8_E5M2, FMTCONV_F32, FCI_FAST_PLAIN)
LOOP (scaled_f16_f16, FMTCONV_F16, FMTCONV_F16, FCI_FAST_TIMES)
LOOP (scaled_f16_bf16, FMTCONV_F16, FMTCONV_BF16, FCI_FAST_TIMES)
LOOP (scaled_f16_f32, FMTCONV_F16, FMTCONV_F32, FCI_FAST_TIMES)
LOOP (scaled_f16_e4m3, FMTCONV_F16, FMTCONV_F8_E4M3, FCI_FAST_TIMES)
LOOP (scaled_f16_e5m2, FMTCONV_F16, FMTCONV_F8_E5M2, FCI_FAST_TIMES)
LOOP (scaled_bf16_f16, FMTCONV_BF16, FMTCONV_F16, FCI_FAST_TIMES)
LOOP (scaled_bf16_bf16, FMTCONV_BF16, FMTCONV_BF16, FCI_FAST_TIMES)
LOOP (scaled_bf16_f32, FMTCONV_BF16, FMTCONV_F32, FCI_FAST_TIMES)
LOOP (scaled_bf16_e4m3, FMTCONV_BF16, FMTCONV_F8_E4M3, FCI_FAST_TIMES)
LOOP (scaled_bf16_e5m2, FMTCONV_BF16, FMTCONV_F8_E5M2, FCI_FAST_TIMES)
LOOP (scaled_f32_f16, FMTCONV_F32, FMTCONV_F16, FCI_FAST_TIMES)
LOOP (scaled_f32_bf16, FMTCONV_F32, FMTCONV_BF16, FCI_FAST_TIMES)
LOOP (scaled_f32_f32, FMTCONV_F32, FMTCONV_F32, FCI_FAST_TIMES)
LOOP (scaled_f32_e4m3, FMTCONV_F32, FMTCONV_F8_E4M3, FCI_FAST_TIMES)
LOOP (scaled_f32_e5m2, FMTCONV_F32, FMTCONV_F8_E5M2, FCI_FAST_TIMES)
LOOP (scaled_e4m3_f16, FMTCONV_F8_E4M3, FMTCONV_F16, FCI_FAST_TIMES)
LOOP (scaled_e4m3_bf16, FMTCONV_F8_E4M3, FMTCONV_BF16, FCI_FAST_TIMES)
LOOP (scaled_e4m3_f32, FMTCONV_F8_E4M3, FMTCONV_F32, FCI_FAST_TIMES)
LOOP (scaled_e5m2_f16, FMTCONV_F8_E5M2, FMTCONV_F16, FCI_FAST_TIMES)
LOOP (scaled_e5m2_bf16, FMTCONV_F8_E5M2, FMTCONV_BF16, FCI_FAST_TIMES)
LOOP (scaled_e5m2_f32, FMTCONV_F8_E5M2, FMTCONV_F32, FCI_FAST_TIMES)

LOOP (divided_f16_e4m3, FMTCONV_F16, FMTCONV_F8_E4M3, FCI_FAST_DIVIDED)
LOOP (divided_f16_e5m2, FMTCONV_F16, FMTCONV_F8_E5M2, FCI_FAST_DIVIDED)
LOOP (divided_bf16_e4m3, FMTCONV_BF16, FMTCONV_F8_E4M3, FCI_FAST_DIVIDED)
LOOP (divided_bf16_e5m2, FMTCONV_BF16, FMTCONV_F8_E5M2, FCI_FAST_DIVIDED)
LOOP (divided_f32_e4m3, FMTCONV_F32, FMTCONV_F8_E4M3, FCI_FAST_DIVIDED)
LOOP (divided_f32_e5m2, FMTCONV_F32, FMTCONV_F8_E5M2, FCI_FAST_DIVIDED)

/* Returns the row and column of a type in the table; -1: not in the table. */
static int
place_of (uint32_t dtype)
{
  switch (dtype)
    {
    case FMTCONV_F16:
      return 0;
    case FMTCONV_BF16:
      return 1;
    case FMTCONV_F32:
      return 2;
    case FMTCONV_F8_E4M3:
      return 3;
    case FMTCONV_F8_E5M2:
      return 4;
    default:
      return -1;
    }
}

fci_fast_fn *
TABLE (uint32_t from, uint32_t to, fci_fast_mode mode)
{
  static fci_fast_fn *const loops[3][5][5] = {
    { { NULL, AS (f16_bf16), AS (f16_f32), AS (f16_e4m3), AS (f16_e5m2) },
      { AS (bf16_f16), NULL, AS (bf16_f32), AS (bf16_e4m3), AS (bf16_e5m2) },
      { AS (f32_f16), AS (f32_bf16), NULL, AS (f32_e4m3), AS (f32_e5m2) },
      { AS (e4m3_f16), AS (e4m3_bf16), AS (e4m3_f32), NULL, NULL },
      { AS (e5m2_f16), AS (e5m2_bf16), AS (e5m2_f32), NULL, NULL } },
    { { AS (scaled_f16_f16), AS (scaled_f16_bf16), AS (scaled_f16_f32), AS (scaled_f16_e4m3),
        AS (scaled_f16_e5m2) },
      { AS (scaled_bf16_f16), AS (scaled_bf16_bf16), AS (scaled_bf16_f32), AS (scaled_bf16_e4m3),
        AS (scaled_bf16_e5m2) },
      { AS (scaled_f32_f16), AS (scaled_f32_bf16), AS (scaled_f32_f32), AS (scaled_f32_e4m3),
        AS (scaled_f32_e5m2) },
      { AS (scaled_e4m3_f16), AS (scaled_e4m3_bf16), AS (scaled_e4m3_f32), NULL, NULL },
      { AS (scaled_e5m2_f16), AS (scaled_e5m2_bf16), AS (scaled_e5m2_f32), NULL, NULL } },
    { { NULL, NULL, NULL, AS (divided_f16_e4m3), AS (divided_f16_e5m2) },
      { NULL, NULL, NULL, AS (divided_bf16_e4m3), AS (divided_bf16_e5m2) },
      { NULL, NULL, NULL, AS (divided_f32_e4m3), AS (divided_f32_e5m2) } }
  };
  const int row = place_of (from);
  const int column = place_of (to);
  return row < 0 || column < 0 ? NULL : loops[mode][row][column];
}

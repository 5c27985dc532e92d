/* core/kernel/fast_table.h: one function for each pair of types, from the inlined loop of the file that
 * includes this; private to this folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file defines TARGET, AS (name), TABLE and loop_and_count. */

#define LOOP(name, from, to, scaled)                                                                 \
  static TARGET void AS (name) (const void *in, void *out, size_t n, float factor, fci_tally *tally) \
  {                                                                                                  \
    loop_and_count (in, from, out, to, n, scaled, factor, tally);                                    \
  }

LOOP (f16_bf16, FMTCONV_F16, FMTCONV_BF16, false)
LOOP (f16_f32, FMTCONV_F16, FMTCONV_F32, false)
LOOP (bf16_f16, FMTCONV_BF16, FMTCONV_F16, false)
LOOP (bf16_f32, FMTCONV_BF16, FMTCONV_F32, false)
LOOP (f32_f16, FMTCONV_F32, FMTCONV_F16, false)
LOOP (f32_bf16, FMTCONV_F32, FMTCONV_BF16, false)
LOOP (scaled_f16_f16, FMTCONV_F16, FMTCONV_F16, true)
LOOP (scaled_f16_bf16, FMTCONV_F16, FMTCONV_BF16, true)
LOOP (scaled_f16_f32, FMTCONV_F16, FMTCONV_F32, true)
LOOP (scaled_bf16_f16, FMTCONV_BF16, FMTCONV_F16, true)
LOOP (scaled_bf16_bf16, FMTCONV_BF16, FMTCONV_BF16, true)
LOOP (scaled_bf16_f32, FMTCONV_BF16, FMTCONV_F32, true)
LOOP (scaled_f32_f16, FMTCONV_F32, FMTCONV_F16, true)
LOOP (scaled_f32_bf16, FMTCONV_F32, FMTCONV_BF16, true)
LOOP (scaled_f32_f32, FMTCONV_F32, FMTCONV_F32, true)

fci_fast_fn *
TABLE (uint32_t from, uint32_t to, bool scaled)
{
  static fci_fast_fn *const loops[2][3][3] = {
    { { NULL, AS (f16_bf16), AS (f16_f32) },
      { AS (bf16_f16), NULL, AS (bf16_f32) },
      { AS (f32_f16), AS (f32_bf16), NULL } },
    { { AS (scaled_f16_f16), AS (scaled_f16_bf16), AS (scaled_f16_f32) },
      { AS (scaled_bf16_f16), AS (scaled_bf16_bf16), AS (scaled_bf16_f32) },
      { AS (scaled_f32_f16), AS (scaled_f32_bf16), AS (scaled_f32_f32) } }
  };
  _Static_assert(FMTCONV_BF16 == FMTCONV_F16 + 1 && FMTCONV_F32 == FMTCONV_F16 + 2, "three in a row");
  if (from < FMTCONV_F16 || from > FMTCONV_F32 || to < FMTCONV_F16 || to > FMTCONV_F32)
    return NULL;
  return loops[scaled][from - FMTCONV_F16][to - FMTCONV_F16];
}

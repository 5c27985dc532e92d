/* core/kernel/quant/simple.h: types without a search: one pass for the range of a block, one for its codes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The inverse scale of a block of subnormals is infinite, and ggml's bytes then depend on its compiler.  Here the codes are
 * 0, as on x86, where a conversion of infinity or NaN leaves 0 in the lowest byte. */

/* Returns the index of the first of 32 numbers, or magnitudes, equal to `value`; the last if a NaN hides it.
 * */
INLINE unsigned
place_of (const float *x, float value, bool of_size)
{
  uint32_t others = 0;
  for (unsigned i = 0; i < FCI_BLOCK; i += LANES)
    {
      const vec at = of_size ? v_abs (v_load (x + i)) : v_load (x + i);
      others |= (uint32_t) m_bits (v_ne (at, v_splat (value))) << i;
    }
  return (unsigned) __builtin_ctz (~others | 1u << 31);
}

INLINE float
largest_size (const float *x, unsigned n)
{
  vec most = v_abs (v_load (x));
  for (unsigned i = LANES; i < n; i += LANES)
    most = v_max (most, v_abs (v_load (x + i)));
  return v_hmax (most);
}

/* Returns the first number with the largest magnitude; 0, not -0, if all are 0. */
INLINE float
farthest_of_block (const float *x)
{
  const float size = largest_size (x, FCI_BLOCK);
  return size > 0 ? x[place_of (x, size, true)] : 0;
}

/* Returns the smallest number, the first of equals (0 and -0 are equal); sets *largest. */
INLINE float
range_of_block (const float *x, float *largest)
{
  vec most = v_load (x), least = most;
  for (unsigned i = LANES; i < FCI_BLOCK; i += LANES)
    {
      most = v_max (most, v_load (x + i));
      least = v_min (least, v_load (x + i));
    }
  *largest = v_hmax (most);
  const float smallest = -v_hmax (v_splat (-0.0f) - least);
  return x[place_of (x, smallest, false)];
}

INLINE bool
is_infinite (float inverse)
{
  return inverse - inverse != 0;
}

/* Computes 32 codes: (x - base) · inverse + shift, truncated, 0 … top. */
INLINE void
cut_codes (const float *x, float base, float inverse, float shift, int top, uint8_t *codes)
{
  if (is_infinite (inverse))
    {
      memset (codes, 0, FCI_BLOCK);
      return;
    }
  for (unsigned i = 0; i < FCI_BLOCK; i += LANES)
    {
      const vec value = (v_load (x + i) - v_splat (base)) * v_splat (inverse) + v_splat (shift);
      w_store_bytes (codes + i, w_min (w_and (w_truncate (value), w_splat (0xff)), w_splat (top)));
    }
}

/* Computes n codes plus `zero`: the nearest to x · inverse, ties away from zero. */
INLINE void
rounded_codes (const float *x, unsigned n, float inverse, int zero, uint8_t *codes)
{
  for (unsigned i = 0; i < n; i += LANES)
    {
      const vec value = v_load (x + i) * v_splat (inverse);
      const vec almost_half = v_splat (0x1.fffffep-2f);
      const mask negative = v_lt (value, v_splat (0));
      const vec away = value + v_blend (negative, -almost_half, almost_half);
      w_store_bytes (codes + i, w_add (w_truncate (away), w_splat (zero)));
    }
}

static TARGET void
plain_q4_0 (const float *x, size_t n, uint8_t *out)
{
  fci_q4_0 *block = (fci_q4_0 *) (void *) out;
  uint8_t codes[FCI_BLOCK];
  for (size_t at = 0; at < n; at += FCI_BLOCK, block++)
    {
      const float d = farthest_of_block (x + at) / -8;
      fci_put_half (block->d, d);
      cut_codes (x + at, 0, inverse_of (d), 8.5f, 15, codes);
      fci_pack_four (codes, block->qs);
    }
}

static TARGET void
plain_q5_0 (const float *x, size_t n, uint8_t *out)
{
  fci_q5_0 *block = (fci_q5_0 *) (void *) out;
  uint8_t codes[FCI_BLOCK];
  for (size_t at = 0; at < n; at += FCI_BLOCK, block++)
    {
      const float d = farthest_of_block (x + at) / -16;
      fci_put_half (block->d, d);
      cut_codes (x + at, 0, inverse_of (d), 16.5f, 31, codes);
      fci_pack_five (codes, block->qs, block->qh);
    }
}

static TARGET void
plain_q4_1 (const float *x, size_t n, uint8_t *out)
{
  fci_q4_1 *block = (fci_q4_1 *) (void *) out;
  uint8_t codes[FCI_BLOCK];
  float largest;
  for (size_t at = 0; at < n; at += FCI_BLOCK, block++)
    {
      const float smallest = range_of_block (x + at, &largest);
      const float d = largest > smallest ? (largest - smallest) / 15 : 0;
      fci_put_half (block->d, d);
      fci_put_half (block->m, smallest);
      cut_codes (x + at, smallest, inverse_of (d), 0.5f, 15, codes);
      fci_pack_four (codes, block->qs);
    }
}

static TARGET void
plain_q5_1 (const float *x, size_t n, uint8_t *out)
{
  fci_q5_1 *block = (fci_q5_1 *) (void *) out;
  uint8_t codes[FCI_BLOCK];
  float largest;
  for (size_t at = 0; at < n; at += FCI_BLOCK, block++)
    {
      const float smallest = range_of_block (x + at, &largest);
      const float d = largest > smallest ? (largest - smallest) / 31 : 0;
      fci_put_half (block->d, d);
      fci_put_half (block->m, smallest);
      cut_codes (x + at, smallest, inverse_of (d), 0.5f, 31, codes);
      fci_pack_five (codes, block->qs, block->qh);
    }
}

static TARGET void
plain_q8_0 (const float *x, size_t n, uint8_t *out)
{
  fci_q8_0 *block = (fci_q8_0 *) (void *) out;
  for (size_t at = 0; at < n; at += FCI_BLOCK, block++)
    {
      const float d = largest_size (x + at, FCI_BLOCK) / 127;
      const float inverse = inverse_of (d);
      fci_put_half (block->d, d);
      rounded_codes (x + at, FCI_BLOCK, is_infinite (inverse) ? 0 : inverse, 0, block->qs);
    }
}

/* Computes codes 0, 1, 2 for -1, 0, 1 times the largest magnitude. */
INLINE void
ternary_codes (const float *x, uint8_t d[2], uint8_t codes[FCI_SUPER])
{
  const float size = largest_size (x, FCI_SUPER);
  const float inverse = inverse_of (size);
  fci_put_half (d, size);
  rounded_codes (x, FCI_SUPER, is_infinite (inverse) ? 0 : inverse, 1, codes);
}

static TARGET void
plain_tq1_0 (const float *x, size_t n, uint8_t *out)
{
  fci_tq1_0 *block = (fci_tq1_0 *) (void *) out;
  uint8_t codes[FCI_SUPER];
  for (size_t at = 0; at < n; at += FCI_SUPER, block++)
    {
      ternary_codes (x + at, block->d, codes);
      fci_pack_tq1_0 (codes, block);
    }
}

static TARGET void
plain_tq2_0 (const float *x, size_t n, uint8_t *out)
{
  fci_tq2_0 *block = (fci_tq2_0 *) (void *) out;
  uint8_t codes[FCI_SUPER];
  for (size_t at = 0; at < n; at += FCI_SUPER, block++)
    {
      ternary_codes (x + at, block->d, codes);
      fci_pack_tq2_0 (codes, block);
    }
}

/* Computes the codes of the nearest of 0, 0.5, 1, 1.5, 2, 3, 4, 6 times 2d, the smaller of equals; bit 3:
 * negative. */
INLINE void
fp4_codes (const float *x, float d, uint8_t *codes)
{
  static const float limits[7] = { 0.5f, 1.5f, 2.5f, 3.5f, 5, 7, 10 };
  for (unsigned i = 0; i < FCI_BLOCK; i += LANES)
    {
      const vec value = v_load (x + i), far = v_abs (value);
      vec number = v_splat (0);
      for (unsigned k = 0; k < 7; k++)
        number += v_blend (v_lt (v_splat (limits[k] * d), far), v_splat (1), v_splat (0));
      const vec sign = v_blend (v_lt (value, v_splat (0)), v_splat (8), v_splat (0));
      number += v_blend (v_lt (v_splat (0), number), sign, v_splat (0));
      w_store_bytes (codes + i, w_truncate (number));
    }
}

static TARGET void
plain_mxfp4 (const float *x, size_t n, uint8_t *out)
{
  fci_mxfp4 *block = (fci_mxfp4 *) (void *) out;
  uint8_t codes[FCI_BLOCK];
  for (size_t at = 0; at < n; at += FCI_BLOCK, block++)
    {
      block->e = fci_power_of (largest_size (x + at, FCI_BLOCK));
      fp4_codes (x + at, fci_half_power (block->e), codes);
      fci_pack_four (codes, block->qs);
    }
}

/* core/kernel/quant/columns.h: GROUP sub-blocks, one per lane, and the results of a search for them.
 * SPDX-License-Identifier: Apache-2.0 */

enum
{
  ROUND = 1024,     /* elements that are processed together: complete groups on every level */
  MOST = ROUND / 16 /* maximum sub-blocks in a round */
};

/* Element i of sub-block s is [i][s]. */
typedef struct columns
{
  _Alignas(64) float x[FCI_BLOCK][GROUP];
  _Alignas(64) float weight[FCI_BLOCK][GROUP];
  _Alignas(64) float work[FCI_BLOCK][GROUP];
} columns;

/* Results for each sub-block: x is about scale · code - minimum, and the final codes of the search are the
 * nearest to inverse · (x - base). */
typedef struct fits
{
  _Alignas(64) float scale[MOST];
  _Alignas(64) float minimum[MOST];
  _Alignas(64) float inverse[MOST];
  _Alignas(64) float base[MOST];
} fits;

typedef float four __attribute__ ((vector_size (16)));

INLINE four
load_four (const float *at)
{
  four value;
  memcpy (&value, at, sizeof value);
  return value;
}

/* Transposes four elements of four sub-blocks of n. */
INLINE void
transpose_four (const float *x, unsigned n, float (*to)[GROUP])
{
  const four a = load_four (x), b = load_four (x + n), c = load_four (x + 2 * n), d = load_four (x + 3 * n);
  const four ab = __builtin_shufflevector (a, b, 0, 4, 1, 5), cd = __builtin_shufflevector (c, d, 0, 4, 1, 5);
  const four ef = __builtin_shufflevector (a, b, 2, 6, 3, 7), gh = __builtin_shufflevector (c, d, 2, 6, 3, 7);
  const four rows[4] = { __builtin_shufflevector (ab, cd, 0, 1, 4, 5),
                         __builtin_shufflevector (ab, cd, 2, 3, 6, 7),
                         __builtin_shufflevector (ef, gh, 0, 1, 4, 5),
                         __builtin_shufflevector (ef, gh, 2, 3, 6, 7) };
  memcpy (to[0], &rows[0], sizeof *rows);
  memcpy (to[1], &rows[1], sizeof *rows);
  memcpy (to[2], &rows[2], sizeof *rows);
  memcpy (to[3], &rows[3], sizeof *rows);
}

/* Transposes GROUP contiguous sub-blocks of n elements at x. */
INLINE void
transpose (const float *x, unsigned n, float (*to)[GROUP])
{
  for (unsigned s = 0; s < GROUP; s += 4)
    for (unsigned i = 0; i < n; i += 4)
      {
        float (*at)[GROUP] = (float (*)[GROUP]) (void *) &to[i][s];
        transpose_four (x + s * n + i, n, at);
      }
}

/* Computes byte codes of n elements of one sub-block, plus `zero`: the nearest to (x + add) / step. */
INLINE void
divided_codes (const float *x, unsigned n, float add_first, float step, int low, int high, int zero,
               uint8_t *codes)
{
  for (unsigned i = 0; i < n; i += LANES)
    {
      const vec value = (v_load (x + i) + v_splat (add_first)) / v_splat (step);
      w_store_bytes (codes + i, w_add (v_code (value, low, high), w_splat (zero)));
    }
}

/* Computes the final codes of a search. */
INLINE void
search_codes (const float *x, unsigned n, float base, float inverse, int low, int high, int zero,
              uint8_t *codes)
{
  for (unsigned i = 0; i < n; i += LANES)
    {
      const vec value = v_splat (inverse) * (v_load (x + i) - v_splat (base));
      w_store_bytes (codes + i, w_add (v_code (value, low, high), w_splat (zero)));
    }
}

static TARGET void
scale_codes (const uint8_t *codes, size_t n, int zero, float scale, float minimum, float *out)
{
  for (size_t i = 0; i < n; i += LANES)
    {
      const vec number = w_to_float (w_add (w_load_bytes (codes + i), w_splat (-zero)));
      v_store (out + i, number * v_splat (scale) - v_splat (minimum));
    }
}

/* Returns whether n numbers, a multiple of 32, are all 0 or -0. */
INLINE bool
all_zero (const float *x, size_t n)
{
  for (size_t i = 0; i < n; i += 32)
    {
      vec largest = v_abs (v_load (x + i));
      for (unsigned j = LANES; j < 32; j += LANES)
        largest = v_max (largest, v_abs (v_load (x + i + j)));
      if (m_bits (v_lt (v_splat (0), largest)))
        return false;
    }
  return true;
}

INLINE float
inverse_of (float d)
{
  return d != 0 ? 1 / d : 0;
}

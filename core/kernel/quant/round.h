/* core/kernel/quant/round.h: what is encoded together, and the weights that an importance gives.
 * SPDX-License-Identifier: Apache-2.0 */

/* Up to ROUND elements of the input, made up with zeros. */
typedef struct round_of
{
  const float *x;
  const float *weights; /* NULL: no importance */
  size_t n;             /* elements that are there */
  _Alignas(64) float padded[ROUND];
  _Alignas(64) float weight[ROUND];
  fits fit;
} round_of;

INLINE void
next_round (round_of *r, const float *x, size_t n)
{
  r->x = x;
  r->n = n < ROUND ? n : ROUND;
  r->weights = NULL;
  if (r->n == ROUND)
    return;
  memcpy (r->padded, x, r->n * sizeof *x);
  memset (r->padded + r->n, 0, (ROUND - r->n) * sizeof *x);
  r->x = r->padded;
}

/* importance · sqrt (spread + x²) of n elements. */
INLINE void
weigh_elements (const float *x, const float *importance, size_t n, float spread, float *weight)
{
  for (size_t i = 0; i < n; i += LANES)
    {
      const vec value = v_load (x + i);
      v_store (weight + i, v_load (importance + i) * v_root (v_all (spread) + value * value));
    }
}

/* Each superblock by itself; multiplied before it is divided, where that can overflow. */
INLINE void
weigh_round (round_of *r, const float *importance, float factor, float divisor)
{
  memset (r->weight, 0, sizeof r->weight);
  for (size_t at = 0; at < r->n; at += FCI_SUPER)
    weigh_elements (r->x + at, importance + at, FCI_SUPER,
                    factor * fci_square_sum (r->x + at, FCI_SUPER) / divisor, r->weight + at);
  r->weights = r->weight;
}

/* Sums over the sub-blocks of a superblock. */
INLINE void
sum_weights (const float *weight, unsigned n, unsigned count, float *sums)
{
  for (unsigned s = 0; s < count; s++)
    {
      sums[s] = 0;
      for (unsigned i = 0; i < n; i++)
        sums[s] += weight[s * n + i];
    }
}

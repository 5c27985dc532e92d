/* core/kernel/quant/round.h: rows, a round of elements at a time: a search, then block after block.
 * SPDX-License-Identifier: Apache-2.0 */

/* Up to ROUND elements of the input, made up with zeros; what was found for their sub-blocks. */
typedef struct round_of
{
  const float *x;
  const float *importance; /* of the elements, NULL: none */
  const float *weights;    /* what a search made of it; as `x`, or NULL */
  size_t n;                /* elements that are there */
  float spread;            /* mean square of the whole row, for weights that use it */
  _Alignas(64) float padded[ROUND];
  _Alignas(64) float weight[ROUND];
  fits fit;
  uint8_t code[16][MOST]; /* Q3_K: of element i of sub-block s */
} round_of;

/* How a type is encoded: the search over a round, and one block of it, which starts at element `at`. */
typedef struct encoder
{
  unsigned elements; /* of a block */
  unsigned bytes;
  bool zeros_of_zero; /* a block of zeros has bytes of zero */
  bool of_row;        /* uses the mean square of a whole row */
  void (*search) (round_of *r);
  void (*finish) (const round_of *r, unsigned at, uint8_t *block);
} encoder;

INLINE void
start_round (round_of *r, const float *x, size_t n, const float *importance)
{
  r->x = x;
  r->n = n < ROUND ? n : ROUND;
  r->importance = importance;
  r->weights = NULL;
  if (r->n == ROUND)
    return;
  memcpy (r->padded, x, r->n * sizeof *x);
  memset (r->padded + r->n, 0, (ROUND - r->n) * sizeof *x);
  r->x = r->padded;
}

static TARGET void
encode_rounds (const encoder *mode, const float *x, size_t n, const float *importance, uint8_t *out)
{
  round_of r;
  r.spread = importance && mode->of_row ? fci_square_sum (x, n) / (float) n : 0;
  for (size_t at = 0; at < n; at += ROUND)
    {
      start_round (&r, x + at, n - at, importance ? importance + at : NULL);
      uint8_t *blocks = out + at / mode->elements * mode->bytes;
      const bool zero = mode->zeros_of_zero && all_zero (r.x, r.n);
      if (zero)
        memset (blocks, 0, r.n / mode->elements * mode->bytes);
      else
        mode->search (&r);
      for (unsigned first = 0; first < r.n && !zero; first += mode->elements)
        mode->finish (&r, first, blocks + first / mode->elements * mode->bytes);
    }
}

/* importance · sqrt (spread + x²) of n elements, from `at` on. */
INLINE void
weigh_elements (round_of *r, size_t at, size_t n, float spread)
{
  for (size_t i = at; i < at + n; i += LANES)
    {
      const vec x = v_load (r->x + i);
      v_store (r->weight + i, v_load (r->importance + i) * v_sqrt (v_splat (spread) + x * x));
    }
}

/* With the mean square of `n` elements each: factor · Σ x² / divisor, in this order, as the product can
 * overflow.  n 0: with that of the row. */
INLINE void
weigh_round (round_of *r, unsigned n, float factor, float divisor)
{
  memset (r->weight + r->n, 0, (ROUND - r->n) * sizeof *r->weight);
  r->weights = r->weight;
  if (n == 0)
    weigh_elements (r, 0, r->n, r->spread);
  for (size_t at = 0; n && at < r->n; at += n)
    weigh_elements (r, at, n, factor * fci_square_sum (r->x + at, n) / divisor);
}

/* The weights of `count` sub-blocks of n, added up; NULL: there are none. */
INLINE const float *
sum_weights (const round_of *r, unsigned at, unsigned n, unsigned count, float *sums)
{
  for (unsigned s = 0; s < count && r->weights; s++)
    {
      sums[s] = 0;
      for (unsigned i = 0; i < n; i++)
        sums[s] += r->weights[at + s * n + i];
    }
  return r->weights ? sums : NULL;
}

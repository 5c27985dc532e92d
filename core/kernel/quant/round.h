/* core/kernel/quant/round.h: encodes rows in rounds of elements: a search, then block after block.
 * SPDX-License-Identifier: Apache-2.0 */

/* Up to ROUND elements of the input, padded with zeros, and the results for their sub-blocks. */
typedef struct round_of
{
  const float *x;
  const float *importance; /* one number per element; NULL: none */
  const float *weights;    /* weights derived from the importance, one per element; or NULL */
  size_t n;                /* elements before the padding */
  float spread;            /* mean square of the complete row, for weights that use it */
  _Alignas(64) float padded[ROUND];
  _Alignas(64) float weight[ROUND];
  fits fit;
  uint8_t code[16][MOST]; /* Q3_K: [i][s] is the code of element i of sub-block s */
} round_of;

/* The encoder of a type: the search over a round, and one block of the round from element `at`. */
typedef struct encoder
{
  unsigned elements; /* of a block */
  unsigned bytes;
  bool zeros_of_zero; /* a block of zeros is encoded as zero bytes */
  bool of_row;        /* uses the mean square of a complete row */
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

/* Sets the weights of n elements from `at` to importance · sqrt (spread + x²). */
INLINE void
weigh_elements (round_of *r, size_t at, size_t n, float spread)
{
  for (size_t i = at; i < at + n; i += LANES)
    {
      const vec x = v_load (r->x + i);
      v_store (r->weight + i, v_load (r->importance + i) * v_sqrt (v_splat (spread) + x * x));
    }
}

/* Sets the weights of a round with the mean square of each `n` elements: factor · Σ x² / divisor, in this
 * order, as the product can overflow.  n 0: with that of the row. */
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

/* Returns the sums of the weights of `count` sub-blocks of n; NULL: no weights. */
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

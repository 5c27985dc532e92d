/* core/kernel/quant/supers.h: rows of superblocks: search, scales, codes, bits.
 * SPDX-License-Identifier: Apache-2.0 */

static const affine plain_q2_k = { 16, 3, -0.5f, 0.1f, 15, true, BY_SIZE };
static const affine plain_q4_k = { 32, 15, -1, 0.1f, 20, false, BY_SPREAD };
static const affine plain_q5_k = { 32, 31, -0.5f, 0.1f, 15, false, BY_SPREAD };
static const affine given_two = { 16, 3, -0.9f, 0.05f, 36, false, GIVEN };
static const affine given_four = { 32, 15, -0.9f, 0.05f, 36, false, GIVEN };
static const affine given_five = { 32, 31, -0.9f, 0.05f, 36, false, GIVEN };

/* The codes of a superblock; k: its first sub-block in the round. */
INLINE void
affine_codes (const round_of *r, unsigned k, const affine *how, const float *step, const float *offset,
              uint8_t *codes)
{
  const unsigned n = how->n;
  for (unsigned j = 0; j < FCI_SUPER / n; j++)
    {
      const float *x = r->x + (k + j) * n;
      if (step[j] != 0)
        divided_codes (x, n, offset[j], step[j], 0, how->top, 0, codes + j * n);
      else
        search_codes (x, n, r->fit.base[k + j], r->fit.inverse[k + j], 0, how->top, 0, codes + j * n);
    }
}

#define ENCODE_AFFINE(type, plain, given, factor)                                                            \
  INLINE void one_##type (const round_of *r, unsigned k, const affine *how, fci_##type *block)               \
  {                                                                                                          \
    float step[FCI_SUPER / 16], offset[FCI_SUPER / 16], sums[FCI_SUPER / 16];                                \
    uint8_t codes[FCI_SUPER];                                                                                \
    const unsigned count = FCI_SUPER / how->n;                                                               \
    if (r->weights)                                                                                          \
      sum_weights (r->weights + k * how->n, how->n, count, sums);                                            \
    fci_scales_##type (r->fit.scale + k, r->fit.minimum + k, r->weights ? sums : NULL, block, step, offset); \
    affine_codes (r, k, how, step, offset, codes);                                                           \
    fci_pack_##type (codes, block);                                                                          \
  }                                                                                                          \
                                                                                                             \
  static TARGET void encode_##type (const float *x, size_t n, const float *importance, uint8_t *out)         \
  {                                                                                                          \
    round_of r;                                                                                              \
    for (size_t at = 0; at < n; at += ROUND)                                                                 \
      {                                                                                                      \
        const unsigned count = FCI_SUPER / plain.n;                                                          \
        next_round (&r, x + at, n - at);                                                                     \
        fci_##type *block = (fci_##type *) (void *) out + at / FCI_SUPER;                                    \
        if (all_zero (r.x, r.n))                                                                             \
          {                                                                                                  \
            memset (block, 0, r.n / FCI_SUPER * sizeof *block);                                              \
            continue;                                                                                        \
          }                                                                                                  \
        if (importance)                                                                                      \
          {                                                                                                  \
            weigh_round (&r, importance + at, factor, FCI_SUPER);                                            \
            fit_affine (r.x, r.weights, (unsigned) (r.n / given.n), &given, &r.fit);                         \
          }                                                                                                  \
        else                                                                                                 \
          fit_affine (r.x, NULL, (unsigned) (r.n / plain.n), &plain, &r.fit);                                \
        for (unsigned b = 0; b < r.n / FCI_SUPER; b++)                                                       \
          one_##type (&r, b *count, &plain, block + b);                                                      \
      }                                                                                                      \
  }

ENCODE_AFFINE (q2_k, plain_q2_k, given_two, 1)
ENCODE_AFFINE (q4_k, plain_q4_k, given_four, 2)
ENCODE_AFFINE (q5_k, plain_q5_k, given_five, 2)

/* ---- Scales alone. */

static const symmetric plain_q6_k = { 16, 32, false };
static const symmetric given_q6_k = { 16, 32, true };
static const symmetric given_q3_k = { 16, 4, true };

INLINE void
one_q6_k (const round_of *r, unsigned k, fci_q6_k *block)
{
  float step[16];
  uint8_t codes[FCI_SUPER];
  if (!fci_scales_q6_k (r->fit.scale + k, block, step))
    {
      memset (block, 0, sizeof *block);
      return;
    }
  for (unsigned j = 0; j < 16; j++)
    {
      const float *x = r->x + (k + j) * 16;
      if (step[j] != 0)
        divided_codes (x, 16, 0, step[j], -32, 31, 32, codes + j * 16);
      else
        symmetric_codes (x, &plain_q6_k, r->fit.inverse[k + j], codes + j * 16);
    }
  fci_pack_q6_k (codes, block);
}

static TARGET void
encode_q6_k (const float *x, size_t n, const float *importance, uint8_t *out)
{
  round_of r;
  for (size_t at = 0; at < n; at += ROUND)
    {
      fci_q6_k *block = (fci_q6_k *) (void *) out + at / FCI_SUPER;
      next_round (&r, x + at, n - at);
      if (all_zero (r.x, r.n))
        {
          memset (block, 0, r.n / FCI_SUPER * sizeof *block);
          continue;
        }
      memset (r.weight, 0, importance ? sizeof r.weight : 0);
      if (importance)
        {
          memcpy (r.weight, importance + at, r.n * sizeof *importance);
          fit_symmetric (r.x, r.weight, (unsigned) (r.n / 16), &given_q6_k, &r.fit);
        }
      else
        fit_symmetric (r.x, NULL, (unsigned) (r.n / 16), &plain_q6_k, &r.fit);
      for (unsigned b = 0; b < r.n / FCI_SUPER; b++)
        one_q6_k (&r, 16 * b, block + b);
    }
}

/* found: the codes that the search ended with, where there was no importance. */
INLINE void
one_q3_k (const round_of *r, unsigned k, const uint8_t (*found)[MOST], fci_q3_k *block)
{
  float step[16], sums[16];
  uint8_t codes[FCI_SUPER];
  if (r->weights)
    sum_weights (r->weights + k * 16, 16, 16, sums);
  fci_scales_q3_k (r->fit.scale + k, r->weights ? sums : NULL, block, step);
  for (unsigned j = 0; j < 16; j++)
    {
      const float *x = r->x + (k + j) * 16;
      if (step[j] != 0)
        divided_codes (x, 16, 0, step[j], -4, 3, 4, codes + j * 16);
      else if (r->weights)
        symmetric_codes (x, &given_q3_k, r->fit.inverse[k + j], codes + j * 16);
      else
        for (unsigned i = 0; i < 16; i++)
          codes[16 * j + i] = found[i][k + j];
    }
  fci_pack_q3_k (codes, block);
}

static TARGET void
encode_q3_k (const float *x, size_t n, const float *importance, uint8_t *out)
{
  round_of r;
  uint8_t found[16][MOST];
  for (size_t at = 0; at < n; at += ROUND)
    {
      fci_q3_k *block = (fci_q3_k *) (void *) out + at / FCI_SUPER;
      next_round (&r, x + at, n - at);
      if (all_zero (r.x, r.n))
        {
          memset (block, 0, r.n / FCI_SUPER * sizeof *block);
          continue;
        }
      if (importance)
        {
          weigh_round (&r, importance + at, 2, FCI_SUPER);
          fit_symmetric (r.x, r.weights, (unsigned) (r.n / 16), &given_q3_k, &r.fit);
        }
      for (unsigned s = 0; s < r.n / 16 && !importance; s += TOGETHER)
        search_three (r.x + 16 * s, r.fit.scale + s, (uint8_t (*)[MOST]) (void *) &found[0][s]);
      for (unsigned b = 0; b < r.n / FCI_SUPER; b++)
        one_q3_k (&r, 16 * b, (const uint8_t (*)[MOST]) found, block + b);
    }
}

/* ---- Scales of a table of values. */

static TARGET void
encode_iq4_xs (const float *x, size_t n, const float *importance, uint8_t *out)
{
  round_of r;
  for (size_t at = 0; at < n; at += ROUND)
    {
      fci_iq4_xs *block = (fci_iq4_xs *) (void *) out + at / FCI_SUPER;
      next_round (&r, x + at, n - at);
      if (importance)
        weigh_round (&r, importance + at, 2.0f / FCI_SUPER, 1);
      fit_table (r.x, r.weights, (unsigned) (r.n / FCI_BLOCK), &r.fit);
      for (unsigned b = 0; b < r.n / FCI_SUPER; b++)
        {
          float inverse[8];
          uint8_t codes[FCI_SUPER];
          fci_scales_iq4_xs (r.fit.scale + 8 * b, block + b, inverse);
          for (unsigned j = 0; j < 8; j++)
            table_codes (r.x + FCI_SUPER * b + FCI_BLOCK * j, inverse[j], codes + FCI_BLOCK * j);
          fci_pack_iq4_xs (codes, block + b);
        }
    }
}

static TARGET void
encode_iq4_nl (const float *x, size_t n, const float *importance, uint8_t *out)
{
  round_of r;
  for (size_t at = 0; at < n; at += ROUND)
    {
      fci_iq4_nl *block = (fci_iq4_nl *) (void *) out + at / FCI_BLOCK;
      next_round (&r, x + at, n - at);
      memset (r.weight, 0, importance ? sizeof r.weight : 0);
      for (size_t i = 0; i < r.n && importance; i += FCI_BLOCK)
        weigh_elements (r.x + i, importance + at + i, FCI_BLOCK,
                        fci_square_sum (r.x + i, FCI_BLOCK) * (2.0f / FCI_BLOCK), r.weight + i);
      fit_table (r.x, importance ? r.weight : NULL, (unsigned) (r.n / FCI_BLOCK), &r.fit);
      for (unsigned b = 0; b < r.n / FCI_BLOCK; b++)
        {
          uint8_t codes[FCI_BLOCK];
          const float scale = r.fit.scale[b];
          fci_put_half (block[b].d, scale);
          table_codes (r.x + FCI_BLOCK * b, scale != 0 ? 1 / scale : 0, codes);
          fci_pack_four (codes, block[b].qs);
        }
    }
}

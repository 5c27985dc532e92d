/* core/kernel/quant/superblock_loops.h: encodes superblocks: search, scales, codes, bits.
 * SPDX-License-Identifier: Apache-2.0 */

static const affine plain_q2_k = { 16, 3, -0.5f, 0.1f, 15, true, BY_SIZE };
static const affine plain_q4_k = { 32, 15, -1, 0.1f, 20, false, BY_SPREAD };
static const affine plain_q5_k = { 32, 31, -0.5f, 0.1f, 15, false, BY_SPREAD };
static const affine given_two = { 16, 3, -0.9f, 0.05f, 36, false, GIVEN };
static const affine given_four = { 32, 15, -0.9f, 0.05f, 36, false, GIVEN };
static const affine given_five = { 32, 31, -0.9f, 0.05f, 36, false, GIVEN };

INLINE void
search_scale_or_affine (round_of *r, const affine *plain, const affine *given, float factor)
{
  const unsigned count = (unsigned) r->n / plain->n;
  if (r->importance)
    {
      weigh_round (r, FCI_SUPER, factor, FCI_SUPER);
      fit_affine (r->x, r->weights, count, given, &r->fit);
    }
  else
    fit_affine (r->x, NULL, count, plain, &r->fit);
}

/* Computes the codes of a superblock. */
INLINE void
affine_codes (const round_of *r, unsigned at, const affine *mode, const float *step, const float *offset,
              uint8_t *codes)
{
  const unsigned n = mode->n;
  for (unsigned j = 0; j < FCI_SUPER / n; j++)
    {
      const float *x = r->x + at + j * n;
      const unsigned s = at / n + j;
      if (step[j] != 0)
        divided_codes (x, n, offset[j], step[j], 0, mode->top, 0, codes + j * n);
      else
        search_codes (x, n, r->fit.base[s], r->fit.inverse[s], 0, mode->top, 0, codes + j * n);
    }
}

static TARGET void
search_q2_k (round_of *r)
{
  search_scale_or_affine (r, &plain_q2_k, &given_two, 1);
}

static TARGET void
finish_q2_k (const round_of *r, unsigned at, uint8_t *out)
{
  fci_q2_k *block = (fci_q2_k *) (void *) out;
  float step[16], offset[16], capacity[16];
  uint8_t codes[FCI_SUPER];
  const float *sums = sum_weights (r, at, 16, 16, capacity);
  fci_scales_q2_k (r->fit.scale + at / 16, r->fit.minimum + at / 16, sums, block, step, offset);
  affine_codes (r, at, &plain_q2_k, step, offset, codes);
  fci_pack_q2_k (codes, block);
}

static TARGET void
search_q4_k (round_of *r)
{
  search_scale_or_affine (r, &plain_q4_k, &given_four, 2);
}

static TARGET void
finish_q4_k (const round_of *r, unsigned at, uint8_t *out)
{
  fci_q4_k *block = (fci_q4_k *) (void *) out;
  float step[8], offset[8], capacity[8];
  uint8_t codes[FCI_SUPER];
  const float *sums = sum_weights (r, at, 32, 8, capacity);
  fci_scales_q4_k (r->fit.scale + at / 32, r->fit.minimum + at / 32, sums, block, step, offset);
  affine_codes (r, at, &plain_q4_k, step, offset, codes);
  fci_pack_q4_k (codes, block);
}

static TARGET void
search_q5_k (round_of *r)
{
  search_scale_or_affine (r, &plain_q5_k, &given_five, 2);
}

static TARGET void
finish_q5_k (const round_of *r, unsigned at, uint8_t *out)
{
  fci_q5_k *block = (fci_q5_k *) (void *) out;
  float step[8], offset[8], capacity[8];
  uint8_t codes[FCI_SUPER];
  const float *sums = sum_weights (r, at, 32, 8, capacity);
  fci_scales_q5_k (r->fit.scale + at / 32, r->fit.minimum + at / 32, sums, block, step, offset);
  affine_codes (r, at, &plain_q5_k, step, offset, codes);
  fci_pack_q5_k (codes, block);
}

/* ---- Types with scales only. */

static const symmetric plain_q6_k = { 16, 32, false };
static const symmetric given_q6_k = { 16, 32, true };
static const symmetric given_q3_k = { 16, 4, true };

/* Searches Q6_K, which uses the importance as weight. */
static TARGET void
search_q6_k (round_of *r)
{
  const unsigned count = (unsigned) r->n / 16;
  if (r->importance)
    {
      memset (r->weight, 0, sizeof r->weight);
      memcpy (r->weight, r->importance, r->n * sizeof *r->weight);
      fit_symmetric (r->x, r->weight, count, &given_q6_k, &r->fit);
    }
  else
    fit_symmetric (r->x, NULL, count, &plain_q6_k, &r->fit);
}

static TARGET void
finish_q6_k (const round_of *r, unsigned at, uint8_t *out)
{
  fci_q6_k *block = (fci_q6_k *) (void *) out;
  float step[16];
  uint8_t codes[FCI_SUPER];
  if (!fci_scales_q6_k (r->fit.scale + at / 16, block, step))
    {
      memset (block, 0, sizeof *block);
      return;
    }
  for (unsigned j = 0; j < 16; j++)
    {
      const float *x = r->x + at + j * 16;
      if (step[j] != 0)
        divided_codes (x, 16, 0, step[j], -32, 31, 32, codes + j * 16);
      else
        symmetric_codes (x, &plain_q6_k, r->fit.inverse[at / 16 + j], codes + j * 16);
    }
  fci_pack_q6_k (codes, block);
}

static TARGET void
search_q3_k (round_of *r)
{
  const unsigned count = (unsigned) r->n / 16;
  if (r->importance)
    {
      weigh_round (r, FCI_SUPER, 2, FCI_SUPER);
      fit_symmetric (r->x, r->weights, count, &given_q3_k, &r->fit);
    }
  for (unsigned s = 0; s < count && !r->importance; s += TOGETHER)
    search_three (r->x + 16 * s, r->fit.scale + s, &r->code[0][s]);
}

/* Copies the final codes of the search. */
INLINE void
codes_of_three (const round_of *r, unsigned s, uint8_t *codes)
{
  if (r->importance)
    symmetric_codes (r->x + 16 * s, &given_q3_k, r->fit.inverse[s], codes);
  else
    for (unsigned i = 0; i < 16; i++)
      codes[i] = r->code[i][s];
}

static TARGET void
finish_q3_k (const round_of *r, unsigned at, uint8_t *out)
{
  fci_q3_k *block = (fci_q3_k *) (void *) out;
  float step[16], capacity[16];
  uint8_t codes[FCI_SUPER];
  fci_scales_q3_k (r->fit.scale + at / 16, sum_weights (r, at, 16, 16, capacity), block, step);
  for (unsigned j = 0; j < 16; j++)
    if (step[j] != 0)
      divided_codes (r->x + at + j * 16, 16, 0, step[j], -4, 3, 4, codes + j * 16);
    else
      codes_of_three (r, at / 16 + j, codes + j * 16);
  fci_pack_q3_k (codes, block);
}

/* ---- Types with a table of values. */

static TARGET void
search_iq4_xs (round_of *r)
{
  if (r->importance)
    weigh_round (r, FCI_SUPER, 2.0f / FCI_SUPER, 1);
  fit_table (r->x, r->weights, (unsigned) r->n / FCI_BLOCK, &r->fit);
}

static TARGET void
finish_iq4_xs (const round_of *r, unsigned at, uint8_t *out)
{
  fci_iq4_xs *block = (fci_iq4_xs *) (void *) out;
  float inverse[8];
  uint8_t codes[FCI_SUPER];
  fci_scales_iq4_xs (r->fit.scale + at / FCI_BLOCK, block, inverse);
  for (unsigned j = 0; j < 8; j++)
    table_codes (r->x + at + FCI_BLOCK * j, inverse[j], codes + FCI_BLOCK * j);
  fci_pack_iq4_xs (codes, block);
}

static TARGET void
search_iq4_nl (round_of *r)
{
  if (r->importance)
    weigh_round (r, FCI_BLOCK, 2.0f / FCI_BLOCK, 1);
  fit_table (r->x, r->weights, (unsigned) r->n / FCI_BLOCK, &r->fit);
}

static TARGET void
finish_iq4_nl (const round_of *r, unsigned at, uint8_t *out)
{
  fci_iq4_nl *block = (fci_iq4_nl *) (void *) out;
  const float scale = r->fit.scale[at / FCI_BLOCK];
  uint8_t codes[FCI_BLOCK];
  fci_put_half (block->d, scale);
  table_codes (r->x + at, inverse_of (scale), codes);
  fci_pack_four (codes, block->qs);
}

/* core/kernel/quant/weighted.h: encodes blocks of 32 by a search with importance weights.
 * SPDX-License-Identifier: Apache-2.0 */

static const symmetric given_q4_0 = { 32, 8, true };
static const symmetric given_q5_0 = { 32, 16, true };

static TARGET void
search_weighed_q4_0 (round_of *r)
{
  weigh_round (r, 0, 0, 0);
  fit_symmetric (r->x, r->weights, (unsigned) r->n / FCI_BLOCK, &given_q4_0, &r->fit);
}

static TARGET void
finish_weighed_q4_0 (const round_of *r, unsigned at, uint8_t *out)
{
  fci_q4_0 *block = (fci_q4_0 *) (void *) out;
  uint8_t codes[FCI_BLOCK];
  fci_put_half (block->d, r->fit.scale[at / FCI_BLOCK]);
  symmetric_codes (r->x + at, &given_q4_0, r->fit.inverse[at / FCI_BLOCK], codes);
  fci_pack_four (codes, block->qs);
}

static TARGET void
search_weighed_q5_0 (round_of *r)
{
  weigh_round (r, 0, 0, 0);
  fit_symmetric (r->x, r->weights, (unsigned) r->n / FCI_BLOCK, &given_q5_0, &r->fit);
}

static TARGET void
finish_weighed_q5_0 (const round_of *r, unsigned at, uint8_t *out)
{
  fci_q5_0 *block = (fci_q5_0 *) (void *) out;
  uint8_t codes[FCI_BLOCK];
  fci_put_half (block->d, r->fit.scale[at / FCI_BLOCK]);
  symmetric_codes (r->x + at, &given_q5_0, r->fit.inverse[at / FCI_BLOCK], codes);
  fci_pack_five (codes, block->qs, block->qh);
}

static TARGET void
search_weighed_q4_1 (round_of *r)
{
  weigh_round (r, 0, 0, 0);
  fit_affine (r->x, r->weights, (unsigned) r->n / FCI_BLOCK, &given_four, &r->fit);
}

static TARGET void
finish_weighed_q4_1 (const round_of *r, unsigned at, uint8_t *out)
{
  fci_q4_1 *block = (fci_q4_1 *) (void *) out;
  const unsigned s = at / FCI_BLOCK;
  uint8_t codes[FCI_BLOCK];
  fci_put_half (block->d, r->fit.scale[s]);
  fci_put_half (block->m, -r->fit.minimum[s]);
  search_codes (r->x + at, FCI_BLOCK, r->fit.base[s], r->fit.inverse[s], 0, 15, 0, codes);
  fci_pack_four (codes, block->qs);
}

static TARGET void
search_weighed_q5_1 (round_of *r)
{
  weigh_round (r, 0, 0, 0);
  fit_affine (r->x, r->weights, (unsigned) r->n / FCI_BLOCK, &given_five, &r->fit);
}

static TARGET void
finish_weighed_q5_1 (const round_of *r, unsigned at, uint8_t *out)
{
  fci_q5_1 *block = (fci_q5_1 *) (void *) out;
  const unsigned s = at / FCI_BLOCK;
  uint8_t codes[FCI_BLOCK];
  fci_put_half (block->d, r->fit.scale[s]);
  fci_put_half (block->m, -r->fit.minimum[s]);
  search_codes (r->x + at, FCI_BLOCK, r->fit.base[s], r->fit.inverse[s], 0, 31, 0, codes);
  fci_pack_five (codes, block->qs, block->qh);
}

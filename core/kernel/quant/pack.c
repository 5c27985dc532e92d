/* core/kernel/quant/pack.c: packs codes of one byte each into the bits of a block, eight at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/quant/superblock.h"

enum
{
  EIGHT = 8
};

void
fci_pack_four (const uint8_t *codes, uint8_t qs[16])
{
  for (unsigned j = 0; j < 16; j += EIGHT)
    fci_put_codes (qs + j, fci_get_codes (codes + j) | fci_get_codes (codes + j + 16) << 4);
}

void
fci_pack_five (const uint8_t *codes, uint8_t qs[16], uint8_t qh[4])
{
  /* Bit 8 i times bit 56 - 7 i is bit 56 + i; other products neither overlap nor carry. */
  const uint64_t together = 0x0102040810204080u;
  for (unsigned j = 0; j < FCI_BLOCK; j += EIGHT)
    qh[j / 8] = (uint8_t) ((fci_get_codes (codes + j) >> 4 & fci_each_byte) * together >> 56);
  for (unsigned j = 0; j < 16; j += EIGHT)
    {
      const uint64_t low = fci_get_codes (codes + j) & fci_each_byte * 15;
      fci_put_codes (qs + j, low | (fci_get_codes (codes + j + 16) & fci_each_byte * 15) << 4);
    }
}

/* Packs two bits of elements j, j + 32, j + 64 and j + 96 of each half into one byte. */
static void
pack_two (const uint8_t *codes, uint8_t qs[64])
{
  for (unsigned half = 0; half < 2; half++)
    for (unsigned j = 0; j < 32; j += EIGHT)
      {
        const uint8_t *at = codes + 128 * half + j;
        const uint64_t low =
            (fci_get_codes (at) & fci_each_byte * 3) | (fci_get_codes (at + 32) & fci_each_byte * 3) << 2;
        const uint64_t high = (fci_get_codes (at + 64) & fci_each_byte * 3)
                              | (fci_get_codes (at + 96) & fci_each_byte * 3) << 2;
        fci_put_codes (qs + 32 * half + j, low | high << 4);
      }
}

void
fci_pack_q2_k (const uint8_t *codes, fci_q2_k *block)
{
  pack_two (codes, block->qs);
}

/* Packs Q3_K.  Bit k of hmask[j] is the third bit of element 32 k + j. */
void
fci_pack_q3_k (const uint8_t *codes, fci_q3_k *block)
{
  for (unsigned j = 0; j < 32; j += EIGHT)
    {
      uint64_t high = 0;
      for (unsigned k = 0; k < 8; k++)
        high |= (fci_get_codes (codes + 32 * k + j) >> 2 & fci_each_byte) << k;
      fci_put_codes (block->hmask + j, high);
    }
  pack_two (codes, block->qs);
}

/* Packs the low four bits: elements j and j + 32 of each quarter share a byte. */
static void
pack_low_four (const uint8_t *codes, uint8_t qs[128])
{
  for (unsigned quarter = 0; quarter < 4; quarter++)
    for (unsigned j = 0; j < 32; j += EIGHT)
      {
        const uint8_t *at = codes + 64 * quarter + j;
        const uint64_t low = fci_get_codes (at) & fci_each_byte * 15,
                       high = fci_get_codes (at + 32) & fci_each_byte * 15;
        fci_put_codes (qs + 32 * quarter + j, low | high << 4);
      }
}

void
fci_pack_q4_k (const uint8_t *codes, fci_q4_k *block)
{
  pack_low_four (codes, block->qs);
}

/* Packs Q5_K.  Bit k of qh[j] is the fifth bit of element 32 k + j. */
void
fci_pack_q5_k (const uint8_t *codes, fci_q5_k *block)
{
  for (unsigned j = 0; j < 32; j += EIGHT)
    {
      uint64_t high = 0;
      for (unsigned k = 0; k < 8; k++)
        high |= (fci_get_codes (codes + 32 * k + j) >> 4 & fci_each_byte) << k;
      fci_put_codes (block->qh + j, high);
    }
  pack_low_four (codes, block->qs);
}

/* Packs Q6_K.  In each half, a byte has four bits of elements j and j + 64, another the upper two of j, j +
 * 32, j + 64 and j + 96. */
void
fci_pack_q6_k (const uint8_t *codes, fci_q6_k *block)
{
  for (unsigned half = 0; half < 2; half++)
    for (unsigned j = 0; j < 32; j += EIGHT)
      {
        uint64_t part[4], high = 0;
        for (unsigned k = 0; k < 4; k++)
          {
            part[k] = fci_get_codes (codes + 128 * half + 32 * k + j);
            high |= (part[k] >> 4 & fci_each_byte * 3) << 2 * k;
          }
        const uint64_t low = fci_each_byte * 15;
        fci_put_codes (block->ql + 64 * half + j, (part[0] & low) | (part[2] & low) << 4);
        fci_put_codes (block->ql + 64 * half + 32 + j, (part[1] & low) | (part[3] & low) << 4);
        fci_put_codes (block->qh + 32 * half + j, high);
      }
}

void
fci_pack_iq4_xs (const uint8_t *codes, fci_iq4_xs *block)
{
  for (unsigned k = 0; k < 8; k++)
    fci_pack_four (codes + FCI_BLOCK * k, block->qs + 16 * k);
}

/* Returns `count` base-3 digits, at a distance of `stride`, as a fraction in a byte: digit k is
 * (3 · (byte · 3^k mod 256)) >> 8. */
static uint8_t
pack_trits (const uint8_t *codes, unsigned count, unsigned stride)
{
  unsigned number = 0;
  for (unsigned k = 0; k < 5; k++)
    number = number * 3 + (k < count ? codes[k * stride] : 0);
  return (uint8_t) ((number * 256 + 242) / 243);
}

void
fci_pack_tq1_0 (const uint8_t *codes, fci_tq1_0 *block)
{
  for (unsigned j = 0; j < 32; j++)
    block->qs[j] = pack_trits (codes + j, 5, 32);
  for (unsigned j = 0; j < 16; j++)
    block->qs[32 + j] = pack_trits (codes + 160 + j, 5, 16);
  for (unsigned j = 0; j < 4; j++)
    block->qh[j] = pack_trits (codes + 240 + j, 4, 4);
}

void
fci_pack_tq2_0 (const uint8_t *codes, fci_tq2_0 *block)
{
  pack_two (codes, block->qs);
}

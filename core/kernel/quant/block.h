/* core/kernel/quant/block.h: the memory layout of blocks, byte for byte; private to this folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Fields are bytes, so that a block may have any alignment; larger numbers are little-endian. */
#ifndef FCI_KERNEL_QUANT_BLOCK_H
#define FCI_KERNEL_QUANT_BLOCK_H

#include "core/kernel/number.h"

enum
{
  FCI_BLOCK = 32,  /* elements of a block of the simple types */
  FCI_SUPER = 256, /* elements of a superblock */
};

typedef struct fci_q4_0
{
  uint8_t d[2];
  uint8_t qs[16]; /* low half: element j, high half: element j + 16 */
} fci_q4_0;

typedef struct fci_q4_1
{
  uint8_t d[2], m[2];
  uint8_t qs[16];
} fci_q4_1;

typedef struct fci_q5_0
{
  uint8_t d[2];
  uint8_t qh[4]; /* bit j: the fifth bit of element j */
  uint8_t qs[16];
} fci_q5_0;

typedef struct fci_q5_1
{
  uint8_t d[2], m[2];
  uint8_t qh[4];
  uint8_t qs[16];
} fci_q5_1;

typedef struct fci_q8_0
{
  uint8_t d[2];
  uint8_t qs[32]; /* signed */
} fci_q8_0;

typedef struct fci_q2_k
{
  uint8_t scales[16]; /* low half: scale, high half: minimum, of 16 elements */
  uint8_t qs[64];
  uint8_t d[2], dmin[2];
} fci_q2_k;

typedef struct fci_q3_k
{
  uint8_t hmask[32];
  uint8_t qs[64];
  uint8_t scales[12];
  uint8_t d[2];
} fci_q3_k;

typedef struct fci_q4_k
{
  uint8_t d[2], dmin[2];
  uint8_t scales[12]; /* eight scales and eight minima of six bits */
  uint8_t qs[128];
} fci_q4_k;

typedef struct fci_q5_k
{
  uint8_t d[2], dmin[2];
  uint8_t scales[12];
  uint8_t qh[32];
  uint8_t qs[128];
} fci_q5_k;

typedef struct fci_q6_k
{
  uint8_t ql[128];
  uint8_t qh[64];
  uint8_t scales[16]; /* signed */
  uint8_t d[2];
} fci_q6_k;

typedef struct fci_iq4_nl
{
  uint8_t d[2];
  uint8_t qs[16];
} fci_iq4_nl;

typedef struct fci_iq4_xs
{
  uint8_t d[2];
  uint8_t scales_h[2];
  uint8_t scales_l[4];
  uint8_t qs[128];
} fci_iq4_xs;

typedef struct fci_tq1_0
{
  uint8_t qs[48]; /* five elements per byte, in base 3 */
  uint8_t qh[4];  /* four elements per byte */
  uint8_t d[2];
} fci_tq1_0;

typedef struct fci_tq2_0
{
  uint8_t qs[64];
  uint8_t d[2];
} fci_tq2_0;

typedef struct fci_mxfp4
{
  uint8_t e;
  uint8_t qs[16];
} fci_mxfp4;

typedef struct fci_nvfp4
{
  uint8_t d[4]; /* E4M3 without sign, one per 16 elements */
  uint8_t qs[32];
} fci_nvfp4;

typedef struct fci_q1_0
{
  uint8_t d[2];
  uint8_t qs[16];
} fci_q1_0;

typedef struct fci_q2_0
{
  uint8_t d[2];
  uint8_t qs[16];
} fci_q2_0;

typedef struct fci_iq2_xxs
{
  uint8_t d[2];
  uint8_t qs[64];
} fci_iq2_xxs;

typedef struct fci_iq2_xs
{
  uint8_t d[2];
  uint8_t qs[64];
  uint8_t scales[8];
} fci_iq2_xs;

typedef struct fci_iq2_s
{
  uint8_t d[2];
  uint8_t qs[32];
  uint8_t signs[32];
  uint8_t qh[8];
  uint8_t scales[8];
} fci_iq2_s;

typedef struct fci_iq3_xxs
{
  uint8_t d[2];
  uint8_t qs[64];
  uint8_t signs[32]; /* with a scale in the upper bits of each four bytes */
} fci_iq3_xxs;

typedef struct fci_iq3_s
{
  uint8_t d[2];
  uint8_t qs[64];
  uint8_t qh[8];
  uint8_t signs[32];
  uint8_t scales[4];
} fci_iq3_s;

typedef struct fci_iq1_s
{
  uint8_t d[2];
  uint8_t qs[32];
  uint8_t qh[16];
} fci_iq1_s;

typedef struct fci_iq1_m
{
  uint8_t qs[32];
  uint8_t qh[16];
  uint8_t scales[8];
} fci_iq1_m;

/* Values of the codes of IQ4_NL and IQ4_XS. */
#define FCI_IQ4_VALUES -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113

/* Limits from which the next code is nearer. */
#define FCI_IQ4_LIMITS -115.5f, -93.5f, -74, -57, -42, -28.5f, -16, -4.5f, 7, 19, 31.5f, 45.5f, 61, 79, 101

/* Doubled values of the codes of MXFP4 and NVFP4. */
#define FCI_FP4_VALUES 0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12

static inline uint16_t
fci_get16 (const uint8_t *at)
{
  return (uint16_t) (at[0] | at[1] << 8);
}

static inline uint32_t
fci_get32 (const uint8_t *at)
{
  return (uint32_t) fci_get16 (at) | (uint32_t) fci_get16 (at + 2) << 16;
}

static inline void
fci_put16 (uint8_t *at, uint16_t value)
{
  at[0] = (uint8_t) value;
  at[1] = (uint8_t) (value >> 8);
}

static inline void
fci_put32 (uint8_t *at, uint32_t value)
{
  fci_put16 (at, (uint16_t) value);
  fci_put16 (at + 2, (uint16_t) (value >> 16));
}

static inline float
fci_get_half (const uint8_t *at)
{
  return fci_f32_of_bits (fci_f32_of_f16 (fci_get16 (at)));
}

static inline void
fci_put_half (uint8_t *at, float value)
{
  fci_put16 (at, fci_f16_of_f32 (fci_f32_bits (value)));
}

/* Factor that copies an 8-bit number to each of eight bytes. */
static const uint64_t fci_each_byte = 0x0101010101010101u;

/* Returns eight codes in one integer, the first in the lowest byte; codes always fit a byte. */
static inline uint64_t
fci_get_codes (const uint8_t *at)
{
  uint64_t codes;
  memcpy (&codes, at, sizeof codes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  codes = __builtin_bswap64 (codes);
#endif
  return codes;
}

static inline void
fci_put_codes (uint8_t *at, uint64_t codes)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  codes = __builtin_bswap64 (codes);
#endif
  memcpy (at, &codes, sizeof codes);
}

#endif

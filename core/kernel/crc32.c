/* core/kernel/crc32.c: CRC-32 of zip, by carry-less multiplication or CRC instructions if the processor has them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/kernel/cpu.h"
#include "core/kernel/crc32.h"
#include <zlib.h>

#ifdef __x86_64__
#include <immintrin.h>

/* A message is a polynomial over GF(2), first bit highest, and its CRC the remainder by
 *   P = x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 + x^10 + x^8 + x^7 + x^5 + x^4 + x^2 + x + 1.
 * A part of the message may be replaced by any polynomial that is equal modulo P.  16 bytes H·x^64 + L that are D bits
 * before others may be added to them as H·(x^(D+64) mod P) + L·(x^D mod P).  Zip's bits are reflected: the first bit is
 * the lowest, bit i of the first quadword is x^(63-i) of H, and bit t of a product is x^(127-t) of the wanted polynomial
 * if bit j of a factor is x^(64-j).  x^E mod P has up to 32 bits, too many from bit 33 on, so the factor for x^E is
 * x^32·(x^(E-32) mod P): bit 32-c is x^c of that remainder. */
#define BY_576 0x154442bd4
#define BY_512 0x1c6e41596
#define BY_192 0x1751997d0
#define BY_128 0x0ccaa009e

#define TARGET __attribute__ ((target ("pclmul,sse4.1")))

static inline TARGET __m128i
load (const unsigned char *at)
{
  return _mm_loadu_si128 ((const __m128i *) (const void *) at);
}

/* Returns `here` plus `ahead` moved by the distance of the factors `by`. */
static inline TARGET __m128i
fold (__m128i ahead, __m128i here, __m128i by)
{
  const __m128i high = _mm_clmulepi64_si128 (ahead, by, 0x00);
  const __m128i low = _mm_clmulepi64_si128 (ahead, by, 0x11);
  return _mm_xor_si128 (here, _mm_xor_si128 (high, low));
}

/* Returns the CRC of n >= 64 bytes.  Four chains run in parallel, because a multiplication takes several
 * cycles. */
static TARGET uint32_t
crc32_folded (uint32_t crc, const unsigned char *at, size_t n)
{
  const __m128i by_4 = _mm_set_epi64x (BY_512, BY_576);
  const __m128i by_1 = _mm_set_epi64x (BY_128, BY_192);
  unsigned char rest[16];
  __m128i a = _mm_xor_si128 (load (at), _mm_cvtsi32_si128 ((int) ~crc));
  __m128i b = load (at + 16);
  __m128i c = load (at + 32);
  __m128i d = load (at + 48);
  for (at += 64, n -= 64; n >= 64; at += 64, n -= 64)
    {
      a = fold (a, load (at), by_4);
      b = fold (b, load (at + 16), by_4);
      c = fold (c, load (at + 32), by_4);
      d = fold (d, load (at + 48), by_4);
    }
  a = fold (fold (fold (a, b, by_1), c, by_1), d, by_1);
  for (; n >= 16; at += 16, n -= 16)
    a = fold (a, load (at), by_1);
  _mm_storeu_si128 ((__m128i *) (void *) rest, a);
  /* The start value is in the first chain: an initial CRC of all ones is zero inside zlib. */
  crc = (uint32_t) crc32_z (0xffffffff, rest, sizeof rest);
  return (uint32_t) crc32_z (crc, at, n);
}
#elif FCI_NEON
#include <arm_acle.h>
#include <string.h>

static __attribute__ ((target ("+crc"))) uint32_t
crc32_by_instruction (uint32_t crc, const unsigned char *at, size_t n)
{
  uint64_t bytes;
  crc = ~crc;
  for (; n >= sizeof bytes; at += sizeof bytes, n -= sizeof bytes)
    {
      memcpy (&bytes, at, sizeof bytes);
      crc = __crc32d (crc, bytes);
    }
  for (; n > 0; at++, n--)
    crc = __crc32b (crc, *at);
  return ~crc;
}
#endif

uint32_t
fci_crc32 (uint32_t crc, const void *bytes, size_t n)
{
  if (n == 0)
    return crc;
#ifdef __x86_64__
  if (n >= 64 && fci_kernel_level () >= FCI_LEVEL_AVX2)
    return crc32_folded (crc, bytes, n);
#elif FCI_NEON
  if (fci_kernel_level () >= FCI_LEVEL_NEON && fci_os_has_arm_crc32 ())
    return crc32_by_instruction (crc, bytes, n);
#endif
  return (uint32_t) crc32_z (crc, bytes, n);
}

uint32_t
fci_crc32_combine (uint32_t a, uint32_t b, uint64_t b_len)
{
  return a ? (uint32_t) crc32_combine (a, b, (z_off_t) b_len) : b;
}

/* core/kernel/sha256.c: SHA-256, by the processor's instructions for it if there are any.
 * SPDX-License-Identifier: Apache-2.0
 *
 * FIPS 180-4, sections 4.1.2, 5.1.1, 5.3.3 and 6.2.2.  Numbers are big-endian in the message, whatever the machine. */
#include "config.h"

#include "core/kernel/cpu.h"
#include "core/kernel/sha256.h"
#include <stdbool.h>
#include <string.h>

enum
{
  ROUNDS = 64
};

/* Fractional parts of the cube roots of the first 64 primes. */
static const uint32_t K[ROUNDS] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static inline uint32_t
rotate (uint32_t x, unsigned n)
{
  return x >> n | x << (32 - n);
}

static inline uint32_t
load_be (const uint8_t *at)
{
  return (uint32_t) at[0] << 24 | (uint32_t) at[1] << 16 | (uint32_t) at[2] << 8 | at[3];
}

/* Fills in the message schedule of a block. */
static void
expand (uint32_t w[ROUNDS], const uint8_t *block)
{
  for (unsigned i = 0; i < 16; i++)
    w[i] = load_be (block + 4 * (size_t) i);
  for (unsigned i = 16; i < ROUNDS; i++)
    {
      const uint32_t a = w[i - 15], b = w[i - 2];
      w[i] = w[i - 16] + (rotate (a, 7) ^ rotate (a, 18) ^ a >> 3) + w[i - 7]
             + (rotate (b, 17) ^ rotate (b, 19) ^ b >> 10);
    }
}

static void
add_blocks (uint32_t state[8], const uint8_t *at, size_t n_blocks)
{
  uint32_t w[ROUNDS];
  for (; n_blocks > 0; n_blocks--, at += FCI_SHA256_BLOCK)
    {
      uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5],
               g = state[6], h = state[7];
      expand (w, at);
      for (unsigned i = 0; i < ROUNDS; i++)
        {
          const uint32_t s1 = rotate (e, 6) ^ rotate (e, 11) ^ rotate (e, 25);
          const uint32_t s0 = rotate (a, 2) ^ rotate (a, 13) ^ rotate (a, 22);
          const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i];
          const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
          h = g;
          g = f;
          f = e;
          e = d + t1;
          d = c;
          c = b;
          b = a;
          a = t1 + t2;
        }
      const uint32_t to[8] = { a, b, c, d, e, f, g, h };
      for (unsigned i = 0; i < 8; i++)
        state[i] += to[i];
    }
}

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>

#define TARGET __attribute__ ((target ("sha,sse4.1,ssse3")))

static bool
detect (void)
{
  unsigned a, b, c, d;
  return __get_cpuid_count (7, 0, &a, &b, &c, &d) && (b & 1u << 29);
}

/* Returns whether the processor has the SHA instructions.  CPUID is slow under a hypervisor, so it runs once. */
static bool
has_instructions (void)
{
  static atomic_int known = -1;
  int has = atomic_load_explicit (&known, memory_order_relaxed);
  if (has < 0)
    {
      has = detect ();
      atomic_store_explicit (&known, has, memory_order_relaxed);
    }
  return has && fci_kernel_level () >= FCI_LEVEL_AVX2;
}

static inline TARGET __m128i
load (const void *at)
{
  return _mm_loadu_si128 (at);
}

/* Returns the next four numbers of the schedule, from the last sixteen: oldest first. */
static inline TARGET __m128i
next (__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
  const __m128i sum = _mm_add_epi32 (_mm_sha256msg1_epu32 (w0, w1), _mm_alignr_epi8 (w3, w2, 4));
  return _mm_sha256msg2_epu32 (sum, w3);
}

/* Does four rounds.  The instructions hold the state as (a, b, e, f) and (c, d, g, h), highest first. */
static inline TARGET void
four_rounds (__m128i *abef, __m128i *cdgh, __m128i w, unsigned round)
{
  const __m128i wk = _mm_add_epi32 (w, load (&K[round]));
  *cdgh = _mm_sha256rnds2_epu32 (*cdgh, *abef, wk);
  *abef = _mm_sha256rnds2_epu32 (*abef, *cdgh, _mm_shuffle_epi32 (wk, 0x0e));
}

static TARGET void
add_blocks_by_instruction (uint32_t state[8], const uint8_t *at, size_t n_blocks)
{
  const __m128i swap = _mm_set_epi64x (0x0c0d0e0f08090a0b, 0x0405060700010203);
  const __m128i badc = _mm_shuffle_epi32 (load (&state[0]), 0xb1);
  const __m128i hgfe = _mm_shuffle_epi32 (load (&state[4]), 0x1b);
  __m128i abef = _mm_alignr_epi8 (badc, hgfe, 8), cdgh = _mm_blend_epi16 (hgfe, badc, 0xf0);
  for (; n_blocks > 0; n_blocks--, at += FCI_SHA256_BLOCK)
    {
      const __m128i abef_before = abef, cdgh_before = cdgh;
      __m128i w[4];
      for (unsigned i = 0; i < 4; i++)
        {
          w[i] = _mm_shuffle_epi8 (load (at + 16 * (size_t) i), swap);
          four_rounds (&abef, &cdgh, w[i], 4 * i);
        }
      for (unsigned i = 16; i < ROUNDS; i += 4)
        {
          const __m128i more = next (w[0], w[1], w[2], w[3]);
          w[0] = w[1];
          w[1] = w[2];
          w[2] = w[3];
          w[3] = more;
          four_rounds (&abef, &cdgh, more, i);
        }
      abef = _mm_add_epi32 (abef, abef_before);
      cdgh = _mm_add_epi32 (cdgh, cdgh_before);
    }
  const __m128i feba = _mm_shuffle_epi32 (abef, 0x1b), dchg = _mm_shuffle_epi32 (cdgh, 0xb1);
  _mm_storeu_si128 ((__m128i *) (void *) &state[0], _mm_blend_epi16 (feba, dchg, 0xf0));
  _mm_storeu_si128 ((__m128i *) (void *) &state[4], _mm_alignr_epi8 (dchg, feba, 8));
}
#endif

static void
add_whole (fci_sha256 *sha, const uint8_t *at, size_t n_blocks)
{
#ifdef __x86_64__
  if (has_instructions ())
    {
      add_blocks_by_instruction (sha->state, at, n_blocks);
      return;
    }
#endif
  add_blocks (sha->state, at, n_blocks);
}

void
fci_sha256_begin (fci_sha256 *sha)
{
  /* Fractional parts of the square roots of the first 8 primes. */
  *sha = (fci_sha256){ .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                                  0x1f83d9ab, 0x5be0cd19 } };
}

void
fci_sha256_add (fci_sha256 *sha, const void *bytes, size_t n)
{
  const uint8_t *at = bytes;
  if (n == 0) /* of nothing, there may be no pointer */
    return;
  const size_t held = (size_t) (sha->n % FCI_SHA256_BLOCK), missing = FCI_SHA256_BLOCK - held;
  sha->n += n;
  if (held > 0 && n >= missing)
    {
      memcpy (sha->rest + held, at, missing);
      add_whole (sha, sha->rest, 1);
      at += missing;
      n -= missing;
    }
  else if (held > 0)
    {
      memcpy (sha->rest + held, at, n);
      return;
    }
  add_whole (sha, at, n / FCI_SHA256_BLOCK);
  at += n / FCI_SHA256_BLOCK * FCI_SHA256_BLOCK;
  if (n % FCI_SHA256_BLOCK > 0)
    memcpy (sha->rest, at, n % FCI_SHA256_BLOCK);
}

void
fci_sha256_end (fci_sha256 *sha, char text[FCI_SHA256_TEXT])
{
  static const char digits[] = "0123456789abcdef";
  uint8_t tail[2 * FCI_SHA256_BLOCK] = { 0x80 };
  const size_t held = (size_t) (sha->n % FCI_SHA256_BLOCK);
  const size_t n = (held < 56 ? 56 : 120) - held; /* so that 8 bytes are left in the last block */
  const uint64_t bits = sha->n * 8;
  for (unsigned i = 0; i < 8; i++)
    tail[n + i] = (uint8_t) (bits >> (56 - 8 * i));
  fci_sha256_add (sha, tail, n + 8);
  for (unsigned i = 0; i < FCI_SHA256_TEXT; i++)
    text[i] = digits[sha->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
}

/* tests/unit/kernel_bytes.c: gather against a plain loop, CRC-32 against zlib, elements.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/kernel/crc32.h"
#include "core/kernel/decode.h"
#include "core/kernel/gather.h"
#include "core/kernel/sha256.h"
#include "tests/unit/kernel.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Element by element, as the header defines it. */
static void
gather_plainly (unsigned char *out, const unsigned char *in, unsigned rank, const uint64_t *extent,
                const int64_t *stride, size_t item)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < rank; i++)
    n *= extent[i];
  for (uint64_t k = 0; k < n; k++)
    {
      const unsigned char *from = in;
      uint64_t rest = k;
      for (unsigned i = rank; i-- > 0; rest /= extent[i])
        from += (int64_t) (rest % extent[i]) * stride[i];
      memcpy (out + k * item, from, item);
    }
}

static void
check_gather (const unsigned char *in, unsigned rank, const uint64_t *extent, const int64_t *stride,
              size_t item)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < rank; i++)
    n *= extent[i];
  unsigned char *out = malloc (n * item + 2), *plain = malloc (n * item + 2);
  memset (out, 0x5a, n * item + 2);
  memset (plain, 0x5a, n * item + 2);
  gather_plainly (plain + 1, in, rank, extent, stride, item);
  fci_gather (out + 1, in, rank, extent, stride, item);
  cr_expect_arr_eq (out, plain, n * item + 2, "rank %u, item %zu", rank, item);
  free (out);
  free (plain);
}

Test (kernel, gather_any_strides)
{
  const size_t span = 1 << 16;
  unsigned char *bytes = malloc (2 * span);
  uint64_t state = 1;
  for (size_t i = 0; i < 2 * span; i++)
    bytes[i] = (unsigned char) (random_next (&state) >> 20);
  for (unsigned round = 0; round < 4000; round++)
    {
      const unsigned rank = (unsigned) (random_next (&state) % 9);
      const size_t item = (size_t) 1 << (random_next (&state) % 5);
      uint64_t extent[8];
      int64_t stride[8];
      for (unsigned i = 0; i < rank; i++)
        {
          const uint64_t pick = random_next (&state);
          extent[i] = pick >> 8 & (round % 20 ? 3 : 1) ? pick % 4 + 1 : pick % (rank < 3 ? 90 : 5);
          stride[i] =
              pick >> 16 & 3 ? (int64_t) (pick >> 20 & 3) * (int64_t) item : (int64_t) (pick >> 20 & 63);
          if (pick >> 50 & 1)
            stride[i] = -stride[i];
        }
      check_gather (bytes + span, rank, extent, stride, item);
    }
  free (bytes);
}

/* A dense tensor with permuted axes, of sizes that fill tiles and of sizes that do not. */
Test (kernel, gather_transposes)
{
  static const uint64_t shapes[][4] = { { 64, 64, 1, 1 }, { 130, 67, 1, 1 }, { 1, 257, 128, 1 },
                                        { 2, 65, 3, 66 }, { 5, 1, 300, 9 },  { 17, 31, 8, 16 } };
  static const unsigned orders[][4] = { { 1, 0, 2, 3 }, { 3, 2, 1, 0 }, { 0, 2, 1, 3 }, { 2, 3, 0, 1 },
                                        { 0, 1, 3, 2 }, { 1, 3, 0, 2 }, { 0, 1, 2, 3 } };
  unsigned char *in = malloc (80000 * 16 + 1);
  uint64_t state = 5;
  for (size_t i = 0; i < 80000 * 16 + 1; i++)
    in[i] = (unsigned char) (random_next (&state) >> 11);
  for (unsigned s = 0; s < 6; s++)
    for (unsigned o = 0; o < 7; o++)
      for (size_t item = 1; item <= 16; item *= 2)
        {
          int64_t dense[4] = { 0, 0, 0, (int64_t) item }, stride[4];
          uint64_t extent[4];
          for (unsigned i = 3; i-- > 0;)
            dense[i] = dense[i + 1] * (int64_t) shapes[s][i + 1];
          for (unsigned i = 0; i < 4; i++)
            {
              extent[i] = shapes[s][orders[o][i]];
              stride[i] = dense[orders[o][i]];
            }
          check_gather (in + 1, 4, extent, stride, item);
        }
  free (in);
}

Test (kernel, crc32_as_zlib)
{
  enum
  {
    MOST = 70000
  };
  unsigned char *bytes = malloc (MOST + 16);
  uint64_t state = 77;
  for (size_t i = 0; i < MOST + 16; i++)
    bytes[i] = (unsigned char) (random_next (&state) >> 30);
  for (int level = FCI_LEVEL_PORTABLE; level <= FCI_LEVEL_AVX512; level++)
    for (unsigned round = 0; round < 700; round++)
      {
        const size_t n = round < 300 ? round : random_next (&state) % MOST;
        const unsigned char *at = bytes + random_next (&state) % 16;
        const uint32_t start = round % 3 ? (uint32_t) random_next (&state) : 0;
        fci_kernel_force (level);
        cr_expect_eq (fci_crc32 (start, at, n), crc32 (start, at, (uInt) n), "level %d, %zu bytes", level, n);
      }
  cr_expect_eq (fci_crc32 (0, "123456789", 9), 0xcbf43926);
  cr_expect_eq (fci_crc32 (7, NULL, 0), 7);
  free (bytes);
}

/* The examples of FIPS 180-4, of all lengths of the last block, in pieces of all sizes, at each level. */
Test (kernel, sha256_as_fips)
{
  static const struct
  {
    const char *text;
    const char *digest;
  } example[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
      "mnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
  };
  for (int level = 0; level <= FCI_LEVEL_HIGHEST; level++)
    {
      fci_kernel_force (level);
      for (size_t i = 0; i < sizeof example / sizeof *example; i++)
        for (size_t piece = 1; piece < 130; piece++)
          {
            char digest[FCI_SHA256_TEXT + 1] = "";
            const size_t n = strlen (example[i].text);
            fci_sha256 sha;
            fci_sha256_begin (&sha);
            for (size_t at = 0; at < n; at += piece)
              fci_sha256_add (&sha, example[i].text + at, n - at < piece ? n - at : piece);
            fci_sha256_end (&sha, digest);
            cr_assert_str_eq (digest, example[i].digest, "example %zu, pieces of %zu, level %d", i, piece,
                              level);
          }
    }
  fci_kernel_force (FCI_LEVEL_AUTO);
}

/* The example of a million letters, at each level. */
Test (kernel, sha256_of_many_blocks)
{
  char *letters = malloc (1000000);
  cr_assert (letters);
  memset (letters, 'a', 1000000);
  for (int level = 0; level <= FCI_LEVEL_HIGHEST; level++)
    {
      char digest[FCI_SHA256_TEXT + 1] = "";
      fci_sha256 sha;
      fci_kernel_force (level);
      fci_sha256_begin (&sha);
      fci_sha256_add (&sha, letters, 1);
      fci_sha256_add (&sha, letters, 999999);
      fci_sha256_end (&sha, digest);
      cr_assert_str_eq (digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
  fci_kernel_force (FCI_LEVEL_AUTO);
  free (letters);
}

Test (kernel, crc32_of_two_parts)
{
  unsigned char bytes[1000];
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char) (i * 7 + i / 9);
  const uint32_t whole = fci_crc32 (0, bytes, sizeof bytes);
  for (size_t cut = 0; cut <= sizeof bytes; cut += 50)
    {
      const uint32_t a = fci_crc32 (0, bytes, cut), b = fci_crc32 (0, bytes + cut, sizeof bytes - cut);
      cr_expect_eq (fci_crc32_combine (a, b, sizeof bytes - cut), whole);
      cr_expect_eq (fci_crc32 (a, bytes + cut, sizeof bytes - cut), whole);
    }
}

Test (kernel, element_of_each_kind)
{
  const uint64_t u64 = UINT64_MAX;
  const int8_t i8 = -3;
  const double complex_parts[2] = { 2.5, 7 };
  const unsigned char half_one[2] = { 0x00, 0x3c }, bf16[2] = { 0xc0, 0xbf }, e4m3 = 0x7e, e8m0 = 0x80;
  cr_expect_eq (fci_element (FMTCONV_U64, &u64), 0x1p64);
  cr_expect_eq (fci_element (FMTCONV_I64, &u64), -1);
  cr_expect_eq (fci_element (FMTCONV_I8, &i8), -3);
  cr_expect_eq (fci_element (FMTCONV_BOOL, &i8), 1);
  cr_expect_eq (fci_element (FMTCONV_C128, complex_parts), 2.5);
  cr_expect_eq (fci_element (FMTCONV_F16, half_one), 1);
  cr_expect_eq (fci_element (FMTCONV_BF16, bf16), -1.5);
  cr_expect_eq (fci_element (FMTCONV_F8_E4M3, &e4m3), 448);
  cr_expect_eq (fci_element (FMTCONV_F8_E8M0, &e8m0), 2);
}

/* tests/unit/source-recode.c: bytes in another order than that of their file, read in every range.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/recode.h"
#include "core/source/source.h"
#include <criterion/criterion.h>
#include <fmtconv/fmtconv.h>
#include <string.h>

enum
{
  ROWS = 256,
  COLUMNS = 36, /* nine tiles: more than are read at once, and not a multiple of it */
  BEFORE = 7,   /* bytes before the matrix */
  SIZE = BEFORE + ROWS * COLUMNS
};

static uint8_t stored[SIZE];

/* Stores element (r, c) of the matrix in its tile, by the definition of the layout. */
static void
store (unsigned r, unsigned c, uint8_t value)
{
  const unsigned tile = r / 128 * (COLUMNS / 4) + c / 4;
  stored[BEFORE + tile * 512 + r % 128 % 32 * 16 + r % 128 / 32 * 4 + c % 4] = value;
}

static uint8_t
element (unsigned i)
{
  return (uint8_t) (i * 31 + i / 251);
}

Test (recode, tiles_in_every_range)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  uint8_t found[ROWS * COLUMNS + 1];
  for (unsigned i = 0; i < ROWS * COLUMNS; i++)
    store (i / COLUMNS, i % COLUMNS, element (i));
  const fmtconv_source *matrix =
      fci_source_untile (fci_source_memory (ctx, stored, SIZE, "s"), BEFORE, ROWS, COLUMNS);
  cr_assert_eq (matrix->size, ROWS * COLUMNS);
  for (unsigned n = 1; n <= ROWS * COLUMNS; n = n * 3 / 2 + 1)
    for (unsigned at = 0; at + n <= ROWS * COLUMNS; at += 1 + (n + at) % 97)
      {
        memset (found, 0xaa, sizeof found);
        cr_assert_eq (fci_source_read (matrix, at, found, n), 0);
        for (unsigned i = 0; i < n; i++)
          cr_assert_eq (found[i], element (at + i), "%u bytes at %u", n, at);
        cr_assert_eq (found[n], 0xaa);
      }
  fmtconv_ctx_free (ctx);
}

Test (recode, halves_of_bytes)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  const uint8_t bytes[] = { 0x12, 0xf0, 0x0f, 0xab };
  uint8_t found[3];
  const fmtconv_source *swapped = fci_source_swap_nibbles (fci_source_memory (ctx, bytes, sizeof bytes, "s"));
  cr_assert_eq (fci_source_read (swapped, 1, found, 3), 0);
  cr_expect_arr_eq (found, ((uint8_t[]){ 0x0f, 0xf0, 0xba }), 3);
  fmtconv_ctx_free (ctx);
}

/* core/kernel/fast_frame.h: the loop over a row, from the operations of the including file; private to this folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file defines INLINE; LANES; the types floats (LANES of them) and counters, of which all members zero is none;
 * all_lanes (float), times and divided (floats, floats), load, store, count, and sum (a member of counters). */

INLINE void
step (const unsigned char *in, uint32_t from, unsigned char *out, uint32_t to, fci_fast_mode mode,
      floats factor, counters *sums)
{
  const uint32_t nan = mode != FCI_FAST_PLAIN || from == FMTCONV_F32 ? 0xffff : 0x7fc0;
  floats value = load (in, from);
  if (mode == FCI_FAST_TIMES)
    value = times (value, factor);
  else if (mode == FCI_FAST_DIVIDED)
    value = divided (value, factor);
  const floats after = store (out, to, value, nan);
  if (sums)
    count (sums, value, after, to);
}

/* Converts n elements.  The last few go through rows padded with zeros, which do not count. */
INLINE void
loop (const unsigned char *in, uint32_t from, unsigned char *out, uint32_t to, size_t n, fci_fast_mode mode,
      float factor, counters *sums)
{
  const size_t in_size = fci_fast_bytes (from);
  const size_t out_size = fci_fast_bytes (to);
  const floats by = all_lanes (factor);
  unsigned char last_in[LANES * 4] = { 0 };
  unsigned char last_out[LANES * 4];
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    step (in + i * in_size, from, out + i * out_size, to, mode, by, sums);
  if (i == n)
    return;
  memcpy (last_in, in + i * in_size, (n - i) * in_size);
  step (last_in, from, last_out, to, mode, by, sums);
  memcpy (out + i * out_size, last_out, (n - i) * out_size);
}

INLINE void
loop_and_count (const void *in, uint32_t from, void *out, uint32_t to, size_t n, fci_fast_mode mode,
                float factor, fci_tally *tally)
{
  counters sums;
  if (!tally)
    {
      loop (in, from, out, to, n, mode, factor, NULL);
      return;
    }
  memset (&sums, 0, sizeof sums);
  loop (in, from, out, to, n, mode, factor, &sums);
  tally->inexact += sum (sums.inexact);
  tally->overflow += sum (sums.overflow);
  tally->underflow += sum (sums.underflow);
  tally->nan += sum (sums.nan);
  tally->inf += sum (sums.inf);
  /* NaN and infinity lie above the smallest normal number, too. */
  tally->normal += sum (sums.normal) - sum (sums.nan) - sum (sums.inf);
}

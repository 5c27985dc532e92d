/* core/exec/eval/encode.c: quantizes rows of f32 to blocks, and counts their findings.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/order.h"
#include "core/exec/eval/encode.h"
#include "core/exec/eval/fetch.h"
#include "core/kernel/quant.h"
#include "core/view/place.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* Above this a scale that is stored as f16 may become infinite. */
static const float largest_f16 = 65504;

/* Properties of a row's values. */
typedef struct inspect
{
  uint64_t nan;
  uint64_t inf;
  float largest; /* largest finite magnitude */
} inspect;

static inspect
inspect_value (const float *row, size_t n)
{
  inspect seen = { 0 };
  for (size_t i = 0; i < n; i++)
    {
      float magnitude = fabsf (row[i]);
      if (magnitude <= FLT_MAX)
        seen.largest = magnitude > seen.largest ? magnitude : seen.largest;
      else if (magnitude == INFINITY)
        seen.inf++;
      else
        seen.nan++;
    }
  return seen;
}

/* Returns the number of values that became infinite or NaN in encoded blocks. */
static uint64_t
lost_in (uint32_t dtype, const uint8_t *blocks, size_t n)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  float values[256];
  uint64_t lost = 0;
  for (size_t done = 0; done < n; done += info->block, blocks += info->block_bytes)
    {
      fci_quant_decode (dtype, blocks, info->block, values);
      for (size_t i = 0; i < info->block; i++)
        lost += !isfinite (values[i]);
    }
  return lost;
}

static void
lower (uint64_t *number, uint64_t to)
{
  uint64_t now = __atomic_load_n (number, __ATOMIC_RELAXED);
  while (to < now
         && !__atomic_compare_exchange_n (number, &now, to, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    ;
}

/* Encodes one row; NaN and infinity, which cannot be encoded, are written as zeros, and fail the conversion at its end.
 * Returns NULL, or what a plugin's type says is wrong. */
static const char *
encode_row (const fci_encoder *encoder, const float *row, size_t columns, const float *importance,
            uint8_t *out, fci_tally *tally)
{
  inspect seen = inspect_value (row, columns);
  tally->nan += seen.nan;
  tally->inf += seen.inf;
  if (seen.nan || seen.inf)
    {
      memset (out, 0, (size_t) fci_dtype_bytes (encoder->dtype, columns));
      return NULL;
    }
  const char *wrong = fci_quant_encode (encoder->dtype, row, columns, importance, out);
  if (!wrong && (seen.largest > largest_f16 || fci_quant_is_foreign (encoder->dtype)))
    tally->overflow += lost_in (encoder->dtype, out, columns);
  return wrong;
}

static void
add_tally (fci_tally *sum, const fci_tally *tally)
{
  __atomic_fetch_add (&sum->overflow, tally->overflow, __ATOMIC_RELAXED);
  __atomic_fetch_add (&sum->nan, tally->nan, __ATOMIC_RELAXED);
  __atomic_fetch_add (&sum->inf, tally->inf, __ATOMIC_RELAXED);
}

/* Divides the weights by their divisor if they have one.  Returns whether all are finite and non-negative. */
static bool
weigh (const fci_importance *importance, float *weights, size_t n)
{
  const float count = importance->divided ? weights[n] : 1;
  bool good = isfinite (count) && count >= 0;
  for (size_t i = 0; i < n; i++)
    {
      good = good && isfinite (weights[i]) && weights[i] >= 0;
      weights[i] = count > 0 ? weights[i] / count : 1;
    }
  return good;
}

/* Reads the weights of the columns to `to`, after the rows.  Returns 0, or -1 with the fault set. */
static int
read_importance (fci_worker *worker, const fci_importance *importance, size_t columns, float *to)
{
  const uint64_t size = (columns + importance->divided) * sizeof (float);
  if (fci_fetch (worker, importance->rows, NULL, 0, size, (uint8_t *) to) != 0)
    return -1;
  fci_file_order_floats (to, columns + importance->divided);
  if (weigh (importance, to, columns))
    return 0;
  worker->fault = (fci_fault){ .code = FMTCONV_E_FORMAT,
                               .tensor = importance->rows->name,
                               .what = "importance weights must be finite and non-negative" };
  return -1;
}

int
fci_encode_rows (fci_worker *worker, const fci_encoder *encoder, const fci_importance *importance,
                 fci_tally *tallies, uint64_t row, size_t n_rows, size_t columns, uint8_t *out)
{
  float *values = (float *) (void *) worker->f32_rows,
        *weights = importance ? values + n_rows * columns : NULL;
  if (importance && read_importance (worker, importance, columns, weights) != 0)
    return -1;
  fci_file_order_floats (values, n_rows * columns);
  for (size_t i = 0; i < n_rows; i++, values += columns, out += fci_dtype_bytes (encoder->dtype, columns))
    {
      fci_tally tally = { 0 };
      const char *wrong = encode_row (encoder, values, columns, weights, out, &tally);
      if (wrong)
        {
          worker->fault = (fci_fault){ .code = FMTCONV_E_FORMAT, .tensor = encoder->name, .what = wrong };
          return -1;
        }
      if (tallies)
        add_tally (&tallies[encoder->tally], &tally);
      if (tallies && tally.nan)
        lower (&fci_worker_bad_rows (worker)[encoder->number].nan, row + i);
      if (tallies && tally.inf)
        lower (&fci_worker_bad_rows (worker)[encoder->number].inf, row + i);
    }
  return 0;
}

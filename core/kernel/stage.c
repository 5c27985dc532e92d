/* core/kernel/stage.c: converts one block of elements through one stage.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/count.h"
#include "core/kernel/decode.h"
#include "core/kernel/dtype.h"
#include "core/kernel/encode.h"
#include "core/kernel/fast.h"
#include "core/kernel/kernel.h"
#include "core/kernel/multiply.h"
#include "core/kernel/number.h"
#include "core/kernel/product.h"
#include "core/kernel/stage.h"
#include <math.h>

enum
{
  AT_ONCE = 512, /* factors that are expanded at once … */
  STRIDE = 16,   /* … in vectors of this size */
  FEW = 128      /* fewer elements of one factor are not worth a separate loop */
};

/* The scratch of a stage. */
typedef struct places
{
  unsigned char *values; /* carriers of the values to round */
  unsigned char *work;
  unsigned char *parts; /* real parts, before zeros are inserted */
  const fci_stage_operands *added;
} places;

/* Returns the bits of a bf16 NaN: torch's loops from f32 or f64 give all ones, its others the canonical NaN.
 * */
static uint16_t
bf16_nan_of (const fci_stage *stage)
{
  const bool wide = stage->from == FMTCONV_F32 || stage->from == FMTCONV_F64 || stage->n_scales;
  return wide ? 0xffff : 0x7fc0;
}

/* A range of elements with one factor. */
typedef struct stretch
{
  const float *factor;
  size_t count;
} stretch;

/* Returns the stretch of element `first` of a row, at most n elements. */
static stretch
first_stretch (const fci_operand *operand, size_t first, size_t n)
{
  if (operand->block == 0)
    return (stretch){ operand->values, n };
  const uint64_t at = operand->phase + first, left = operand->block - at % operand->block;
  return (stretch){ operand->values + at / operand->block, left < n ? (size_t) left : n };
}

/* Returns the following stretch, at most n elements. */
static stretch
next_stretch (const fci_operand *operand, stretch s, size_t n)
{
  return (stretch){ s.factor + 1, operand->block < n ? (size_t) operand->block : n };
}

/* Expands the factors of n elements from `first`; may write up to STRIDE more. */
static void
expand (const fci_operand *operand, size_t first, float *factors, size_t n)
{
  size_t done = 0;
  for (stretch s = first_stretch (operand, first, n); done < n;
       done += s.count, s = next_stretch (operand, s, n - done))
    {
      const float factor = *s.factor;
      for (size_t i = 0; i < s.count; i += STRIDE) /* the next stretch overwrites the excess */
        for (size_t k = 0; k < STRIDE; k++)
          factors[done + i + k] = factor;
    }
}

/* Multiplies or divides n values by an operand from element `first` on. */
static void
scale_by (const fci_operand *operand, size_t first, bool divide, float *f32, size_t n)
{
  void (*const scale) (float *, const float *, size_t) = divide ? fci_row_divide : fci_row_multiply;
  float factors[AT_ONCE + STRIDE];
  if (operand->block == 1)
    {
      scale (f32, operand->values + operand->phase + first, n);
      return;
    }
  for (size_t done = 0, count; done < n; done += count)
    {
      count = n - done < AT_ONCE ? n - done : AT_ONCE;
      expand (operand, first + done, factors, count);
      scale (f32 + done, factors, count);
    }
}

/* Adds `factor` times an operand from element `first` on to n values. */
static void
add_operand (const fci_operand *operand, size_t first, float factor, float *f32, size_t n)
{
  float values[AT_ONCE + STRIDE];
  if (operand->block == 1)
    {
      fci_row_add (f32, operand->values + operand->phase + first, factor, n);
      return;
    }
  for (size_t done = 0, count; done < n; done += count)
    {
      count = n - done < AT_ONCE ? n - done : AT_ONCE;
      expand (operand, first + done, values, count);
      fci_row_add (f32 + done, values, factor, count);
    }
}

/* Performs the arithmetic of a stage, in place on f32. */
static void
calculate (const fci_stage *stage, float *f32, size_t n, const fci_stage_operands *place)
{
  const fci_operand *operand = place->operands;
  for (unsigned k = 0; k < stage->n_scales; k++)
    if (stage->scales[k].kind == FCI_STEP_ADD)
      add_operand (operand++, place->first, stage->scales[k].factor, f32, n);
    else if (stage->scales[k].kind == FCI_STEP_ADD_SCALAR)
      for (size_t i = 0; i < n; i++)
        f32[i] = fci_f32_result (f32[i] + stage->scales[k].factor, f32[i], stage->scales[k].factor);
    else if (stage->scales[k].kind != FCI_STEP_SCALE)
      scale_by (operand++, place->first, stage->scales[k].kind == FCI_STEP_DIVIDE, f32, n);
    else
      for (size_t i = 0; i < n; i++)
        f32[i] = fci_f32_mul (f32[i], stage->scales[k].factor);
}

/* Performs the arithmetic of a stage on carriers.  Returns the carrier of the results in `values`. */
static fci_carrier
scale (const fci_stage *stage, fci_carrier carrier, size_t n, const places *at)
{
  float *f32 = (float *) (void *) at->values;
  const float *as_f32 = fci_as_f32 (carrier, at->values, n, at->work);
  if (as_f32 != f32)
    memcpy (f32, as_f32, n * sizeof *f32);
  calculate (stage, f32, n, at->added);
  return FCI_IN_F32;
}

/* Converts real parts to complex numbers with imaginary parts 0. */
static void
spread (const unsigned char *parts, unsigned char *out, size_t n, size_t part_size)
{
  memset (out, 0, n * 2 * part_size);
  for (size_t i = 0; i < n; i++)
    memcpy (out + i * 2 * part_size, parts + i * part_size, part_size);
}

/* Returns whether NaNs of `from` become 0 in `to`.  In torch the NaN of a type without infinity is a
 * constant, and its conversion to an integer, which C leaves undefined, is 0. */
static bool
nan_is_zero (const fci_stage *stage)
{
  const uint32_t from = stage->from;
  const fci_carrier to = fci_plain_type_of (stage->to).carrier;
  const bool one_nan = from == FMTCONV_F8_E4M3FNUZ || from == FMTCONV_F8_E5M2FNUZ || from == FMTCONV_F8_E8M0;
  return one_nan && !stage->n_scales && (to == FCI_IN_I64 || to == FCI_IN_U64) && stage->to != FMTCONV_BOOL;
}

static void
clear_nans (const float *values, unsigned char *row, size_t n, size_t size)
{
  for (size_t i = 0; i < n; i++)
    if (values[i] != values[i])
      memset (row + i * size, 0, size);
}

/* Rounds n elements; if both types are complex: n parts. */
static void
round_parts (const fci_stage *stage, const void *in, unsigned char *row, size_t n, const places *at,
             fci_tally *tally)
{
  const uint32_t from = fci_plain_type_of (stage->from).part;
  const fci_plain_type to = fci_plain_type_of (stage->to);
  fci_carrier carrier = fci_plain_type_of (from).carrier;
  fci_decode (from, in, at->values, n);
  if (stage->n_scales)
    carrier = scale (stage, carrier, n, at);
  if (stage->from == stage->to && !stage->n_scales)
    memcpy (row, in, n * to.part_size);
  else
    fci_encode (carrier, at->values, to.part, bf16_nan_of (stage), row, n, at->work);
  if (nan_is_zero (stage))
    clear_nans ((const float *) (const void *) at->values, row, n, to.part_size);
  if (tally)
    {
      fci_decode (to.part, row, at->work, n);
      fci_count (carrier, at->values, to.part, at->work, n, tally);
    }
}

/* Runs fast loops to f32 and from f32.  Returns false, without any effect, unless both exist. */
static bool
add_fast (const fci_stage *stage, const void *in, void *out, size_t n, const places *at, fci_tally *tally)
{
  const fci_step one = { .kind = FCI_STEP_SCALE, .factor = 1 };
  const bool same = stage->to == FMTCONV_F32;
  const fci_stage there = { .from = stage->from, .to = FMTCONV_F32 };
  const fci_stage back = { .from = FMTCONV_F32, .to = stage->to, .n_scales = same, .scales = &one };
  fci_fast_fn *decode = stage->from == FMTCONV_F32 ? NULL : fci_fast (&there);
  fci_fast_fn *encode = fci_fast (&back);
  if (!stage->n_scales || !encode || (!decode && stage->from != FMTCONV_F32))
    return false;
  if (decode)
    decode (in, at->values, n, 1, NULL);
  else
    memcpy (at->values, in, n * sizeof (float));
  calculate (stage, (float *) (void *) at->values, n, at->added);
  encode (at->values, out, n, 1, tally);
  return true;
}

/* Returns whether the zeros that pad rows of fast loops stay zero, so that they do not count. */
static bool
keeps_zero (float factor, bool divide)
{
  return isfinite (factor) && !(divide && factor == 0);
}

/* Runs a stage that only multiplies or divides, with one fast loop per stretch of one factor.  Returns false
 * if it does not apply. */
static bool
scale_fast (const fci_stage *stage, const unsigned char *in, unsigned char *out, size_t n,
            const fci_stage_operands *place, fci_tally *tally)
{
  const fci_operand *operand = place->operands;
  const size_t in_size = fci_plain_type_of (stage->from).part_size,
               out_size = fci_plain_type_of (stage->to).part_size;
  const bool divide = stage->scales[0].kind == FCI_STEP_DIVIDE;
  if (stage->n_scales != 1 || (!divide && stage->scales[0].kind != FCI_STEP_MULTIPLY)
      || (operand->block > 0 && operand->block < FEW))
    return false;
  fci_fast_fn *loop = fci_fast (stage);
  const stretch start = first_stretch (operand, place->first, n);
  size_t done = 0;
  for (stretch s = start; loop && done < n; done += s.count, s = next_stretch (operand, s, n - done))
    if (!keeps_zero (*s.factor, divide))
      return false;
  done = 0;
  for (stretch s = start; loop && done < n; done += s.count, s = next_stretch (operand, s, n - done))
    loop (in + done * in_size, out + done * out_size, s.count, *s.factor, tally);
  return loop != NULL;
}

void
fci_stage_run (const fci_stage *stage, const void *in, void *out, size_t n, const fci_stage_operands *place,
               unsigned char *scratch, fci_tally *tally)
{
  const places at = { .added = place,
                      .values = scratch,
                      .work = scratch + FCI_PART_BLOCK * 8,
                      .parts = scratch + FCI_PART_BLOCK * 16 };
  const bool from_complex = fci_plain_type_of (stage->from).complex;
  const fci_plain_type to = fci_plain_type_of (stage->to);
  if (stage->fast)
    stage->fast (in, out, n, stage->n_scales ? stage->scales[0].factor : 1, tally);
  else if (stage->n_operands && scale_fast (stage, in, out, n, place, tally))
    return;
  else if (add_fast (stage, in, out, n, &at, tally))
    return;
  else if (to.complex && !from_complex)
    {
      round_parts (stage, in, at.parts, n, &at, tally);
      spread (at.parts, out, n, to.part_size);
    }
  else
    round_parts (stage, in, out, to.complex ? 2 * n : n, &at, tally);
}

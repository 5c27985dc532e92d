/* fmtconv/view.h: views, the lazy and immutable values of tensors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A view says where elements are and what becomes of them; no call here touches data.  Shapes are in
 * elements, outermost axis first, data row-major.  A constructor that is given a NULL view returns
 * NULL; one that is given an impossible shape records E_USAGE and returns NULL.
 *
 * Arithmetic is f32 and rounds once, to nearest even: at the next cast, or at the write to the
 * view's data type.
 */
#ifndef FMTCONV_VIEW_H
#define FMTCONV_VIEW_H

#include <fmtconv/input.h>

FMTCONV_BEGIN_DECLS

/* Elements that lie in `source` from byte `at`.  byte_strides: bytes from one index to the next, per
 * axis; may be 0 or unaligned, not negative; NULL: dense and row-major.  Of a block type: from one block to the
 * next along the last axis, where they lie back to back, and whole blocks along the others.  E_FORMAT where any element
 * lies outside the source; sizes are computed without overflow. */
fmtconv_view *fmtconv_view_leaf (fmtconv_source *source, uint64_t at, uint32_t dtype, unsigned rank,
                                 const uint64_t *shape, const int64_t *byte_strides);

/* Elements given here, dense and row-major; copied. */
fmtconv_view *fmtconv_view_constant (fmtconv_ctx *ctx, uint32_t dtype, unsigned rank, const uint64_t *shape,
                                     const void *data);

/* `count` indices of `axis` from `start`. */
fmtconv_view *fmtconv_view_slice (fmtconv_view *view, unsigned axis, uint64_t start, uint64_t count);

/* The k-th of n equal parts along `axis`. */
fmtconv_view *fmtconv_view_chunk (fmtconv_view *view, unsigned axis, uint64_t k, uint64_t n);

/* n views of one data type, equal in all axes but `axis`, one behind the other. */
fmtconv_view *fmtconv_view_concat (unsigned axis, size_t n, fmtconv_view *const *views);

/* Axis i of the result is axis axes[i] of `view`. */
fmtconv_view *fmtconv_view_permute (fmtconv_view *view, const unsigned *axes);

/* The same elements in row-major order under another shape. */
fmtconv_view *fmtconv_view_reshape (fmtconv_view *view, unsigned rank, const uint64_t *shape);

/* To another data type, rounded as torch's Tensor.to does.  Values that overflow to infinity, or are
 * inexact below the normal range, are counted and warned of.  From a block type: decoded, in f32; to one:
 * fmtconv_view_quantize without importance. */
fmtconv_view *fmtconv_view_cast (fmtconv_view *view, uint32_t dtype);

/* ---- Block types (types.h).  A view of one keeps its blocks along the last axis: there it is sliced and joined
 * at their borders only, and no permutation or reshape takes them apart (E_UNSUPPORTED).  Decoded by a cast, it is
 * a view like any other. */

/* To blocks of `dtype` as ggml's reference encoders make them, from the floating-point view's values in f32:
 * arithmetic before it rounds once, here.  A row (the last axis) must be whole blocks, else E_USAGE.
 * importance: NULL, or F32 of rank 1: one weight a column, not below 0, and where there is one number more, what
 * they are divided by (0: all weights are 1); rows stay whole then.  Values that are not numbers, or
 * infinite, are an error of the execution that names tensor and row.  What was quantized can only be written.
 * From another block type: decoded and encoded again. */
fmtconv_view *fmtconv_view_quantize (fmtconv_view *view, uint32_t dtype, fmtconv_view *importance);

/* The encoding of a view of a block type as U8: the same axes, the last counts bytes. */
fmtconv_view *fmtconv_view_bytes (fmtconv_view *view);

/* The other way round: bytes, U8 or I8 as they are stored, as the encoding of `dtype`; the last axis counts its elements.
 * Bytes that were cut apart along that axis, or do not fill whole elements or blocks: E_UNSUPPORTED, E_USAGE. */
fmtconv_view *fmtconv_view_reinterpret (fmtconv_view *view, uint32_t dtype);

/* The same numbers, stored in the other byte order: of a view whose elements are as they are stored.  Of complex
 * ones both parts are swapped. */
fmtconv_view *fmtconv_view_byteswap (fmtconv_view *view);

/* Times `factor`, in f32.  Floating-point views only. */
fmtconv_view *fmtconv_view_scale (fmtconv_view *view, double factor);

/* Times, or divided by, what `factors` has for each element, in f32; `factors`, of any floating type, is rounded to
 * f32 first, uncounted.  It has one element, or the view's rank and along axis i one element for every
 * block[i] indices of the view, the last block being smaller where it does not divide them: 1 is one for each index;
 * one for all of them is always right, whatever block[i] is.  0, or block NULL: as many as make
 * blocks of one size; E_USAGE where none do.  E_UNSUPPORTED where `factors` is a sum with a product, stored in blocks,
 * or was multiplied itself by more than one number for all of it.  Tensors that it is made of count as used.
 *
 * Where one was divided by the factors of a block, times the same factors is the way back. */
fmtconv_view *fmtconv_view_multiply (fmtconv_view *view, fmtconv_view *factors, const uint64_t *block);
fmtconv_view *fmtconv_view_divide (fmtconv_view *view, fmtconv_view *factors, const uint64_t *block);

/* view + factor · b·a, for `view` of [m, n], b of [m, r] and a of [r, n], of any floating-point types: in f32,
 * the product summed over r in ascending order, each of its terms rounded before it is added to the sum.  b
 * and a are rounded to f32 first, uncounted.  E_UNSUPPORTED where one of them is a sum with a product itself, or put
 * together along r.  Tensors that b and a are made of count as used. */
fmtconv_view *fmtconv_view_lowrank (fmtconv_view *view, fmtconv_view *b, fmtconv_view *a, double factor);

/* Of every block of the view its largest absolute value, in f32: F32, along each axis one number a block of block[axis]
 * elements; the last block may be smaller.  Divided by `divisor` in f32 where that is above 0: the scale that
 * brings the block's values within ±divisor.  It is 1 where they are all 0, and never below the smallest normal
 * number of f32, 2^-126, where it would have few bits and many a processor takes it for 0.
 *
 * Before anything is written the executor evaluates the view once more than what is made of it asks for, and keeps
 * these numbers in memory.  Values that are not numbers, or infinite, are an error of the execution that names
 * tensor and row.  Of floating-point or decodable views; E_UNSUPPORTED of one that depends on such numbers itself.
 * The same blocks of an equal view give the same numbers, and are equal as views. */
fmtconv_view *fmtconv_view_absmax (fmtconv_view *view, const uint64_t *block, double divisor);

/* The first of n views that must be equal, bit by bit: one data type, one shape.  What is made of the
 * value keeps the requirement.  Before anything is written, the executor compares the views of every tensor of
 * the output whole; a difference is E_FORMAT with the tensor, both files and the first element that differs.
 * All n count as used in the account of tensors. */
fmtconv_view *fmtconv_view_require_equal (size_t n, fmtconv_view *const *views);

/* Findings: what can be counted where values are rounded. */
enum
{
  FMTCONV_FINDING_INEXACT = 1,   /* changed by rounding */
  FMTCONV_FINDING_OVERFLOW = 2,  /* finite became infinite (or saturated, or NaN in types without infinity) */
  FMTCONV_FINDING_UNDERFLOW = 4, /* inexact, and below the target's normal range */
  FMTCONV_FINDING_NAN = 8,       /* NaN after rounding */
  FMTCONV_FINDING_INF = 16       /* infinite after rounding */
};

enum
{
  FMTCONV_SEVERITY_COUNT, /* only counted */
  FMTCONV_SEVERITY_WARN,  /* a warning, an error under --strict */
  FMTCONV_SEVERITY_ERROR  /* an error; nothing is published */
};

/* Count `findings` at the next rounding of `view`, how bad they are, and what the user can do. */
fmtconv_view *fmtconv_view_watch (fmtconv_view *view, unsigned findings, int severity, const char *hint);

/* ---- Looking at a view */
uint32_t fmtconv_view_dtype (fmtconv_view *view);
unsigned fmtconv_view_rank (fmtconv_view *view);
const uint64_t *fmtconv_view_shape (fmtconv_view *view);

FMTCONV_END_DECLS

#endif

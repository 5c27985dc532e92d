/* fmtconv/view.h: views, the lazy and immutable values of tensors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A view says where elements lie and which operations apply to them.  No call here touches tensor data.  Shapes are in
 * elements, outermost axis first; data is row-major.  A constructor returns NULL if it receives a NULL view, so that
 * expressions can be nested, and records E_USAGE for an impossible shape.  One NULL among several views is E_INTERNAL.
 *
 * Arithmetic is in f32 and rounds once, to nearest even: at the next cast, or when the view is written in its data
 * type.
 */
#ifndef FMTCONV_VIEW_H
#define FMTCONV_VIEW_H

#include <fmtconv/input.h>

FMTCONV_BEGIN_DECLS

/* Returns a view of elements that lie in `source` from byte `at`.
 *   byte_strides  bytes from one index to the next, per axis; may be 0 or unaligned, not negative.  NULL: dense,
 *                 row-major.  For a block type: from one block to the next along the last axis, where blocks must be
 *                 contiguous, and whole blocks along the other axes.
 * Sizes are computed without overflow.
 * Errors: E_FORMAT (an element lies outside the source), E_LIMIT, E_USAGE.  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_leaf (fmtconv_source *source, uint64_t at, uint32_t dtype, unsigned rank,
                                 const uint64_t *shape, const int64_t *byte_strides);

/* Returns a view of the elements at `data`, dense and row-major, numbers in the byte order of the machine.  The data is
 * copied.
 * Errors: E_USAGE.  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_constant (fmtconv_ctx *ctx, uint32_t dtype, unsigned rank, const uint64_t *shape,
                                     const void *data);

/* Returns `count` indices of `axis` from `start`.
 * Errors: E_USAGE, E_UNSUPPORTED (inside a block).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_slice (fmtconv_view *view, unsigned axis, uint64_t start, uint64_t count);

/* Returns the k-th of `n` equal parts along `axis`.
 * Errors: E_USAGE, E_UNSUPPORTED (inside a block).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_chunk (fmtconv_view *view, unsigned axis, uint64_t k, uint64_t n);

/* Returns the `n` views joined along `axis`.  They have one data type, and one shape except along `axis`.
 * Errors: E_USAGE, E_UNSUPPORTED (inside a block).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_concat (unsigned axis, size_t n, fmtconv_view *const *views);

/* Returns `view` with its axes in another order: axis i of the result is axis axes[i] of `view`.
 * Errors: E_USAGE, E_UNSUPPORTED (the last axis of a block type).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_permute (fmtconv_view *view, const unsigned *axes);

/* Returns the same elements in row-major order under another shape.  Stored blocks that are one range of bytes may
 * run over the ends of the new rows; such a view can be cast, reshaped and written, but not cut, joined or permuted.
 * Errors: E_USAGE, E_UNSUPPORTED (would cut blocks).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_reshape (fmtconv_view *view, unsigned rank, const uint64_t *shape);

/* Returns `view` in another data type, rounded once, from the value itself, as torch's Tensor.to rounds: a 64-bit integer
 * does not become an f32 on its way to f64.  Values that overflow to infinity are
 * counted and warned of.  A block type is decoded, in f32; to a block type, this is fmtconv_view_quantize without
 * importance.
 * Errors: E_USAGE, E_UNSUPPORTED (no decoder).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_cast (fmtconv_view *view, uint32_t dtype);

/* Returns `view` times `factor`, in f32.  Floating-point views only.
 * Errors: E_USAGE.  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_scale (fmtconv_view *view, double factor);

/* ---- Operations with a second view */

/* Return `view` times, or divided by, an element of `factors` for each element, in f32.
 *   factors  of any floating-point type; rounded to f32 first, without a finding.  One element, or the rank of `view`:
 *            along axis i one element for every block[i] indices of the view.  The last block may be smaller.
 *   block    indices per factor, along each axis.  0, or `block` NULL: the block size that divides the axis evenly.
 * Division followed by multiplication with the same blocks and factors is the way back.  Tensors that `factors`
 * depends on count as used.
 * Errors: E_USAGE (no block size fits), E_UNSUPPORTED (`factors` is a low-rank sum, stored in blocks, or was
 * multiplied by more than one number for all of it).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_multiply (fmtconv_view *view, fmtconv_view *factors, const uint64_t *block);
fmtconv_view *fmtconv_view_divide (fmtconv_view *view, fmtconv_view *factors, const uint64_t *block);

/* Returns view + factor · b·a in f32, for `view` [m, n], `b` [m, r] and `a` [r, n] of any floating-point types.  `b`
 * and `a` are rounded to f32 first, without a finding.  The product is summed over r in ascending order, and every term
 * is rounded before it is added.  Tensors that `b` and `a` depend on count as used.
 * Errors: E_USAGE, E_UNSUPPORTED (`b` or `a` is itself such a sum, or was concatenated along r).  Thread: context.
 * Since: 0.1. */
fmtconv_view *fmtconv_view_lowrank (fmtconv_view *view, fmtconv_view *b, fmtconv_view *a, double factor);

/* ---- Block types.  A view of a block type keeps its blocks along the last axis: it is sliced and joined there at
 * block borders only, and permute never cuts a block.  If the blocks do not divide the last axis, they run on from row
 * to row (fmtconv_view_reshape).  After a cast it is a view like any other. */

/* Returns `view` encoded in blocks of `dtype`, byte for byte as ggml's reference encoders (ggml_quantize_chunk).
 *   importance  NULL, or F32 of rank 1 with one non-negative weight per column, and optionally one more element, the
 *               divisor of all weights (0: every weight is 1).  Rows then stay whole.
 * The last axis must be a multiple of the block size.  The input is the view's value in f32; arithmetic before this call
 * rounds once, here.  A view of another block type is decoded and encoded again.  The result can only be written.
 * Values that are NaN or infinite are an error of the execution, which names tensor and row.
 * Errors: E_USAGE, E_UNSUPPORTED (no encoder).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_quantize (fmtconv_view *view, uint32_t dtype, fmtconv_view *importance);

/* ---- Findings */

/* What can be counted at a rounding.  Bits of a mask. */
enum fmtconv_finding
{
  FMTCONV_FINDING_INEXACT = 1,   /* changed by rounding */
  FMTCONV_FINDING_OVERFLOW = 2,  /* finite became infinite, saturated, or NaN in types without infinity */
  FMTCONV_FINDING_UNDERFLOW = 4, /* inexact, and below the target's normal range */
  FMTCONV_FINDING_NAN = 8,       /* NaN after rounding */
  FMTCONV_FINDING_INF = 16       /* infinite after rounding */
};

/* What a finding causes.  An UNDERFLOW with WARN is only a note, unless the tensor may lose more of its norm there than
 * twice the relative rounding error of the type (2^-10 in F16): unless more than four values are below the normal range
 * for each value within it. */
enum fmtconv_severity
{
  FMTCONV_SEVERITY_COUNT, /* an entry in the report */
  FMTCONV_SEVERITY_WARN,  /* a warning; an error under --strict */
  FMTCONV_SEVERITY_ERROR  /* an error; nothing is published */
};

/* Returns `view` with `findings` (enum fmtconv_finding) counted at its next rounding, with a severity and a hint.
 * Errors: E_USAGE.  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_watch (fmtconv_view *view, unsigned findings, int severity, const char *hint);

/* ---- Properties */

/* Return the data type, the number of dimensions, and the shape, which lives as long as the view.  0 or NULL for NULL.
 * Errors: none.  Thread: any.  Since: 0.1. */
uint32_t fmtconv_view_dtype (fmtconv_view *view);
unsigned fmtconv_view_rank (fmtconv_view *view);
const uint64_t *fmtconv_view_shape (fmtconv_view *view);

FMTCONV_END_DECLS

#endif

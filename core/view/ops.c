/* core/view/ops.c: operations on elements: casts, scales, and counts of rounding.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/view/blocks.h"
#include "core/view/build.h"
#include "core/view/ops.h"
#include "core/view/order.h"
#include "core/view/pieces.h"
#include "core/view/view.h"
#include <math.h>
#include <string.h>

/* Returns whether `op` after `before` changes nothing. */
static bool
is_idle (const fci_op *op, const fci_op *before, uint32_t dtype)
{
  switch (op->kind)
    {
    case FCI_OP_BYTESWAP:
      return false;
    case FCI_OP_CAST: /* a pending f32 result must be rounded here */
      return op->dtype == dtype
             && (!before || before->kind == FCI_OP_CAST || before->kind == FCI_OP_BYTESWAP);
    case FCI_OP_SCALE:
      return op->factor == 1.0;
    case FCI_OP_ADD_SCALAR: /* -0 + 0 is 0 */
      return op->factor == 0.0 && signbit (op->factor);
    case FCI_OP_WATCH:
      return op->findings == 0 || (before && fci_op_equal (op, before));
    case FCI_OP_QUANTIZE:
      return op->dtype == dtype;
    case FCI_OP_LOWRANK:
    case FCI_OP_MULTIPLY:
    case FCI_OP_DIVIDE:
    case FCI_OP_ADD:
      return false;
    }
  return false;
}

/* Appends op to the pieces' operations; boxes with the same chain keep sharing one. Returns false if out
 * of memory. */
static bool
append (fci_view_pieces *list, const fci_op *op, uint32_t dtype)
{
  const fci_op *last_before = NULL;
  const fci_op *last = NULL;
  for (size_t i = 0; i < list->n; i++)
    {
      fci_view_piece *piece = fci_view_piece_at (list, i);
      if (is_idle (op, piece->ops, dtype))
        continue;
      if (!last || last_before != piece->ops)
        {
          fci_op *next = fci_new (list->ctx, fci_op);
          if (!next)
            return false;
          *next = *op;
          next->before = last_before = piece->ops;
          next->tracks = fci_tracks (piece->ops);
          last = next;
        }
      piece->ops = last;
    }
  return true;
}

/* Returns the view after one more operation; dtype: the new type. NULL: an error. */
static fmtconv_view *
operate (fmtconv_view *view, const fci_op *op, uint32_t dtype)
{
  bool idle = dtype == view->dtype;
  for (size_t i = 0; idle && i < view->n_boxes; i++)
    idle = is_idle (op, view->boxes[i].ops, view->dtype);
  if (idle)
    return view;
  fci_view_head head = fci_view_head_of (view);
  head.dtype = dtype;
  if (view->base && op->kind != FCI_OP_QUANTIZE) /* rows of the base may differ */
    head.base = operate (view->base, op, dtype);
  fci_view_pieces list = fci_view_pieces_new (view->ctx, view->rank, fci_view_tracks (view));
  if (!fci_view_pieces_add_view (&list, view) || !append (&list, op, view->dtype))
    {
      fci_view_pieces_free (&list);
      return NULL;
    }
  return fci_view_freeze (&head, &list, false);
}

/* Checks that the view's elements can be read for another rounding. Returns false if not (recorded). */
static bool
check_decodable (fmtconv_view *view)
{
  if (view->encoded)
    {
      fci_view_refuse_bytes (view, "converted");
      return false;
    }
  if (!fci_view_is_encoded (view))
    return true;
  fmtconv_fail_at (view->ctx, FMTCONV_E_UNSUPPORTED,
                   &(fmtconv_where){ .hint = "quantize last, or in a separate conversion" },
                   "a tensor quantized to %s cannot be converted again before it is written",
                   fmtconv_dtype_get (view->dtype)->name);
  return false;
}

fmtconv_view *
fmtconv_view_cast (fmtconv_view *view, uint32_t dtype)
{
  uint64_t elements;
  uint64_t bytes;
  if (fci_is_blocks (dtype))
    return fmtconv_view_quantize (view, dtype, NULL);
  if (!view || fmtconv_ctx_failed (view->ctx)
      || !fci_shape_size (view->ctx, dtype, view->rank, view->shape, &elements, &bytes))
    return NULL;
  if (dtype == view->dtype && (view->encoded || fci_is_blocks (dtype)))
    return view;
  if (!check_decodable (view))
    return NULL;
  return operate (view, &(fci_op){ .kind = FCI_OP_CAST, .dtype = dtype }, dtype);
}

bool
fci_is_floating (uint32_t dtype)
{
  return fmtconv_dtype_is_float (dtype) || dtype == FMTCONV_F8_E8M0;
}

/* Checks that there is one number per column, or one more. */
static bool
check_importance (fmtconv_view *view, fmtconv_view *importance)
{
  if (!importance
      || (importance->dtype == FMTCONV_F32 && importance->rank == 1
          && importance->shape[0] - view->shape[view->rank - 1] <= 1))
    return true;
  fmtconv_fail (view->ctx, FMTCONV_E_USAGE,
                "the importance of rows of %llu elements needs that many f32 values, or one more",
                (unsigned long long) view->shape[view->rank - 1]);
  return false;
}

fmtconv_view *
fmtconv_view_quantize (fmtconv_view *view, uint32_t dtype, fmtconv_view *importance)
{
  uint64_t elements;
  uint64_t bytes;
  if (!view || fmtconv_ctx_failed (view->ctx))
    return NULL;
  if (dtype == view->dtype && fci_is_blocks (dtype))
    return view;
  if (!fci_shape_size (view->ctx, dtype, view->rank, view->shape, &elements, &bytes))
    return NULL;
  if (!fci_is_blocks (dtype) || (!fci_is_floating (view->dtype) && !fci_is_blocks (view->dtype)))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "elements of %s cannot be quantized to %s",
                    fmtconv_dtype_get (view->dtype)->name, fmtconv_dtype_get (dtype)->name);
      return NULL;
    }
  if (!check_decodable (view) || !check_importance (view, importance))
    return NULL;
  return operate (view, &(fci_op){ .kind = FCI_OP_QUANTIZE, .dtype = dtype, .importance = importance },
                  dtype);
}

/* Returns the view after arithmetic with a number; done, number: for messages. */
static fmtconv_view *
calculate (fmtconv_view *view, fci_op_kind kind, double factor, const char *done, const char *number)
{
  if (!view || fmtconv_ctx_failed (view->ctx))
    return NULL;
  if (!fci_is_floating (view->dtype))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "elements of %s cannot be %s",
                    fmtconv_dtype_get (view->dtype)->name, done);
      return NULL;
    }
  if (!isfinite ((float) factor))
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "the %s %g does not fit in a 32-bit float", number, factor);
      return NULL;
    }
  return operate (view, &(fci_op){ .kind = kind, .factor = (float) factor }, view->dtype);
}

fmtconv_view *
fmtconv_view_scale (fmtconv_view *view, double factor)
{
  return calculate (view, FCI_OP_SCALE, factor, "scaled", "factor");
}

fmtconv_view *
fmtconv_view_add_scalar (fmtconv_view *view, double number)
{
  return calculate (view, FCI_OP_ADD_SCALAR, number, "added to", "number");
}

fmtconv_view *
fmtconv_view_watch (fmtconv_view *view, unsigned findings, int severity, const char *hint)
{
  const unsigned all = FMTCONV_FINDING_INEXACT | FMTCONV_FINDING_OVERFLOW | FMTCONV_FINDING_UNDERFLOW
                       | FMTCONV_FINDING_NAN | FMTCONV_FINDING_INF;
  if (!view || fmtconv_ctx_failed (view->ctx))
    return NULL;
  if ((findings & ~all) != 0 || severity < FMTCONV_SEVERITY_COUNT || severity > FMTCONV_SEVERITY_ERROR)
    {
      fmtconv_fail (view->ctx, FMTCONV_E_USAGE, "findings 0x%x with severity %d are not valid", findings,
                    severity);
      return NULL;
    }
  if (view->encoded)
    return view;
  const char *copy = hint ? fci_strdup (view->ctx, hint) : NULL;
  return operate (view,
                  &(fci_op){ .kind = FCI_OP_WATCH, .findings = findings, .severity = severity, .hint = copy },
                  view->dtype);
}

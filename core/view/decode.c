/* core/view/decode.c: views of what a codec computes from several stored tensors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The elements lie in a source without bytes, which workers compute as they read it; so a decoded tensor is a
 * leaf, and everything that is done to leaves can be done to it. */
#include "config.h"

#include "core/base/argument.h"
#include "core/base/ctx.h"
#include "core/base/size.h"
#include "core/source/decoded.h"
#include "core/source/source.h"
#include "core/view/build.h"
#include "core/view/given.h"
#include "core/view/require-equal.h"
#include "core/view/view.h"
#include <string.h>

static bool
refuse (fmtconv_ctx *ctx, int code, const char *name, unsigned i, const char *why)
{
  fmtconv_fail_at (ctx, code, &(fmtconv_where){ .tensor = name }, "it cannot be decoded: operand %u %s", i,
                   why);
  return false;
}

/* Sets rows, columns and pitch of an operand. Returns false if its elements are not rows of one stored tensor. */
static bool
take_place (fmtconv_view *view, fci_decoded_operand *to)
{
  if (view->n_boxes != 1 || view->boxes[0].ops || view->encoded || fci_is_blocks (view->dtype))
    return false;
  const fci_box *box = &view->boxes[0];
  const uint32_t item = fmtconv_dtype_get (view->dtype)->block_bytes;
  const int64_t *stride = FCI_STRIDE (box, view->rank);
  const unsigned rank = view->rank;
  *to = (fci_decoded_operand){ .source = box->source,
                               .at = box->offset,
                               .dtype = view->dtype,
                               .stored = item,
                               .given = fmtconv_dtype_is_float (view->dtype) ? sizeof (float) : item,
                               .rows = 1,
                               .columns = 1 };
  if (rank)
    to->columns = view->shape[rank - 1];
  to->pitch = to->columns * item;
  if (to->columns > 1 && (uint64_t) stride[rank - 1] != item)
    return false;
  for (unsigned i = rank; i-- > 1;)
    {
      const uint64_t step = (uint64_t) stride[i - 1];
      if (view->shape[i - 1] > 1 && to->rows > 1 && step != to->rows * to->pitch)
        return false;
      if (view->shape[i - 1] > 1 && to->rows == 1)
        to->pitch = step;
      to->rows *= view->shape[i - 1];
    }
  return !fci_source_decoder (box->source) && (box->source->disk || box->source->memory);
}

static bool
is_fit (uint32_t dtype)
{
  return fmtconv_dtype_is_float (dtype) ? dtype != FMTCONV_F64 : dtype <= FMTCONV_I32;
}

/* Returns whether `n` indices of the result find their share among `given` indices of an operand. */
static bool
is_enough (uint64_t n, uint64_t given, const uint32_t *share)
{
  uint64_t bits;
  if (share[1] == 0)
    return given > 0 || n == 0;
  return fci_size_mul (n, share[0], &bits) && bits / share[1] + (bits % share[1] != 0) <= given;
}

static bool
take_operand (fmtconv_ctx *ctx, const char *name, const fmtconv_operand *from, unsigned i, fci_decoded *d)
{
  fci_decoded_operand *to = &d->operand[i];
  if (!from->rows[0] != !from->rows[1] || !from->columns[0] != !from->columns[1])
    return refuse (ctx, FMTCONV_E_USAGE, name, i, "has a share of 0");
  if (!is_fit (from->view->dtype))
    return refuse (ctx, FMTCONV_E_USAGE, name, i, "has a data type that codecs do not read");
  if (!take_place (from->view, to))
    return refuse (ctx, FMTCONV_E_UNSUPPORTED, name, i,
                   "was changed since it was read, or its rows are not contiguous");
  memcpy (to->row_share, from->rows, sizeof to->row_share);
  memcpy (to->column_share, from->columns, sizeof to->column_share);
  to->by = from->by;
  if (to->by > i || (to->by && d->operand[to->by - 1].dtype != FMTCONV_I32))
    return refuse (ctx, FMTCONV_E_USAGE, name, i,
                   "takes its rows from an operand that is not I32 and before it");
  if ((!to->by && !is_enough (d->rows, to->rows, to->row_share))
      || !is_enough (d->columns, to->columns, to->column_share))
    return refuse (ctx, FMTCONV_E_USAGE, name, i, "is too small for the result");
  return true;
}

/* Returns the most indices of an operand that n indices of the result need; share: { 0, 0 } means `whole`. */
static uint64_t
most (const uint32_t *share, uint64_t n, uint64_t whole)
{
  if (share[1] == 0)
    return whole;
  const uint64_t span =
      n * share[0] / share[1] + (share[1] % share[0] == 0 && n == 1 ? (share[0] < share[1]) : 2);
  return span < whole ? span : whole;
}

/* Places the operands of a call for `step` elements. Returns false if they do not fit. */
static bool
place_operands (fci_decoded *d, size_t step)
{
  uint64_t at = 0;
  for (unsigned i = 0; i < d->n; i++)
    {
      fci_decoded_operand *o = &d->operand[i];
      const uint64_t rows = o->by || !o->row_share[1] ? 1 : most (o->row_share, 1, o->rows);
      const uint64_t columns = most (o->column_share, step, o->columns);
      uint64_t bytes;
      if (!fci_size_mul (rows, columns, &bytes) || !fci_size_mul (bytes, o->given, &bytes)
          || bytes > FCI_DECODE_OPERANDS - at)
        return false;
      o->place = (size_t) at;
      at = (at + bytes + 7) & ~UINT64_C (7);
      at = at < FCI_DECODE_OPERANDS ? at : FCI_DECODE_OPERANDS;
    }
  d->step = step;
  return true;
}

static bool
take_step (fmtconv_ctx *ctx, const char *name, fci_decoded *d)
{
  for (size_t step = FCI_DECODE_STEP; step > 0; step /= 2)
    if (place_operands (d, step))
      return true;
  fmtconv_fail_at (ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .tensor = name },
                   "it cannot be decoded: an element needs more than %d KiB of other tensors",
                   FCI_DECODE_OPERANDS >> 10);
  return false;
}

/* Returns the description of the computation. NULL: an error was recorded. */
static fci_decoded *
describe (const fmtconv_codec *codec, const char *name, uint64_t rows, uint64_t columns,
          const fmtconv_operand *operands, size_t n)
{
  fmtconv_ctx *ctx = operands[0].view->ctx;
  fci_decoded *d = fci_new (ctx, fci_decoded);
  uint64_t elements, bytes;
  if (!d || !fci_shape_size (ctx, FMTCONV_F32, 2, (const uint64_t[]){ rows, columns }, &elements, &bytes))
    return NULL;
  d->codec = *codec;
  d->rows = rows;
  d->columns = columns;
  for (d->n = 0; d->n < n; d->n++)
    if (!take_operand (ctx, name, &operands[d->n], d->n, d))
      return NULL;
  return take_step (ctx, name, d) ? d : NULL;
}

/* Returns a leaf of the computed values, with the origins of the operands. */
static fmtconv_view *
leaf_of (const fci_decoded *d, const char *name, const fmtconv_operand *operands)
{
  const uint64_t shape[] = { d->rows, d->columns };
  fmtconv_ctx *ctx = operands[0].view->ctx;
  fmtconv_view *leaf = fmtconv_view_leaf (fci_source_decoded (ctx, d, name), 0, FMTCONV_F32, 2, shape, NULL);
  if (!leaf)
    return NULL;
  fci_view_head head = fci_view_head_of (leaf);
  for (unsigned i = 0; i < d->n; i++)
    if (!fci_view_head_use (&head, operands[i].view))
      return NULL;
  return fci_view_with_head (&head, leaf);
}

fmtconv_view *
fmtconv_view_decode (const fmtconv_codec *codec, const char *name, const void *params, size_t params_size,
                     uint64_t rows, uint64_t columns, const fmtconv_operand *operands, size_t n)
{
  fmtconv_view *views[FCI_MAX_OPERANDS];
  const size_t known = n < FCI_MAX_OPERANDS ? n : FCI_MAX_OPERANDS;
  for (size_t i = 0; i < known; i++)
    views[i] = operands[i].view;
  if (!fci_views_given ("fmtconv_view_decode", known, views))
    return NULL;
  fmtconv_ctx *ctx = operands[0].view->ctx;
  if (!fci_has_argument (ctx, "fmtconv_view_decode", "codec", codec)
      || !fci_has_argument (ctx, "fmtconv_view_decode", "name", name))
    return NULL;
  if (codec->struct_size < sizeof *codec || !codec->decode || n > FCI_MAX_OPERANDS)
    {
      fmtconv_fail (ctx, FMTCONV_E_USAGE, "a codec without a decoder, or with more than %d operands",
                    FCI_MAX_OPERANDS);
      return NULL;
    }
  fci_decoded *d = describe (codec, name, rows, columns, operands, n);
  void *copy = d ? fmtconv_ctx_alloc (ctx, 1, params_size) : NULL;
  if (!copy)
    return NULL;
  if (params_size)
    memcpy (copy, params, params_size);
  d->params = copy;
  return leaf_of (d, name, operands);
}

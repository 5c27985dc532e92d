/* core/view/leaf.c: views of bytes in a source, and of elements in memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/base/ctx.h"
#include "core/base/order.h"
#include "core/base/size.h"
#include "core/source/source.h"
#include "core/view/build.h"
#include "core/view/byteswap.h"
#include "core/view/pieces.h"
#include "core/view/place.h"
#include <string.h>

/* Bytes, beyond the size of the input, that a tensor may have because indices repeat. */
static const uint64_t repeat_allowance = UINT64_C (1) << 30;

/* A leaf's position and shape while it is checked. */
typedef struct leaf
{
  fmtconv_source *source;
  uint64_t at;
  uint32_t dtype;
  unsigned rank;
  const uint64_t *shape;
  const int64_t *stride; /* NULL: dense */
  uint64_t bytes;
  uint64_t item;
} leaf;

/* Checks that blocks are contiguous along the last axis and full blocks apart along the others, so that
 * strides can count elements. */
static bool
check_blocks (const leaf *l)
{
  const int64_t block = (int64_t) l->item;
  for (unsigned i = 0; i < l->rank; i++)
    if (l->shape[i] > 1 && (i + 1 == l->rank ? l->stride[i] != block : l->stride[i] % block != 0))
      {
        fmtconv_fail_at (l->source->ctx, FMTCONV_E_UNSUPPORTED,
                         &(fmtconv_where){ .source = l->source, .offset = l->at },
                         "the blocks of a %s tensor are not contiguous: %lld bytes apart along axis %u",
                         fmtconv_dtype_get (l->dtype)->name, (long long) l->stride[i], i);
        return false;
      }
  return true;
}

/* Returns the number of indices of axis `i` that have separate strides. */
static uint64_t
steps_of (const leaf *l, unsigned i)
{
  return i + 1 == l->rank ? l->shape[i] / fmtconv_dtype_get (l->dtype)->block : l->shape[i];
}

/* Computes the bytes from the first byte of the first element to the last byte of the last. */
static bool
span_of (const leaf *l, uint64_t *span)
{
  *span = l->item;
  for (unsigned i = 0; i < l->rank; i++)
    {
      uint64_t step;
      if (!fci_size_mul (steps_of (l, i) - 1, (uint64_t) l->stride[i], &step)
          || !fci_size_add (*span, step, span))
        return false;
    }
  return true;
}

static bool
check_strides (const leaf *l)
{
  const fmtconv_where where = { .source = l->source, .offset = l->at };
  for (unsigned i = 0; i < l->rank; i++)
    if (l->stride[i] < 0)
      {
        fmtconv_fail_at (l->source->ctx, FMTCONV_E_FORMAT, &where, "a tensor has a negative stride");
        return false;
      }
  return true;
}

/* Limits repeated bytes: elements that share bytes cost nothing in the file, and a few bytes could claim
 * any size. */
static bool
check_repeats (const leaf *l, uint64_t span)
{
  uint64_t distinct = l->item;
  for (unsigned i = 0; i < l->rank; i++)
    if (l->stride[i] != 0)
      distinct *= steps_of (l, i);
  if (distinct > span)
    distinct = span;
  const fmtconv_source *source = l->source;
  uint64_t input = source->size;
  if (source->disk && (uint64_t) source->disk->opened.st_size > input)
    input = (uint64_t) source->disk->opened.st_size;
  if (l->bytes - distinct <= repeat_allowance || l->bytes - distinct - repeat_allowance <= input)
    return true;
  const fmtconv_where where = { .source = source, .offset = l->at };
  fmtconv_fail_at (source->ctx, FMTCONV_E_LIMIT, &where,
                   "a tensor of %llu bytes repeats only %llu stored bytes", (unsigned long long) l->bytes,
                   (unsigned long long) distinct);
  return false;
}

static bool
check_place (const leaf *l)
{
  if (l->stride && (!check_strides (l) || (fci_is_blocks (l->dtype) && !check_blocks (l))))
    return false;
  uint64_t span = l->bytes;
  if ((l->stride && !span_of (l, &span)) || !fci_size_within (l->at, span, l->source->size))
    {
      fmtconv_fail_at (l->source->ctx, FMTCONV_E_FORMAT,
                       &(fmtconv_where){ .source = l->source, .offset = l->at },
                       "a tensor of %llu bytes extends past the end of the data (%llu bytes)",
                       (unsigned long long) l->bytes, (unsigned long long) l->source->size);
      return false;
    }
  return !l->stride || check_repeats (l, span);
}

static fmtconv_view *
make_leaf (const leaf *l)
{
  fci_view_pieces list = fci_view_pieces_new (l->source->ctx, l->rank, 0);
  fci_view_piece *piece = fci_view_pieces_add (&list, NULL);
  if (!piece)
    return NULL;
  piece->source = l->source;
  piece->offset = l->at;
  piece->dtype = l->dtype;
  piece->origin = FCI_NO_ORIGIN;
  const bool blocks = fci_is_blocks (l->dtype);
  uint64_t step = fci_dtype_step (l->dtype);
  for (unsigned i = l->rank; i-- > 0;)
    {
      bool given = l->stride && l->shape[i] != 1 && !(blocks && i + 1 == l->rank);
      int64_t stride = given ? l->stride[i] : (int64_t) step;
      if (given && blocks) /* in elements */
        stride = stride / (int64_t) l->item * (int64_t) fmtconv_dtype_get (l->dtype)->block;
      FCI_PIECE_EXTENT (&list, piece)[i] = l->shape[i];
      FCI_PIECE_STRIDE (&list, piece)[i] = stride;
      step = (uint64_t) stride * l->shape[i];
    }
  const fci_view_head head = { .ctx = l->source->ctx, .dtype = l->dtype, .rank = l->rank, .shape = l->shape };
  return fci_view_freeze (&head, &list, false);
}

fmtconv_view *
fmtconv_view_leaf (fmtconv_source *source, uint64_t at, uint32_t dtype, unsigned rank, const uint64_t *shape,
                   const int64_t *byte_strides)
{
  uint64_t elements;
  source = fci_source_keep (source);
  leaf l = {
    .source = source, .at = at, .dtype = dtype, .rank = rank, .shape = shape, .stride = byte_strides
  };
  if (!source || fmtconv_ctx_failed (source->ctx)
      || !fci_shape_size (source->ctx, dtype, rank, shape, &elements, &l.bytes))
    return NULL;
  if (elements == 0)
    {
      const fci_view_head head = { .ctx = source->ctx, .dtype = dtype, .rank = rank, .shape = shape };
      return fci_view_freeze (&head, NULL, false);
    }
  l.item = fmtconv_dtype_get (dtype)->block_bytes;
  return check_place (&l) ? make_leaf (&l) : NULL;
}

fmtconv_view *
fmtconv_view_constant (fmtconv_ctx *ctx, uint32_t dtype, unsigned rank, const uint64_t *shape,
                       const void *data)
{
  uint64_t elements;
  uint64_t bytes;
  if (!ctx || fmtconv_ctx_failed (ctx) || !fci_shape_size (ctx, dtype, rank, shape, &elements, &bytes)
      || (bytes > 0 && !data))
    return NULL;
  const unsigned width = fci_byteswap_width (dtype);
  void *copy = fmtconv_ctx_alloc (ctx, fci_size_memory (bytes), 1);
  if (!copy)
    return NULL;
  if (bytes > 0)
    {
      memcpy (copy, data, bytes);
      fci_file_order (copy, width ? (size_t) (bytes / width) : 0, width);
    }
  return fmtconv_view_leaf (fci_source_memory (ctx, copy, bytes, "constant"), 0, dtype, rank, shape, NULL);
}

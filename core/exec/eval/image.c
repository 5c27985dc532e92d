/* core/exec/eval/image.c: reads a part of a box in few source ranges.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/order.h"
#include "core/exec/eval/image.h"
#include "core/exec/worker/read.h"
#include "core/exec/worker/worker.h"
#include "core/kernel/quant.h"
#include "core/view/place.h"
#include <string.h>

enum
{
  GAP = 4096,     /* bytes that are read rather than skipped by another read */
  CHECKED = 2048, /* shorter ranges are too many to record their checksums */
  MAX_IN_BLOCK = 256
};

/* Sorts axes by descending stride; equal strides keep their order. */
static void
sort_axes (const fci_part_box *p, fci_image *im)
{
  for (unsigned i = 0; i < p->rank; i++)
    {
      unsigned at = i;
      for (; at > 0 && p->in[im->order[at - 1]] < p->in[i]; at--)
        im->order[at] = im->order[at - 1];
      im->order[at] = i;
    }
}

/* Joins axes to one range, innermost first, while the gaps are short or not larger than the needed bytes. */
void
fci_image_plan (const fci_part_box *p, fci_image *im)
{
  sort_axes (p, im);
  im->n_outer = p->rank;
  im->len = p->in_item;
  while (im->n_outer > 0)
    {
      unsigned axis = im->order[im->n_outer - 1];
      uint64_t step = p->in[axis], gap = step > im->len ? step - im->len : 0;
      if (gap > GAP && gap > im->len)
        break;
      im->len += (p->extent[axis] - 1) * step;
      im->stride[axis] = (int64_t) step;
      im->n_outer--;
    }
  im->size = im->len;
  for (unsigned i = im->n_outer; i-- > 0;)
    {
      unsigned axis = im->order[i];
      im->stride[axis] = (int64_t) im->size;
      if (__builtin_mul_overflow (im->size, p->extent[axis], &im->size))
        im->size = UINT64_MAX;
    }
}

/* Decodes n values of the blocks at `from`, after the first `skip`, to a row of f32. */
static void
decode (uint32_t dtype, const uint8_t *from, uint64_t skip, uint64_t n, float *to)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  float block[MAX_IN_BLOCK];
  while (n > 0)
    {
      uint64_t whole = skip == 0 ? n / info->block : 0, take = whole * info->block;
      if (whole)
        fci_quant_decode (dtype, from, (size_t) take, to);
      else
        {
          take = info->block - skip < n ? info->block - skip : n;
          fci_quant_decode (dtype, from, info->block, block);
          memcpy (to, block + skip, (size_t) take * sizeof *to);
        }
      fci_file_order_floats (to, (size_t) take);
      from += (whole ? whole : 1) * info->block_bytes;
      to += take;
      n -= take;
      skip = 0;
    }
}

/* Reads a range of `len` bytes of f32, `by` bytes after the part's first value, by decoding its blocks, which
 * are read to the buffer for gathered elements. */
static int
read_blocks (fci_fetching *f, const fci_part_box *p, uint64_t by, uint64_t len, void *to)
{
  const uint32_t dtype = p->program->blocks;
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  uint64_t offset = p->offset, n = len / sizeof (float);
  uint32_t phase = p->phase;
  fci_leaf_offset_move (dtype, &offset, &phase, by / sizeof (float));
  uint64_t size = (phase + n + info->block - 1) / info->block * info->block_bytes;
  const uint8_t *held = fci_worker_peek (f->worker, p->source, offset, size);
  bool whole = phase == 0 && n % info->block == 0 && size >= CHECKED;
  if (held && (uintptr_t) held % sizeof (float) == 0)
    {
      decode (dtype, held, phase, n, to);
      return 0;
    }
  if ((whole ? fci_worker_read_checked : fci_worker_read) (f->worker, p->source, offset, f->worker->dense,
                                                           (size_t) size)
      != 0)
    return -1;
  decode (dtype, f->worker->dense, phase, n, to);
  return 0;
}

/* Reads one range, `by` bytes after the part's first byte. */
static int
read_stretch (fci_fetching *f, const fci_part_box *p, uint64_t by, uint64_t len, bool unchecked, void *to)
{
  if (p->program->blocks)
    return read_blocks (f, p, by, len, to);
  return (unchecked ? fci_worker_read : fci_worker_read_checked) (f->worker, p->source, p->offset + by, to,
                                                                  (size_t) len);
}

/* Returns the only range in the worker's window if its elements are aligned for the kernels; NULL: it must be
 * read. */
static const uint8_t *
find_stretch (const fci_fetching *f, const fci_part_box *p, const fci_image *im)
{
  const uint8_t *held = NULL;
  if (im->n_outer == 0 && !p->program->blocks && !p->program->swap)
    held = fci_worker_peek (f->worker, p->source, p->offset, im->len);
  return (uintptr_t) held % p->in_item == 0 ? held : NULL;
}

/* Reads all ranges to the input scratch. */
int
fci_image_read (fci_fetching *f, const fci_part_box *p, fci_image *im)
{
  fci_worker *w = f->worker;
  if ((im->from = find_stretch (f, p, im)))
    return 0;
  im->from = w->in;
  uint64_t index[FMTCONV_MAX_RANK] = { 0 }, by = 0;
  const bool unchecked = f->unchecked || (im->n_outer > 0 && im->len < CHECKED);
  for (uint8_t *to = w->in;; to += im->len)
    {
      if (read_stretch (f, p, by, im->len, unchecked, to) != 0)
        return -1;
      unsigned i = im->n_outer;
      while (i > 0 && ++index[i - 1] == p->extent[im->order[i - 1]])
        {
          unsigned axis = im->order[--i];
          by -= (p->extent[axis] - 1) * p->in[axis];
          index[i] = 0;
        }
      if (i == 0)
        return 0;
      by += p->in[im->order[i - 1]];
    }
}

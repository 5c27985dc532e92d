/* core/view/coverage.c: which stored elements of one tensor several views show.
 *
 * Every box becomes ranges of addresses.  An address counts 1/256 of a byte, so that an element of every data type has
 * whole ones: blocks have 1 to 256 elements, a power of two.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/list.h"
#include "core/view/coverage.h"
#include "core/view/equal.h"
#include <stdlib.h>

enum
{
  ADDRESSES = 256,     /* in a byte */
  MAX_RANGES = 1 << 20 /* of one tensor; of more, elements are only counted */
};

/* A range of addresses begins or ends. */
typedef struct edge
{
  uintptr_t base;
  uint64_t address;
  int64_t tensor; /* change of the number of ranges of the tensor's own view */
  int64_t boxes;  /* … and of the boxes */
} edge;

/* A box as ranges of `length` addresses: the dimensions are those that do not continue each other. */
typedef struct ranges
{
  uint64_t start;
  uint64_t length;
  unsigned rank;
  uint64_t extent[FMTCONV_MAX_RANK];
  uint64_t stride[FMTCONV_MAX_RANK];
} ranges;

/* Returns the addresses of an element. */
static uint64_t
element_of (uint32_t dtype)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  return (uint64_t) info->block_bytes * ADDRESSES / info->block;
}

/* Inserts a dimension; the largest stride comes first. */
static void
insert (ranges *r, uint64_t extent, uint64_t stride)
{
  unsigned i = r->rank++;
  for (; i > 0 && r->stride[i - 1] < stride; i--)
    {
      r->extent[i] = r->extent[i - 1];
      r->stride[i] = r->stride[i - 1];
    }
  r->extent[i] = extent;
  r->stride[i] = stride;
}

/* Joins the innermost dimensions to one range while they continue each other. */
static void
join (ranges *r)
{
  while (r->rank > 0 && r->stride[r->rank - 1] == r->length)
    r->length *= r->extent[--r->rank];
}

static ranges
ranges_of (const fci_coverage_box *of)
{
  const fci_box *box = of->box;
  const uint64_t element = element_of (box->dtype), unit = fci_is_blocks (box->dtype) ? element : ADDRESSES;
  ranges r = { .start = fci_box_byte (box) * ADDRESSES + box->phase * element, .length = element };
  for (unsigned i = 0; i < of->rank; i++)
    {
      const uint64_t extent = FCI_EXTENT (box, of->rank)[i];
      if (extent > 1)
        insert (&r, extent, (uint64_t) FCI_STRIDE (box, of->rank)[i] * unit);
    }
  join (&r);
  return r;
}

static uint64_t
count_ranges (const ranges *r)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < r->rank; i++)
    n = n > MAX_RANGES ? n : n * r->extent[i];
  return n;
}

static uint64_t
count_elements (const fci_coverage_box *of)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < of->rank; i++)
    n *= FCI_EXTENT (of->box, of->rank)[i];
  return n;
}

static int
by_address (const void *a, const void *b)
{
  const edge *x = a, *y = b;
  if (x->base != y->base)
    return x->base < y->base ? -1 : 1;
  return (x->address > y->address) - (x->address < y->address);
}

/* Adds both edges of every range.  Returns false if memory runs out. */
static bool
add_ranges (fmtconv_ctx *ctx, fci_list *edges, const ranges *r, uintptr_t base, bool is_tensor)
{
  uint64_t at[FMTCONV_MAX_RANK] = { 0 };
  for (uint64_t left = count_ranges (r); left > 0; left--)
    {
      uint64_t address = r->start;
      for (unsigned i = 0; i < r->rank; i++)
        address += at[i] * r->stride[i];
      for (int end = 0; end < 2; end++)
        {
          edge *e = fci_list_add (ctx, edges, sizeof *e);
          if (!e)
            return false;
          *e = (edge){ .base = base, .address = address + (end ? r->length : 0) };
          if (is_tensor)
            e->tensor = end ? -1 : 1;
          else
            e->boxes = end ? -1 : 1;
        }
      for (unsigned i = r->rank; i > 0 && ++at[i - 1] == r->extent[i - 1]; i--)
        at[i - 1] = 0;
    }
  return true;
}

/* Counts the addresses that the boxes lack, and finds those that they have too often. */
static uint64_t
sweep (fci_list *edges, bool *twice)
{
  const edge *e = edges->items;
  uint64_t missing = 0;
  int64_t tensor = 0, boxes = 0;
  if (edges->n)
    qsort (edges->items, edges->n, sizeof *e, by_address);
  for (size_t i = 0; i < edges->n; i++)
    {
      const uint64_t span = i && e[i].base == e[i - 1].base ? e[i].address - e[i - 1].address : 0;
      missing += boxes < tensor ? (uint64_t) (tensor - boxes) * span : 0;
      *twice = *twice || (boxes > tensor && span);
      tensor += e[i].tensor;
      boxes += e[i].boxes;
    }
  return missing;
}

/* The boxes of a tensor, and those made from it. */
typedef struct comparison
{
  const fci_coverage_box *boxes;
  size_t n;
  uint64_t ranges;   /* of all boxes; more than MAX_RANGES: unknown */
  uint64_t shown;    /* addresses */
  bool is_elsewhere; /* in other sources than those of the tensor */
  bool is_uniform;   /* all have the same operations */
} comparison;

static bool
reads_from (fmtconv_view *tensor, uintptr_t base)
{
  for (size_t i = 0; i < tensor->n_boxes; i++)
    if (fci_box_base (&tensor->boxes[i]) == base)
      return true;
  return false;
}

static void
measure (fmtconv_view *tensor, comparison *c)
{
  c->is_uniform = true;
  for (size_t i = 0; i < c->n; i++)
    {
      const fci_box *box = c->boxes[i].box;
      const ranges r = ranges_of (&c->boxes[i]);
      c->ranges += count_ranges (&r);
      c->shown += count_elements (&c->boxes[i]) * element_of (box->dtype);
      c->is_elsewhere = c->is_elsewhere || !reads_from (tensor, fci_box_base (box));
      c->is_uniform = c->is_uniform && box->ops == c->boxes[0].box->ops;
    }
}

/* Compares range by range.  Returns 0 or a code. */
static int
compare (fmtconv_view *tensor, const comparison *c, uint64_t *missing, bool *twice)
{
  fci_list edges = { 0 };
  bool good = true;
  for (size_t i = 0; i < tensor->n_boxes + c->n && good; i++)
    {
      const bool is_tensor = i < tensor->n_boxes;
      const fci_coverage_box of =
          is_tensor ? (fci_coverage_box){ &tensor->boxes[i], tensor->rank } : c->boxes[i - tensor->n_boxes];
      const ranges r = ranges_of (&of);
      good = add_ranges (tensor->ctx, &edges, &r, fci_box_base (of.box), is_tensor);
    }
  *missing = good ? sweep (&edges, twice) : 0;
  free (edges.items);
  return fmtconv_ctx_failed (tensor->ctx);
}

int
fci_view_coverage (fmtconv_view *tensor, const fci_coverage_box *boxes, size_t n, fci_coverage *out)
{
  comparison c = { .boxes = boxes, .n = n };
  uint64_t own = 0, missing = 0;
  bool twice = false;
  int code = 0;
  measure (tensor, &c);
  for (size_t i = 0; i < tensor->n_boxes; i++)
    {
      const fci_coverage_box of = { &tensor->boxes[i], tensor->rank };
      const ranges r = ranges_of (&of);
      c.ranges += count_ranges (&r);
      own += count_elements (&of) * element_of (of.box->dtype);
    }
  if (c.is_elsewhere || c.ranges > MAX_RANGES)
    missing = c.shown < own ? own - c.shown : 0;
  else
    code = compare (tensor, &c, &missing, &twice);
  *out = (fci_coverage){ .elements = tensor->elements, .twice = twice && c.is_uniform };
  /* Stored elements may have another size than those of the view: a share is what both have in common. */
  if (missing)
    out->missing = (uint64_t) ((long double) missing / (long double) own * (long double) tensor->elements);
  out->missing += missing && !out->missing;
  return code;
}

/* plugins/dcp/cover.c: joins the chunks of a tensor, which must cover it exactly, without overlap.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Shards of a mesh divide a tensor along one axis, and the parts along another: a box is cut wherever no chunk crosses,
 * and each part is a box again.  Every level sorts its chunks, so that n chunks take n log n steps. */
#include "config.h"
#include "plugins/dcp/dcp.h"
#include <stdlib.h>
#include <string.h>

enum
{
  MAX_CUTS = 64,  /* levels of boxes in boxes; meshes have a few dimensions */
  COMPARED = 2000 /* chunks that are compared with each other to name two that overlap */
};

typedef struct box
{
  uint64_t at[FMTCONV_MAX_RANK];
  uint64_t end[FMTCONV_MAX_RANK];
} box;

static fmtconv_view *join (dcp_load *load, const dcp_item *item, dcp_chunk **chunks, size_t n, const box *in,
                           unsigned level);

static fmtconv_view *
fail (const dcp_load *load, const dcp_item *item, int code, const char *why)
{
  fmtconv_fail_at (load->ctx, code,
                   &(fmtconv_where){ .source = load->meta.source,
                                     .tensor = item->name,
                                     .hint = "a rank's part is missing, or the files are of several saves" },
                   "%s", why);
  return NULL;
}

/* Reports the box [at, end), of which no chunk has the elements. */
static fmtconv_view *
fail_gap (const dcp_load *load, const dcp_item *item, const box *gap)
{
  return fail (load, item, FMTCONV_E_FORMAT,
               fmtconv_ctx_printf (load->ctx, "no chunk has its elements from %s to before %s",
                                   dcp_box_text (load->ctx, gap->at, item->rank),
                                   dcp_box_text (load->ctx, gap->end, item->rank)));
}

static bool
overlap (const dcp_chunk *a, const dcp_chunk *b, unsigned rank)
{
  for (unsigned i = 0; i < rank; i++)
    if (a->at[i] + a->size[i] <= b->at[i] || b->at[i] + b->size[i] <= a->at[i])
      return false;
  return true;
}

/* Reports chunks that nothing divides: two overlap, or they lie like the boards of a pinwheel. */
static fmtconv_view *
fail_tangle (const dcp_load *load, const dcp_item *item, dcp_chunk **chunks, size_t n)
{
  for (size_t i = 0; i < n && i < COMPARED; i++)
    for (size_t k = 0; k < i; k++)
      if (overlap (chunks[i], chunks[k], item->rank))
        return fail (load, item, FMTCONV_E_FORMAT,
                     fmtconv_ctx_printf (load->ctx, "its chunks at %s and %s overlap",
                                         dcp_box_text (load->ctx, chunks[k]->at, item->rank),
                                         dcp_box_text (load->ctx, chunks[i]->at, item->rank)));
  return fail (load, item, FMTCONV_E_UNSUPPORTED,
               fmtconv_ctx_printf (load->ctx, "its %zu chunks do not lie in rows and columns", n));
}

static int
by_key (const void *left, const void *right)
{
  const dcp_chunk *a = *(const dcp_chunk *const *) left, *b = *(const dcp_chunk *const *) right;
  return a->key < b->key ? -1 : a->key > b->key;
}

/* Returns the number of chunks from the first on that no line across `axis` divides, and where they end. */
static size_t
group (dcp_chunk **chunks, size_t n, unsigned axis, uint64_t *end)
{
  size_t k = 0;
  *end = chunks[0]->at[axis] + chunks[0]->size[axis];
  for (k = 1; k < n && chunks[k]->at[axis] < *end; k++)
    if (chunks[k]->at[axis] + chunks[k]->size[axis] > *end)
      *end = chunks[k]->at[axis] + chunks[k]->size[axis];
  return k;
}

/* Sorts the chunks along an axis.  Returns the number of groups. */
static size_t
sort_groups (dcp_chunk **chunks, size_t n, unsigned axis)
{
  size_t groups = 0;
  uint64_t end;
  for (size_t i = 0; i < n; i++)
    chunks[i]->key = chunks[i]->at[axis];
  qsort (chunks, n, sizeof *chunks, by_key);
  for (size_t i = 0; i < n; groups++)
    i += group (chunks + i, n - i, axis, &end);
  return groups;
}

/* Joins the groups along an axis, each of which must begin where the one before it ends. */
static fmtconv_view *
join_groups (dcp_load *load, const dcp_item *item, dcp_chunk **chunks, size_t n, const box *in, unsigned axis,
             size_t groups, unsigned level)
{
  fmtconv_view **views = fmtconv_scratch_alloc (load->ctx, groups, sizeof *views);
  box part = *in;
  size_t k = 0;
  for (size_t i = 0; views && i < n; k++)
    {
      uint64_t end;
      size_t size = group (chunks + i, n - i, axis, &end);
      part.end[axis] = chunks[i]->at[axis];
      if (part.end[axis] > part.at[axis])
        return fail_gap (load, item, &part);
      part.end[axis] = end;
      views[k] = join (load, item, chunks + i, size, &part, level + 1);
      if (!views[k])
        return NULL;
      part.at[axis] = end;
      i += size;
    }
  part.end[axis] = in->end[axis];
  if (part.end[axis] > part.at[axis])
    return fail_gap (load, item, &part);
  return fmtconv_view_concat (axis, k, views);
}

/* Checks that a chunk fills its box. */
static fmtconv_view *
alone (const dcp_load *load, const dcp_item *item, const dcp_chunk *chunk, const box *in)
{
  for (unsigned i = 0; i < item->rank; i++)
    {
      box gap = *in;
      if (chunk->at[i] > in->at[i])
        gap.end[i] = chunk->at[i];
      else if (chunk->at[i] + chunk->size[i] < in->end[i])
        gap.at[i] = chunk->at[i] + chunk->size[i];
      else
        continue;
      return fail_gap (load, item, &gap);
    }
  return chunk->view;
}

static fmtconv_view *
join (dcp_load *load, const dcp_item *item, dcp_chunk **chunks, size_t n, const box *in, unsigned level)
{
  if (n == 1)
    return alone (load, item, chunks[0], in);
  for (unsigned axis = 0; axis < item->rank && level < MAX_CUTS; axis++)
    {
      size_t groups = sort_groups (chunks, n, axis);
      if (groups > 1)
        return join_groups (load, item, chunks, n, in, axis, groups, level);
    }
  return fail_tangle (load, item, chunks, n);
}

static bool
is_empty (const dcp_chunk *chunk, unsigned rank)
{
  for (unsigned i = 0; i < rank; i++)
    if (!chunk->size[i])
      return true;
  return false;
}

fmtconv_view *
dcp_cover (dcp_load *load, const dcp_item *item)
{
  box whole = { { 0 }, { 0 } };
  size_t full = 0;
  memcpy (whole.end, item->shape, sizeof whole.end);
  if (!item->bytes)
    return fmtconv_view_leaf (load->meta.source, 0, item->dtype, item->rank, item->shape, NULL);
  for (size_t i = 0; i < load->n_chunks; i++)
    if (!is_empty (&load->chunks[i], item->rank))
      load->order[full++] = &load->chunks[i];
  return full ? join (load, item, load->order, full, &whole, 0) : fail_gap (load, item, &whole);
}

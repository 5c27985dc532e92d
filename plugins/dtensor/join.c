/* plugins/dtensor/join.c: a tensor joined from the parts of all ranks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The dimensions of the mesh cut the tensor one after another, each as torch.chunk does: chunks of equal size, rounded up, the
 * last ones shorter or empty.  With FSDP2 after tensor parallelism, the first dimension cuts after the second, which it says
 * with _StridedShard and the size of the second (torch/distributed/tensor/placement_types.py). */
#include "config.h"

#include "plugins/dtensor/dtensor.h"
#include <string.h>

typedef struct join
{
  dt_load *load;
  const char *name;
  const dt_part *first;        /* that of rank 0, which all have to agree with */
  unsigned order[DT_MAX_MESH]; /* dimensions of the mesh, in the order of their cuts */
  uint64_t at[DT_MAX_MESH];    /* the place that is looked at */
  uint64_t places;             /* in the mesh */
  uint64_t copies;             /* of the mesh among the ranks */
  fmtconv_view **views;        /* copies of place 0, copies of place 1 … */
  uint64_t *found;             /* of each place */
} join;

/* Returns whether the parts of two ranks are of one tensor, spread in one way. */
static bool
agree (const dt_part *a, const dt_part *b)
{
  bool same = a->is_plain == b->is_plain && a->is_sharded == b->is_sharded && a->rank == b->rank
              && a->n_cuts == b->n_cuts;
  if (a->view && b->view)
    same = same && fmtconv_view_dtype (a->view) == fmtconv_view_dtype (b->view);
  for (unsigned i = 0; same && i < a->rank; i++)
    same = a->shape[i] == b->shape[i];
  for (unsigned i = 0; same && i < a->n_cuts; i++)
    same = a->cuts[i].size == b->cuts[i].size && a->cuts[i].is_shard == b->cuts[i].is_shard
           && a->cuts[i].axis == b->cuts[i].axis && a->cuts[i].split == b->cuts[i].split;
  return same;
}

/* Returns whether a _StridedShard is understood: one later dimension cuts the axis before, into as many chunks as it says,
 * and all chunks are equal. */
static bool
is_understood (const dt_part *part, unsigned strided)
{
  const dt_cut *cut = &part->cuts[strided];
  uint64_t others = 0, chunks = cut->size;
  for (unsigned i = 0; i < part->n_cuts; i++)
    if (i != strided && part->cuts[i].is_shard && part->cuts[i].axis == cut->axis)
      {
        if (++others > 1 || i < strided || part->cuts[i].split || part->cuts[i].size != (uint64_t) cut->split)
          return false;
        chunks *= part->cuts[i].size;
      }
  return others == 1 && part->shape[cut->axis] % chunks == 0;
}

/* Finds the order of the cuts.  Returns 0 or an error code. */
static int
find_order (join *j)
{
  const dt_part *part = j->first;
  unsigned n = 0;
  for (unsigned i = 0; i < part->n_cuts; i++)
    if (!part->cuts[i].split)
      j->order[n++] = i;
  for (unsigned i = 0; i < part->n_cuts; i++)
    {
      if (!part->cuts[i].split)
        continue;
      if (!is_understood (part, i))
        return dt_refuse (
            j->load, 0, j->name,
            "its _StridedShard does not stand for one equal cut before it, so that it is not understood");
      j->order[n++] = i;
    }
  return 0;
}

/* Stores the shape of the part at a place.  Returns whether it has elements. */
static bool
shape_at (const join *j, const uint64_t *at, uint64_t *shape)
{
  bool any = true;
  memcpy (shape, j->first->shape, j->first->rank * sizeof *shape);
  for (unsigned k = 0; k < j->first->n_cuts; k++)
    {
      const dt_cut *cut = &j->first->cuts[j->order[k]];
      if (!cut->is_shard)
        continue;
      const uint64_t size = shape[cut->axis], chunk = size / cut->size + (size % cut->size != 0);
      const uint64_t start = at[j->order[k]] * chunk;
      shape[cut->axis] = start >= size ? 0 : size - start < chunk ? size - start : chunk;
    }
  for (unsigned i = 0; i < j->first->rank; i++)
    any = any && shape[i];
  return any;
}

/* Returns whether a part has the shape of its place; an empty one may have any that has no elements. */
static bool
has_shape (const join *j, const dt_part *part)
{
  uint64_t wanted[FMTCONV_MAX_RANK];
  const uint64_t *shape = fmtconv_view_shape (part->view);
  const unsigned rank = fmtconv_view_rank (part->view);
  if (!shape_at (j, part->at, wanted))
    {
      bool empty = false;
      for (unsigned i = 0; i < rank; i++)
        empty = empty || !shape[i];
      return empty;
    }
  return rank == j->first->rank && !memcmp (shape, wanted, rank * sizeof *shape);
}

static uint64_t
place_of (const join *j, const uint64_t *at)
{
  uint64_t place = 0;
  for (unsigned i = 0; i < j->first->n_cuts; i++)
    place = place * j->first->cuts[i].size + at[i];
  return place;
}

/* Puts the part of each rank at its place.  Returns 0 or an error code. */
static int
place_parts (join *j)
{
  dt_load *load = j->load;
  for (uint32_t rank = 0; rank < load->ranks; rank++)
    {
      const dt_part *part = &load->parts[rank];
      const uint64_t place = place_of (j, part->at);
      if (!has_shape (j, part))
        return dt_wrong (load, rank, j->name, "its part has not the size that its shape and the mesh give");
      if (j->found[place] == j->copies)
        return dt_wrong (load, rank, j->name, "another rank has the same part");
      j->views[place * j->copies + j->found[place]++] = part->view;
    }
  return 0;
}

/* Returns the part at the place that is looked at.  Several meshes among the ranks have copies, which have to be equal. */
static fmtconv_view *
part_at (const join *j)
{
  fmtconv_view **views = &j->views[place_of (j, j->at) * j->copies];
  return j->copies == 1 ? views[0] : fmtconv_view_require_equal (j->copies, views);
}

/* Returns what the cuts from the k-th on make of the place that is looked at; NULL: an error. */
static fmtconv_view *
build (join *j, unsigned k)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  if (k == j->first->n_cuts)
    return part_at (j);
  const unsigned dimension = j->order[k];
  const dt_cut *cut = &j->first->cuts[dimension];
  const uint64_t n = cut->is_shard ? cut->size : 1; /* of copies, the first */
  fmtconv_view **views = fmtconv_scratch_alloc (j->load->ctx, n, sizeof *views);
  size_t filled = 0;
  for (uint64_t i = 0; views && i < n; i++)
    {
      j->at[dimension] = i;
      for (unsigned later = k + 1; later < j->first->n_cuts; later++)
        j->at[j->order[later]] = 0;
      if (shape_at (j, j->at, shape)) /* the first of those after it has elements if any has */
        views[filled++] = build (j, k + 1);
    }
  j->at[dimension] = 0;
  if (!views || fmtconv_ctx_failed (j->load->ctx))
    return NULL;
  return filled == 1 ? views[0] : fmtconv_view_concat (cut->axis, filled, views);
}

/* Returns a DTensor that is joined; NULL: an error. */
static fmtconv_view *
join_cut (join *j)
{
  fmtconv_ctx *ctx = j->load->ctx;
  uint64_t shape[FMTCONV_MAX_RANK];
  j->places = 1;
  for (unsigned i = 0; i < j->first->n_cuts; i++)
    j->places *= j->first->cuts[i].size;
  j->copies = j->load->ranks / j->places;
  j->views = fmtconv_scratch_alloc (ctx, j->load->ranks, sizeof (fmtconv_view *));
  j->found = fmtconv_scratch_alloc (ctx, j->places, sizeof *j->found);
  if (!j->views || !j->found || find_order (j) || place_parts (j))
    return NULL;
  return shape_at (j, j->at, shape) ? build (j, 0)
                                    : fmtconv_view_reshape (j->first->view, j->first->rank, j->first->shape);
}

/* Returns a tensor that every rank has, which has to be the same: parts without a mesh do not say that they are parts. */
static fmtconv_view *
join_plain (const dt_load *load)
{
  fmtconv_view **views = fmtconv_scratch_alloc (load->ctx, load->ranks, sizeof *views);
  for (uint32_t rank = 0; views && rank < load->ranks; rank++)
    views[rank] = load->parts[rank].view;
  return !views ? NULL : load->ranks == 1 ? views[0] : fmtconv_view_require_equal (load->ranks, views);
}

fmtconv_view *
dt_join (dt_load *load, const char *name)
{
  join j = { .load = load, .name = name, .first = &load->parts[0] };
  for (uint32_t rank = 1; rank < load->ranks; rank++)
    if (!agree (j.first, &load->parts[rank]))
      {
        dt_wrong (load, rank, name, "it has another shape, data type or placement than that of rank 0");
        return NULL;
      }
  if (j.first->is_sharded)
    return dt_join_shards (load, name);
  return j.first->is_plain ? join_plain (load) : join_cut (&j);
}

/* plugins/dtensor/shard.c: the ShardedTensors of FSDP1, whose parts say where in the tensor they are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The state has the rank's shards, one or none, and the metadata of all (torch/distributed/_shard/sharded_tensor/api.py,
 * _shard/metadata.py). */
#include "config.h"

#include "plugins/dtensor/dtensor.h"
#include <stdlib.h>

/* A shard of any rank. */
typedef struct shard
{
  uint64_t start; /* on the axis that is cut */
  uint64_t size;
  fmtconv_view *view;
} shard;

/* Returns an attribute of an object, whose state is a dictionary or a pair with that of __slots__. */
static const fmtconv_value *
attribute (const fmtconv_value *object, const char *name)
{
  const fmtconv_value *state = fmtconv_value_state (object);
  if (fmtconv_value_kind (state) == FMTCONV_VALUE_TUPLE)
    state = fmtconv_value_at (state, 1);
  return fmtconv_value_find (state, name);
}

/* Reads the offsets and sizes of a shard.  Returns whether it is a part of the tensor. */
static bool
read_place (dt_part *part, const fmtconv_value *metadata)
{
  unsigned offsets, sizes;
  uint64_t size[FMTCONV_MAX_RANK];
  const uint64_t *shape = fmtconv_view_shape (part->view);
  if (!fmtconv_value_shape (attribute (metadata, "shard_offsets"), part->start, &offsets)
      || !fmtconv_value_shape (attribute (metadata, "shard_sizes"), size, &sizes) || offsets != part->rank
      || sizes != part->rank || fmtconv_view_rank (part->view) != part->rank)
    return false;
  for (unsigned i = 0; i < part->rank; i++)
    if (shape[i] != size[i] || part->start[i] > part->shape[i] || size[i] > part->shape[i] - part->start[i])
      return false;
  return true;
}

int
dt_read_shard (dt_load *load, uint32_t rank, const char *name, const fmtconv_value *state)
{
  dt_part *part = &load->parts[rank];
  const fmtconv_value *shards = fmtconv_value_at (state, 0), *only = fmtconv_value_at (shards, 0);
  part->is_sharded = true;
  if (fmtconv_value_kind (shards) != FMTCONV_VALUE_LIST)
    return dt_wrong (load, rank, name, "its ShardedTensor has no list of shards");
  if (fmtconv_value_count (shards) > 1)
    return dt_refuse (load, rank, name, "its ShardedTensor has several shards in one rank");
  if (!only)
    return 0;
  part->view = fmtconv_pickle_view (load->pickles[rank], attribute (only, "tensor"), name);
  if (!part->view)
    return fmtconv_ctx_failed (load->ctx);
  return read_place (part, attribute (only, "metadata"))
             ? 0
             : dt_wrong (load, rank, name,
                         "its shard has another shape than its metadata says, or no place in the tensor");
}

/* Finds the axis that the shards cut, which is at most one.  Returns 0 or an error code. */
static int
find_axis (const dt_load *load, const char *name, unsigned *axis)
{
  bool any = false;
  *axis = 0;
  for (uint32_t rank = 0; rank < load->ranks; rank++)
    for (unsigned i = 0; load->parts[rank].view && i < load->parts[rank].rank; i++)
      {
        const dt_part *part = &load->parts[rank];
        if (fmtconv_view_shape (part->view)[i] == part->shape[i])
          continue;
        if (any && *axis != i)
          return dt_refuse (load, rank, name, "its shards cut more than one axis");
        any = true;
        *axis = i;
      }
  return 0;
}

static int
by_start (const void *a, const void *b)
{
  const uint64_t x = ((const shard *) a)->start, y = ((const shard *) b)->start;
  return (x > y) - (x < y);
}

/* Collects the shards that have elements, in order.  Returns their number. */
static size_t
collect (const dt_load *load, unsigned axis, shard *shards)
{
  size_t n = 0;
  for (uint32_t rank = 0; rank < load->ranks; rank++)
    {
      const dt_part *part = &load->parts[rank];
      if (!part->view)
        continue;
      const uint64_t size = part->rank ? fmtconv_view_shape (part->view)[axis] : 1;
      if (size)
        shards[n++] =
            (shard){ .start = part->rank ? part->start[axis] : 0, .size = size, .view = part->view };
    }
  qsort (shards, n, sizeof *shards, by_start);
  return n;
}

/* Joins shards that follow one another.  Shards at one place are copies, which have to be equal.  NULL: an error. */
static fmtconv_view *
concatenate (const dt_load *load, const char *name, unsigned axis, const shard *shards, size_t n)
{
  const dt_part *part = &load->parts[0];
  const uint64_t whole = part->rank ? part->shape[axis] : 1;
  fmtconv_view **views = fmtconv_scratch_alloc (load->ctx, n + 1, sizeof *views);
  fmtconv_view **copies = fmtconv_scratch_alloc (load->ctx, n + 1, sizeof *copies);
  uint64_t end = 0;
  size_t joined = 0, same;
  for (size_t i = 0; views && copies && i < n; i += same)
    {
      for (same = 0; i + same < n && shards[i + same].start == shards[i].start
                     && shards[i + same].size == shards[i].size;
           same++)
        copies[same] = shards[i + same].view;
      if (shards[i].start != end)
        break;
      end += shards[i].size;
      views[joined++] = same == 1 ? copies[0] : fmtconv_view_require_equal (same, copies);
    }
  if (views && copies && end != whole)
    dt_wrong (load, 0, name, "the shards of all ranks do not follow one another to its end");
  if (fmtconv_ctx_failed (load->ctx))
    return NULL;
  return joined == 1 ? views[0] : fmtconv_view_concat (axis, joined, views);
}

fmtconv_view *
dt_join_shards (dt_load *load, const char *name)
{
  unsigned axis;
  uint64_t elements = 1;
  const dt_part *part = &load->parts[0];
  shard *shards = fmtconv_scratch_alloc (load->ctx, load->ranks, sizeof *shards);
  for (unsigned i = 0; i < part->rank; i++)
    elements = part->shape[i] ? elements : 0;
  if (!elements && part->view)
    return part->view;
  if (!shards || find_axis (load, name, &axis))
    return NULL;
  return concatenate (load, name, axis, shards, collect (load, axis, shards));
}

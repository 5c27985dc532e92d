/* plugins/dtensor/value.c: a tensor as one rank has it, read from its pickle.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/text.h"
#include "plugins/dtensor/dtensor.h"

/* Returns whether a value is a class or function of torch, or a call of it. */
static bool
is_of (const fmtconv_value *value, const char *module, const char *name)
{
  const fmtconv_global *global = fmtconv_value_global (value);
  return global && text_starts_with (global->module, module) && !strcmp (global->name, name);
}

/* Returns whether a value is a tensor of a class whose data is in its attributes. */
static bool
is_wrapper (const fmtconv_value *value, const char *class)
{
  const fmtconv_value *args = fmtconv_value_args (value);
  return is_of (value, "torch._tensor", "_rebuild_from_type_v2")
         && is_of (fmtconv_value_at (args, 0), "torch._utils", "_rebuild_wrapper_subclass")
         && is_of (fmtconv_value_at (args, 1), "torch.distributed", class);
}

/* Returns an attribute of a DTensor.  Its state is a dictionary, or a pair with that of __slots__. */
static const fmtconv_value *
attribute (const fmtconv_value *value, const char *name)
{
  const fmtconv_value *state = fmtconv_value_at (fmtconv_value_args (value), 3);
  if (fmtconv_value_kind (state) == FMTCONV_VALUE_TUPLE)
    state = fmtconv_value_at (state, 1);
  return fmtconv_value_kind (state) == FMTCONV_VALUE_DICT ? fmtconv_value_find (state, name) : NULL;
}

/* Reads the axis of a Shard or _StridedShard.  Returns whether it is one of the tensor. */
static bool
read_axis (const fmtconv_value *state, unsigned rank, dt_cut *cut)
{
  int64_t axis = -1;
  if (!fmtconv_value_int (fmtconv_value_find (state, "dim"), &axis) || axis < 0 || axis >= rank)
    return false;
  cut->is_shard = true;
  cut->axis = (unsigned) axis;
  return true;
}

static int
read_placement (dt_load *load, uint32_t rank, const char *name, const fmtconv_value *placement, unsigned i)
{
  dt_part *part = &load->parts[rank];
  const fmtconv_value *state = fmtconv_value_state (placement);
  const bool is_strided = is_of (placement, "torch.distributed", "_StridedShard");
  if (is_of (placement, "torch.distributed", "Replicate"))
    return 0;
  if (!is_strided && !is_of (placement, "torch.distributed", "Shard"))
    {
      const fmtconv_global *class = fmtconv_value_global (placement);
      return dt_refuse (
          load, rank, name,
          fmtconv_ctx_printf (load->ctx, "its placement %s is not understood; Shard and Replicate are",
                              class ? class->name : fmtconv_value_describe (load->ctx, placement)));
    }
  if (!read_axis (state, part->rank, &part->cuts[i]))
    return dt_wrong (load, rank, name, "it is cut along an axis that it does not have");
  if (is_strided
      && (!fmtconv_value_int (fmtconv_value_find (state, "split_factor"), &part->cuts[i].split)
          || part->cuts[i].split < 1))
    return dt_wrong (load, rank, name, "its _StridedShard has no split_factor");
  return 0;
}

/* Returns whether an order of the cuts of an axis is the usual one, that of the dimensions of the mesh. */
static bool
is_usual_order (const fmtconv_value *orders)
{
  for (size_t i = 0; i < fmtconv_value_count (orders); i++)
    {
      const fmtconv_value *entry = fmtconv_value_at (orders, i);
      const fmtconv_value *dims = fmtconv_value_at (fmtconv_value_args (entry), 1);
      int64_t before = -1, dim = -1;
      for (size_t k = 0; k < fmtconv_value_count (dims); k++, before = dim)
        if (!fmtconv_value_int (fmtconv_value_at (dims, k), &dim) || dim <= before)
          return false;
    }
  return true;
}

static int
read_spec (dt_load *load, uint32_t rank, const char *name, const fmtconv_value *spec)
{
  const fmtconv_value *state = fmtconv_value_state (spec),
                      *placements = fmtconv_value_find (state, "placements");
  const dt_part *part = &load->parts[rank];
  int64_t by_stride = 1;
  if (dt_read_mesh (load, rank, name, fmtconv_value_find (state, "mesh")))
    return fmtconv_ctx_failed (load->ctx);
  if (fmtconv_value_count (placements) != part->n_cuts)
    return dt_wrong (load, rank, name, "it has not one placement for each dimension of its mesh");
  fmtconv_value_int (fmtconv_value_find (state, "use_strided_shard_as_shard_order"), &by_stride);
  for (unsigned i = 0; i < part->n_cuts; i++)
    {
      if (read_placement (load, rank, name, fmtconv_value_at (placements, i), i))
        return fmtconv_ctx_failed (load->ctx);
      if (part->cuts[i].split && !by_stride)
        return dt_refuse (load, rank, name, "its _StridedShard does not stand for the order of its cuts");
    }
  return is_usual_order (fmtconv_value_find (state, "shard_order"))
             ? 0
             : dt_refuse (load, rank, name,
                          "its axes are not cut in the order of the dimensions of its mesh");
}

/* Reads a tensor that every rank has. */
static int
read_plain (dt_load *load, uint32_t rank, const char *name, const fmtconv_value *value)
{
  dt_part *part = &load->parts[rank];
  part->is_plain = true;
  part->view = fmtconv_pickle_view (load->pickles[rank], value, name);
  if (!part->view)
    return fmtconv_ctx_failed (load->ctx);
  part->rank = fmtconv_view_rank (part->view);
  memcpy (part->shape, fmtconv_view_shape (part->view), part->rank * sizeof *part->shape);
  return 0;
}

/* Reads the part of a DTensor. */
static int
read_dtensor (dt_load *load, uint32_t rank, const char *name, const fmtconv_value *value)
{
  const fmtconv_value *local = attribute (value, "_local_tensor"), *spec = attribute (value, "_spec");
  if (!fmtconv_pickle_tensor (load->pickles[rank], local, NULL) || !spec)
    return fmtconv_ctx_failed (load->ctx)
               ? fmtconv_ctx_failed (load->ctx)
               : dt_wrong (load, rank, name, "its DTensor has no tensor, or no mesh");
  if (read_spec (load, rank, name, spec))
    return fmtconv_ctx_failed (load->ctx);
  load->parts[rank].view = fmtconv_pickle_view (load->pickles[rank], local, name);
  return fmtconv_ctx_failed (load->ctx);
}

int
dt_read_part (dt_load *load, uint32_t rank, const char *name, const fmtconv_value *value)
{
  dt_part *part = &load->parts[rank];
  const fmtconv_value *args = fmtconv_value_args (value);
  const bool is_sharded = is_wrapper (value, "ShardedTensor");
  *part = (dt_part){ 0 };
  if (!is_sharded && !is_wrapper (value, "DTensor"))
    return read_plain (load, rank, name, value);
  if (!fmtconv_value_shape (fmtconv_value_at (fmtconv_value_at (args, 2), 2), part->shape, &part->rank))
    return dt_wrong (load, rank, name, "the whole has no shape");
  return is_sharded ? dt_read_shard (load, rank, name, fmtconv_value_at (args, 3))
                    : read_dtensor (load, rank, name, value);
}

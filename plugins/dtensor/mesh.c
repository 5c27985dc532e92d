/* plugins/dtensor/mesh.c: the mesh of ranks that a DTensor is spread over.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The state of a DeviceMesh has the rank's coordinates, and the sizes of the dimensions: up to torch 2.8 as the shape of a
 * tensor of ranks (mesh), then as a layout with the sizes (_layout.shape), later with an object for each dimension
 * (_layout.axes). */
#include "config.h"
#include "plugins/dtensor/dtensor.h"

enum
{
  MAX_NESTING = 4 /* of sizes: those of dimensions that were flattened into one */
};

static bool
is_sequence (const fmtconv_value *value)
{
  const unsigned kind = fmtconv_value_kind (value);
  return kind == FMTCONV_VALUE_TUPLE || kind == FMTCONV_VALUE_LIST;
}

/* Returns the product of a size, or of the sizes in a tuple; 0: it is none. */
static uint64_t
product_of (const fmtconv_value *value, unsigned nesting)
{
  uint64_t product = 1;
  int64_t number = 0;
  if (fmtconv_value_int (value, &number))
    return number > 0 && number <= DT_MAX_RANKS ? (uint64_t) number : 0;
  if (!is_sequence (value) || nesting == MAX_NESTING || fmtconv_value_count (value) > DT_MAX_MESH)
    return 0;
  for (size_t i = 0; i < fmtconv_value_count (value) && product && product <= DT_MAX_RANKS; i++)
    product *= product_of (fmtconv_value_at (value, i), nesting + 1);
  return product <= DT_MAX_RANKS ? product : 0;
}

/* Returns the size of dimension i of a mesh; 0: it is not there. */
static uint64_t
size_of (const fmtconv_value *layout, size_t i)
{
  const fmtconv_value *axes = fmtconv_value_find (fmtconv_value_state (layout), "axes");
  const fmtconv_value *shape = fmtconv_value_find (fmtconv_value_state (layout), "shape");
  if (axes)
    return product_of (fmtconv_value_find (fmtconv_value_state (fmtconv_value_at (axes, i)), "shape"), 0);
  return product_of (is_sequence (shape) ? fmtconv_value_at (shape, i) : i ? NULL : shape, 0);
}

/* Returns the number of dimensions that a layout has. */
static size_t
count_of (const fmtconv_value *layout)
{
  const fmtconv_value *axes = fmtconv_value_find (fmtconv_value_state (layout), "axes");
  const fmtconv_value *shape = fmtconv_value_find (fmtconv_value_state (layout), "shape");
  return axes                  ? fmtconv_value_count (axes)
         : is_sequence (shape) ? fmtconv_value_count (shape)
                               : shape != NULL;
}

/* Reads the sizes of the dimensions.  Returns their number; 0: they are not there, or too many. */
static unsigned
read_sizes (dt_load *load, uint32_t rank, const fmtconv_value *state)
{
  dt_part *part = &load->parts[rank];
  const fmtconv_value *layout = fmtconv_value_find (state, "_layout");
  fmtconv_pickled ranks;
  size_t n = count_of (layout);
  if (layout)
    for (size_t i = 0; i < n && n <= DT_MAX_MESH; i++)
      part->cuts[i].size = size_of (layout, i);
  else if (fmtconv_pickle_tensor (load->pickles[rank], fmtconv_value_find (state, "mesh"), &ranks))
    {
      n = ranks.rank;
      for (size_t i = 0; i < n && n <= DT_MAX_MESH; i++)
        part->cuts[i].size = ranks.shape[i];
    }
  return n <= DT_MAX_MESH ? (unsigned) n : 0;
}

/* Checks the sizes, and reads the coordinates.  Returns whether they are right. */
static bool
read_place (dt_part *part, uint32_t ranks, const fmtconv_value *coordinates)
{
  uint64_t product = 1;
  int64_t at = -1;
  if (!is_sequence (coordinates) || fmtconv_value_count (coordinates) != part->n_cuts)
    return false;
  for (unsigned i = 0; i < part->n_cuts; i++)
    {
      const uint64_t size = part->cuts[i].size;
      if (!size || size > ranks || !fmtconv_value_int (fmtconv_value_at (coordinates, i), &at) || at < 0
          || (uint64_t) at >= size)
        return false;
      part->at[i] = (uint64_t) at;
      product *= size;
      if (product > ranks)
        return false;
    }
  return ranks % product == 0;
}

int
dt_read_mesh (dt_load *load, uint32_t rank, const char *name, const fmtconv_value *mesh)
{
  dt_part *part = &load->parts[rank];
  const fmtconv_value *state = fmtconv_value_state (mesh);
  int64_t number = rank;
  fmtconv_value_int (fmtconv_value_find (state, "_rank"), &number);
  if (number != rank)
    return dt_wrong (
        load, rank, name,
        fmtconv_ctx_printf (load->ctx, "the mesh in it is that of rank %lld", (long long) number));
  part->n_cuts = read_sizes (load, rank, state);
  if (!part->n_cuts)
    return dt_refuse (load, rank, name, "the mesh of ranks is not understood");
  if (!read_place (part, load->ranks, fmtconv_value_find (state, "_coordinate_on_dim")))
    return dt_wrong (
        load, rank, name,
        fmtconv_ctx_printf (load->ctx, "the rank has no place in a mesh of at most %u ranks", load->ranks));
  return 0;
}

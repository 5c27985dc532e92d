/* plugins/zero/offload.c: flat tensors that the optimizer of stage 3 keeps on a disk (NVMe).
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file of the optimizer has an empty tensor then, with the attribute ds_id, and DeepSpeed copies the elements to
 * offloaded_tensors/rankNN/ID.tensor.swp, rounded up for the disk (deepspeed/runtime/swap_tensor/optimizer_utils.py).  The shapes of the
 * parameters, a dictionary for each flat tensor, say how many there are. */
#include "config.h"

#include "plugins/common/latest.h"
#include "plugins/zero/zero.h"
#include <string.h>

#define FOLDER "offloaded_tensors"
#define MAX_ROUNDED (1 << 20) /* 1 KiB for each thread that writes */

/* Returns the identity of a tensor that is elsewhere; NULL: it is here. */
static const char *
identity_of (const zero_load *load, const zero_file *file, const fmtconv_value *value)
{
  fmtconv_pickled tensor;
  size_t size;
  const fmtconv_value *state = fmtconv_value_at (fmtconv_value_args (value), 3);
  const fmtconv_global *global = fmtconv_value_global (value);
  if (!global || strcmp (global->name, "_rebuild_from_type_v2") != 0
      || fmtconv_value_kind (state) != FMTCONV_VALUE_DICT
      || !fmtconv_pickle_tensor (file->pickle, value, &tensor) || tensor.bytes)
    return NULL;
  const char *id = fmtconv_value_text (fmtconv_value_find (state, "ds_id"), &size);
  return id ? fmtconv_ctx_printf (load->ctx, "%.*s", (int) (size < 256 ? size : 256), id) : NULL;
}

/* Returns the number of elements that each rank has of a flat tensor; 0: nothing says it, or none. */
static uint64_t
count_elements (const zero_load *load, uint32_t group)
{
  const fmtconv_value *groups = zero_get (&load->models[0], "param_shapes");
  const fmtconv_value *shapes =
      fmtconv_value_count (groups) == load->groups ? fmtconv_value_at (groups, group) : NULL;
  uint64_t sum = 0;
  if (fmtconv_value_kind (shapes) != FMTCONV_VALUE_DICT)
    return 0;
  for (size_t i = 0; i < fmtconv_value_count (shapes); i++)
    {
      zero_param param;
      if (zero_read_param (load, &load->models[0], fmtconv_value_key (shapes, i),
                           fmtconv_value_at (shapes, i), &param)
          || __builtin_add_overflow (sum, param.elements / load->ranks + (param.elements % load->ranks > 0),
                                     &sum))
        return 0;
    }
  return sum;
}

/* Returns the file of a tensor, or reports that it is missing.  NULL: an error. */
static fmtconv_input *
find (const zero_load *load, const zero_file *optimizer, uint32_t rank, const char *file)
{
  const char *names[] = { FOLDER, fmtconv_ctx_printf (load->ctx, "rank%02u", rank), file };
  fmtconv_input *in = load->folder;
  for (size_t i = 0; in && i < 3 && names[i]; i++)
    in = latest_is_plain (names[i]) && fmtconv_input_has (in, names[i]) ? fmtconv_input_child (in, names[i])
                                                                        : NULL;
  if (!in && !fmtconv_ctx_failed (load->ctx))
    fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                     &(fmtconv_where){ .source = optimizer->pickle->source,
                                       .hint = "copy the folder " FOLDER " of the checkpoint too" },
                     "its tensor is in " FOLDER "/%s/%s, which is missing", names[1], file);
  return in;
}

/* Returns the elements of a file, which has no header; what rounds it up must not be more than the disk asks for. */
static fmtconv_view *
view_of (const zero_load *load, fmtconv_source *source, uint32_t dtype, uint64_t elements)
{
  fmtconv_view *view = fmtconv_view_leaf (source, 0, dtype, 1, &elements, NULL);
  if (!view || fmtconv_source_size (source) - elements * fmtconv_dtype_get (dtype)->block_bytes < MAX_ROUNDED)
    return view;
  fmtconv_fail_at (
      load->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .source = source, .hint = "it is of another checkpoint; get a complete copy" },
      "it is larger than the %llu elements that the rank has of the parameters",
      (unsigned long long) elements);
  return NULL;
}

fmtconv_view *
zero_offloaded (zero_load *load, uint32_t rank, uint32_t group, const fmtconv_value *value)
{
  const zero_file *optimizer = &load->optimizers[rank];
  const char *id = load->is_split ? identity_of (load, optimizer, value) : NULL;
  const uint64_t elements = id ? count_elements (load, group) : 0;
  fmtconv_pickled tensor;
  if (!elements || fmtconv_ctx_failed (load->ctx))
    return NULL;
  fmtconv_pickle_tensor (optimizer->pickle, value, &tensor);
  const char *name = fmtconv_ctx_printf (load->ctx, "%s.tensor.swp", id);
  fmtconv_input *in = name ? find (load, optimizer, rank, name) : NULL;
  fmtconv_source *source = in ? fmtconv_input_open (in) : NULL;
  return source ? view_of (load, source, tensor.dtype, elements) : NULL;
}

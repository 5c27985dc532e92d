/* plugins/zero/tensor.c: views of pickled tensors, and of parameters joined from pieces of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickled.h"
#include "plugins/zero/zero.h"
#include <string.h>

fmtconv_view *
zero_view (zero_load *load, const zero_file *file, const char *name, const fmtconv_value *value)
{
  if (fmtconv_pickle_tensor (file->pickle, value, NULL))
    return fmtconv_pickle_view (file->pickle, value, name);
  zero_wrong (load, file, name,
              value ? fmtconv_ctx_printf (load->ctx, "it is a %s, not a tensor",
                                          fmtconv_value_describe (load->ctx, value))
                    : "it is not in the file");
  return NULL;
}

/* Reads the shape of a parameter.  Returns whether it is one. */
static bool
read_shape (const fmtconv_value *value, zero_param *param)
{
  if (!fmtconv_value_shape (value, param->shape, &param->rank))
    return false;
  param->elements = 1;
  for (unsigned i = 0; i < param->rank; i++)
    if (__builtin_mul_overflow (param->elements, param->shape[i], &param->elements)
        || param->elements > INT64_MAX / 8)
      return false;
  return true;
}

int
zero_read_param (const zero_load *load, const zero_file *file, const fmtconv_value *name,
                 const fmtconv_value *shape, zero_param *param)
{
  param->name = pickled_name (load->ctx, name);
  if (!param->name)
    return zero_wrong (load, file, NULL, "the name of a parameter is not a text");
  return read_shape (shape, param) ? 0 : zero_wrong (load, file, param->name, "it has no shape");
}

int
zero_make_room (zero_load *load, size_t n)
{
  if (n <= load->cap_pieces)
    return 0;
  fmtconv_view **more = fmtconv_ctx_alloc (load->ctx, 2 * n, sizeof *more);
  if (!more)
    return FMTCONV_E_NOMEM;
  if (load->cap_pieces)
    memcpy (more, load->pieces, load->cap_pieces * sizeof *more);
  load->pieces = more;
  load->cap_pieces = 2 * n;
  return 0;
}

fmtconv_view *
zero_join (zero_load *load, size_t n_pieces, const zero_param *param)
{
  fmtconv_view *all = n_pieces == 1 ? load->pieces[0] : fmtconv_view_concat (0, n_pieces, load->pieces);
  return fmtconv_view_reshape (fmtconv_view_slice (all, 0, 0, param->elements), param->rank, param->shape);
}

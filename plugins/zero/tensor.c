/* plugins/zero/tensor.c: views of pickled tensors, and of parameters joined from pieces of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/keys.h"
#include "plugins/common/pickle/leaf.h"
#include "plugins/zero/zero.h"
#include <string.h>

fmtconv_view *
zero_view (zero_load *load, const zero_file *file, const char *name, const pk_value *value)
{
  const torch_from from = { .ctx = load->ctx,
                            .pickle = file->pickle.source,
                            .pickled = file->pickle.bytes,
                            .archive = &file->archive,
                            .big_endian = file->archive.big_endian,
                            .name = name };
  torch_tensor t;
  if (!value || !pk_is_tensor (value))
    zero_wrong (
        load, file, name,
        value ? fmtconv_ctx_printf (load->ctx, "it is a %s, not a tensor", pk_describe (load->ctx, value))
              : "it is not in the file");
  else if (torch_tensor_read (load->ctx, value->v.object, &t))
    torch_from_fail (&from, t.code, value->v.object, t.why);
  else if (!torch_repeat (&from, value->v.object, &t, TORCH_MAX_REPEATED, &load->repeated))
    return torch_leaf (&from, value->v.object, &t);
  return NULL;
}

/* Reads a torch.Size, as a tuple or a list too.  Returns whether it is one. */
static bool
read_shape (const pk_value *value, zero_param *param)
{
  if (pk_has_role (value, ROLE_SIZE) && value->v.object->args->n == 1)
    value = &value->v.object->args->at[0];
  if ((value->kind != PK_TUPLE && value->kind != PK_LIST) || value->v.items->n > FMTCONV_MAX_RANK)
    return false;
  param->rank = value->v.items->n;
  param->elements = 1;
  for (unsigned i = 0; i < param->rank; i++)
    {
      const pk_value *number = &value->v.items->at[i];
      if (number->kind != PK_INT || number->v.i < 0)
        return false;
      param->shape[i] = (uint64_t) number->v.i;
      if (__builtin_mul_overflow (param->elements, param->shape[i], &param->elements)
          || param->elements > INT64_MAX / 8)
        return false;
    }
  return true;
}

int
zero_read_param (const zero_load *load, const zero_file *file, const pk_value *name, const pk_value *shape,
                 zero_param *param)
{
  if (name->kind != PK_STRING || !torch_key_is_name (name))
    return zero_wrong (load, file, NULL, "the name of a parameter is not a text");
  param->name = fmtconv_ctx_printf (load->ctx, "%.*s", (int) name->len, name->v.s);
  return param->name && read_shape (shape, param) ? 0
                                                  : zero_wrong (load, file, param->name, "it has no shape");
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

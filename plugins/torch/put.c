/* plugins/torch/put.c: finds the bytes of a tensor and puts it into the model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/leaf.h"
#include "plugins/torch/walk.h"

/* Returns where the value that the walk is at comes from. */
static torch_from
from_of (const torch_walk *w)
{
  const torch_load *load = w->load;
  return (torch_from){ .ctx = load->ctx,
                       .pickle = load->pickle,
                       .pickled = load->pickled,
                       .archive = load->archive,
                       .big_endian = load->big_endian,
                       .name = w->name };
}

int
torch_walk_fail (const torch_walk *w, int code, const pk_object *object, const char *why)
{
  const torch_from from = from_of (w);
  return torch_from_fail (&from, code, object, why);
}

static int
check_totals (torch_walk *w, const pk_object *object, const torch_tensor *t)
{
  torch_load *load = w->load;
  if (++load->tensors > TORCH_MAX_TENSORS)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, object,
                            fmtconv_ctx_printf (load->ctx, "more than %d tensors", TORCH_MAX_TENSORS));
  if (load->tensors > load->max_tensors)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, object, "more names of tensors than the pickle has bytes");
  load->name_bytes += w->length + 1;
  if (load->name_bytes > load->max_name_bytes)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, object,
                            fmtconv_ctx_printf (load->ctx, "the tensor names exceed %llu bytes in total",
                                                (unsigned long long) load->max_name_bytes));
  const torch_from from = from_of (w);
  return torch_repeat (&from, object, t, load->max_repeated, &load->repeated);
}

/* Marks the tensor as part of the model, so that it is not counted again where it is left out. */
int
torch_walk_put (torch_walk *w, pk_object *object)
{
  torch_tensor t;
  if (torch_tensor_read (w->load->ctx, object, &t))
    return torch_walk_fail (w, t.code, object, t.why);
  const torch_from from = from_of (w);
  fmtconv_view *view = check_totals (w, object, &t) ? NULL : torch_leaf (&from, object, &t);
  if (!view)
    return fmtconv_ctx_failed (w->load->ctx);
  object->mark.seen = w->load->scan.walk;
  w->load->arrays += t.is_array;
  fmtconv_model_put (w->load->out, w->name, view);
  return fmtconv_ctx_failed (w->load->ctx);
}

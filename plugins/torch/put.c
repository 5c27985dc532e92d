/* plugins/torch/put.c: finds the bytes of a tensor and puts it into the model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/arrays.h"
#include "plugins/torch/walk.h"

int
torch_walk_fail (const torch_walk *w, int code, const fmtconv_value *value, const char *why)
{
  return fmtconv_fail_at (w->load->ctx, code,
                          &(fmtconv_where){ .source = w->load->pickle->source,
                                            .offset = fmtconv_value_offset (value),
                                            .tensor = w->name },
                          "%s", why);
}

static int
check_totals (torch_walk *w, const fmtconv_value *value)
{
  torch_load *load = w->load;
  if (++load->tensors > TORCH_MAX_TENSORS)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, value,
                            fmtconv_ctx_printf (load->ctx, "more than %d tensors", TORCH_MAX_TENSORS));
  if (load->tensors > load->max_tensors)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, value, "more names of tensors than the pickle has bytes");
  load->name_bytes += w->length + 1;
  if (load->name_bytes > load->max_name_bytes)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, value,
                            fmtconv_ctx_printf (load->ctx, "the tensor names exceed %llu bytes in total",
                                                (unsigned long long) load->max_name_bytes));
  return 0;
}

/* Marks the tensor as part of the model, so that it is not counted again where it is left out. */
int
torch_walk_put (torch_walk *w, const fmtconv_value *value)
{
  fmtconv_view *view = check_totals (w, value) ? NULL : fmtconv_pickle_view (w->load->pickle, value, w->name);
  if (!view)
    return fmtconv_ctx_failed (w->load->ctx);
  torch_mark_of (&w->load->scan, value)->seen = w->load->scan.walk;
  w->load->arrays += torch_is_array (value);
  fmtconv_model_put (w->load->out, w->name, view);
  return fmtconv_ctx_failed (w->load->ctx);
}

/* plugins/torch/notes.c: tells how a model was read: arrays, modules, and what is lost.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/collect.h"

int
torch_note_reading (torch_load *load, const torch_root *root)
{
  if (load->module)
    fmtconv_note (load->ctx,
                  "reading a pickled %.100s.%.100s as data: the parameters and buffers of its state_dict()",
                  load->module->module, load->module->name);
  if (load->arrays)
    fmtconv_note (load->ctx, "numpy arrays among the tensors: %llu", (unsigned long long) load->arrays);
  if (load->lost)
    fmtconv_warn (load->ctx, "left out: %llu tensor%s outside the model, %llu bytes (-v lists them)%s",
                  (unsigned long long) load->lost, load->lost == 1 ? "" : "s",
                  (unsigned long long) load->lost_bytes, root->n ? "; root=. reads everything" : "");
  return fmtconv_ctx_failed (load->ctx);
}

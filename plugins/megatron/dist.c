/* plugins/megatron/dist.c: checkpoints of dist_checkpointing (the format torch_dist).
 * SPDX-License-Identifier: Apache-2.0
 *
 *   SAVE/iter_0001000/.metadata, __R_N.distcp   the tensors, which the reader dcp joins
 *   SAVE/iter_0001000/common.pt                 what all ranks have: args, iteration
 * A parameter that all layers have is one tensor, whose first axis counts them (megatron/core/transformer/transformer_block.py,
 * sharded_state_dict): decoder.layers.mlp.linear_fc2.weight; so are those of all experts after the layers (moe/experts.py):
 * decoder.layers.mlp.experts.experts.linear_fc1.weight.  Layers that differ are saved by number. */
#include "config.h"

#include "plugins/common/facts.h"
#include "plugins/megatron/megatron.h"
#include <string.h>

#define COMMON "common.pt"
#define LAYERS "layers."
#define EXPERTS ".experts.experts."

enum
{
  MAX_CUT = 1 << 20 /* parameters in all that are cut */
};

typedef struct dist
{
  megatron_load *load;
  int64_t layers, experts; /* -1: not known yet */
  unsigned n;
} dist;

/* Reads the arguments.  Other programs save none. */
static int
read_common (dist *d)
{
  megatron_load *load = d->load;
  const unsigned flags = load->params->crc ? FMTCONV_ZIP_IGNORE_CRC : 0;
  fmtconv_input *file = fmtconv_input_child (load->folder, COMMON);
  const fmtconv_pickle *pickle = file ? fmtconv_pickle_open (fmtconv_input_open (file), flags) : NULL;
  if (!pickle)
    return fmtconv_ctx_failed (load->ctx);
  facts_note_arguments (load->out, load->ctx, fmtconv_value_find (pickle->value, "args"));
  load->args = fmtconv_attr_at (fmtconv_model_attrs (load->out), "source/torch/args");
  d->layers = fmtconv_attr_get_int (load->args, "num_layers", -1);
  d->experts = fmtconv_attr_get_int (load->args, "num_experts", -1);
  return fmtconv_ctx_failed (load->ctx);
}

/* Returns the place after "layers." in a name that has no number there; NULL: another name. */
static const char *
after_layers (const char *name)
{
  for (const char *at = name; (at = strstr (at, LAYERS)); at++)
    {
      const char *next = at + strlen (LAYERS);
      if ((at == name || at[-1] == '.') && *next && !strchr ("0123456789", *next))
        return next;
    }
  return NULL;
}

/* Returns the number of layers or experts that a tensor has; 0: an error.  known: that of all tensors. */
static uint64_t
count (dist *d, const char *name, fmtconv_view *view, int64_t *known, const char *what)
{
  const uint64_t n = fmtconv_view_rank (view) ? fmtconv_view_shape (view)[0] : 0;
  *known = *known < 0 ? (int64_t) n : *known;
  if (n && n == (uint64_t) *known && n <= MAX_CUT - d->n)
    return n;
  fmtconv_fail_at (d->load->ctx, FMTCONV_E_FORMAT,
                   &(fmtconv_where){ .tensor = name, .hint = "read the tensors as they are with -r dcp" },
                   "its first axis has %llu elements, but there are %lld %s", (unsigned long long) n,
                   (long long) *known, what);
  return 0;
}

/* Returns one entry of the first axis, without that axis. */
static fmtconv_view *
entry (fmtconv_view *view, uint64_t i)
{
  return fmtconv_view_reshape (fmtconv_view_slice (view, 0, i, 1), fmtconv_view_rank (view) - 1,
                               fmtconv_view_shape (view) + 1);
}

/* Puts a tensor of one layer, or each expert in it. */
static int
put_layer (dist *d, const char *name, fmtconv_view *view)
{
  const char *at = name ? strstr (name, EXPERTS) : NULL;
  const uint64_t n = at ? count (d, name, view, &d->experts, "experts") : 0;
  if (name && !at)
    fmtconv_model_put (d->load->out, name, view);
  for (uint64_t i = 0; i < n && !fmtconv_ctx_failed (d->load->ctx); i++, d->n++)
    fmtconv_model_put (d->load->out,
                       fmtconv_ctx_printf (d->load->ctx, "%.*s.experts.local_experts.%llu.%s",
                                           (int) (at - name), name, (unsigned long long) i,
                                           at + strlen (EXPERTS)),
                       entry (view, i));
  return fmtconv_ctx_failed (d->load->ctx);
}

/* Puts each layer of a tensor. */
static int
put_tensor (dist *d, const fmtconv_tensor *t)
{
  const char *at = after_layers (t->name);
  if (!at)
    return put_layer (d, t->name, t->view);
  const uint64_t n = count (d, t->name, t->view, &d->layers, "layers");
  for (uint64_t i = 0; i < n && !fmtconv_ctx_failed (d->load->ctx); i++, d->n++)
    put_layer (d,
               fmtconv_ctx_printf (d->load->ctx, "%.*s%llu.%s", (int) (at - t->name), t->name,
                                   (unsigned long long) i, at),
               entry (t->view, i));
  return fmtconv_ctx_failed (d->load->ctx);
}

int
megatron_read_dist (megatron_load *load)
{
  dist d = { .load = load, .layers = -1, .experts = -1 };
  const fmtconv_model *model =
      fmtconv_input_read (load->folder, load->params->crc ? "dcp:crc=ignore" : "dcp");
  fmtconv_attr *attrs = fmtconv_model_attrs (load->out);
  if (!model || read_common (&d))
    return fmtconv_ctx_failed (load->ctx);
  FMTCONV_FOREACH (t, model)
    if (put_tensor (&d, t))
      return fmtconv_ctx_failed (load->ctx);
  fmtconv_model_skip (load->out, "everything except the weights, such as the states of the optimizer", 0,
                      "not weights");
  fmtconv_attr_set_string (attrs, "title", "Megatron checkpoint of dist_checkpointing");
  return fmtconv_note (load->ctx, "reading a checkpoint of dist_checkpointing, each layer by itself");
}

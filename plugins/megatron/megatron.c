/* plugins/megatron/megatron.c: the megatron plugin: joins the shares of Megatron's tensor- and pipeline-parallel ranks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickled.h"
#include "plugins/megatron/megatron.h"
#include <string.h>

static const fmtconv_param params[] = {
  { "iteration", FMTCONV_PARAM_TEXT, offsetof (struct megatron_params, iteration), NULL,
    "iteration to read, a number or 'release'; default: that of latest_checkpointed_iteration.txt" },
  { "rules", FMTCONV_PARAM_TEXT, offsetof (struct megatron_params, rules), "megatron-ranks",
    "model file whose rules join the shares of the tensor-parallel ranks" },
  { "join", FMTCONV_PARAM_BOOL, offsetof (struct megatron_params, join), "yes",
    "no: leave the shares apart, as tp.RANK.NAME" },
  { "crc", FMTCONV_PARAM_CHOICE, offsetof (struct megatron_params, crc), "check|ignore",
    "whether a checksum mismatch is an error" },
  { 0 },
};

/* Returns how many ranks there are, for people. */
static const char *
count (const megatron_load *load)
{
  const char *experts = load->expert_ranks > 1
                            ? fmtconv_ctx_printf (load->ctx, ", expert-parallel: %u", load->expert_ranks)
                            : "";
  return fmtconv_ctx_printf (load->ctx, "tensor-parallel ranks: %u%s, stages of the pipeline: %u",
                             load->tensor_ranks, experts, load->pipeline_ranks * load->stages);
}

/* Takes the arguments of the first rank, and lists what is left out. */
static void
describe (const megatron_load *load)
{
  const fmtconv_model *first = megatron_model (load, 0, (megatron_rank){ 0 });
  fmtconv_attr *attrs = fmtconv_model_attrs (load->out);
  megatron_rank rank = { 0 };
  fmtconv_attr_set (attrs, "source", fmtconv_attr_get (fmtconv_model_attrs (first), "source"));
  fmtconv_attr_set (fmtconv_attr_make (attrs, "source/torch"), "args", load->args);
  fmtconv_attr_set_float (fmtconv_attr_make (attrs, "source"), "checkpoint_version", load->version);
  if (!load->is_nemo)
    do
      fmtconv_model_skip (
          load->out,
          fmtconv_ctx_printf (load->ctx,
                              "%s: everything except its weights, such as the states of the optimizer",
                              megatron_rank_name (load, rank)),
          0, "not weights");
    while (megatron_next_rank (load, &rank));
  fmtconv_attr_set_string (
      attrs, "title",
      fmtconv_ctx_printf (load->ctx, "%s checkpoint, %s", load->is_nemo ? "NeMo" : "Megatron", count (load)));
}

/* Reads the shares of all ranks, with the names that they have in the whole model. */
static int
read_shares (megatron_load *load)
{
  if (megatron_read_ranks (load) || megatron_put_shares (load))
    return fmtconv_ctx_failed (load->ctx);
  describe (load);
  return fmtconv_note (load->ctx, "reading %s", count (load));
}

static int
read_megatron (fmtconv_ctx *ctx, const void *params_, fmtconv_input *in, fmtconv_model *out)
{
  const struct megatron_params *p = params_;
  megatron_load load = { .ctx = ctx, .params = p, .out = out };
  if (megatron_locate (&load, in))
    return fmtconv_ctx_failed (ctx);
  if (load.is_dist)
    return megatron_read_dist (&load);
  if (!p->join)
    return read_shares (&load);
  const char *iteration = p->iteration ? fmtconv_ctx_printf (ctx, ",iteration=%s", p->iteration) : "";
  const fmtconv_model *shares = fmtconv_input_read (
      in, fmtconv_ctx_printf (ctx, "megatron:join=no%s%s", p->crc ? ",crc=ignore" : "", iteration));
  if (shares)
    fmtconv_model_transform (out, shares, p->rules);
  return fmtconv_ctx_failed (ctx);
}

static int
probe (const fmtconv_peek *peek)
{
  uint32_t numbers[MEGATRON_NUMBERS];
  bool is_long;
  int bits = 0;
  unsigned dist = 0; /* the files of dist_checkpointing that are there */
  for (size_t i = 0; peek->is_folder && i < peek->n_entries; i++)
    if (megatron_parse_name (peek->entries[i], numbers, &is_long))
      return 256;
    else if (!strcmp (peek->entries[i], "latest_checkpointed_iteration.txt")
             || !strcmp (peek->entries[i], "model_optim_rng.pt"))
      bits = 160;
    else
      dist += !strcmp (peek->entries[i], ".metadata") || !strcmp (peek->entries[i], "common.pt")
              || !strcmp (peek->entries[i], "metadata.json");
  return dist == 3 ? 200 : bits;
}

FMTCONV_PLUGIN (megatron, .name = "megatron", .summary = "Megatron-LM's checkpoints of parallel ranks",
                .reader = FMTCONV_READER (.params = params, .main = "iteration=N", .probe = probe,
                                          .read = read_megatron));

/* plugins/zero/zero.c: the zero plugin: reads the fp32 weights of ZeRO checkpoints.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/zero/zero.h"
#include <string.h>

static const fmtconv_param params[] = {
  { "crc", FMTCONV_PARAM_CHOICE, offsetof (struct zero_params, crc), "check|ignore",
    "whether a checksum mismatch is an error" },
  { 0 },
};

/* Puts all tensors, in the order of DeepSpeed's zero_to_fp32. */
static int
put_all (zero_load *load)
{
  const fmtconv_value *shapes = zero_get (&load->models[0], "param_shapes");
  if (fmtconv_value_kind (shapes) != FMTCONV_VALUE_LIST)
    return zero_wrong (load, &load->models[0], NULL,
                       "it has no shapes of the parameters, so that nobody knows what the flat weights are");
  if (zero_put_buffers (load) || zero_put_frozen (load)
      || (load->is_split ? zero_put_split (load, shapes) : zero_put_groups (load, shapes)))
    return fmtconv_ctx_failed (load->ctx);
  return zero_put_shared (load);
}

static int
read_zero (fmtconv_ctx *ctx, const void *params_, fmtconv_input *in, fmtconv_model *out)
{
  zero_load load = { .ctx = ctx, .params = params_, .folder = in, .out = out };
  if (!fmtconv_input_is_folder (in))
    load.folder = fmtconv_input_parent (in);
  if (zero_open_files (&load) || zero_read_flats (&load) || put_all (&load))
    return fmtconv_ctx_failed (ctx);
  fmtconv_model_skip (out, fmtconv_ctx_printf (ctx, "the optimizer states of %u ranks", load.ranks), 0,
                      "not weights");
  fmtconv_attr_set_string (
      fmtconv_model_attrs (out), "title",
      fmtconv_ctx_printf (ctx, "ZeRO checkpoint, fp32 weights of %u ranks joined", load.ranks));
  return fmtconv_note (ctx, "reading the fp32 weights of ZeRO stage %s, from %u rank%s",
                       load.is_split ? "3" : "1 or 2", load.ranks, load.ranks == 1 ? "" : "s");
}

/* One file of the optimizer stands for all; folders are for the sat reader, which chooses between the copies of the weights. */
static int
probe (const fmtconv_peek *peek)
{
  const bool torch = peek->head_len >= 4
                     && (!memcmp (peek->head, "PK\3\4", 4) || (peek->head[0] == 0x80 && peek->head[1] <= 5));
  return !peek->is_folder && torch && fmtconv_glob_match ("*zero_pp_rank_*_optim_states.pt", peek->base) ? 256
                                                                                                         : 0;
}

FMTCONV_PLUGIN (zero, .name = "zero", .summary = "fp32 weights of ZeRO checkpoints",
                .reader = FMTCONV_READER (.params = params, .probe = probe, .read = read_zero));

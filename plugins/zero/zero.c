/* plugins/zero/zero.c: the zero plugin: reads the fp32 weights of ZeRO checkpoints, or the moments of the optimizer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickled.h"
#include "plugins/common/text.h"
#include "plugins/zero/zero.h"
#include <string.h>

static const fmtconv_param params[] = {
  { "crc", FMTCONV_PARAM_CHOICE, offsetof (struct zero_params, crc), "check|ignore",
    "whether a checksum mismatch is an error" },
  { "part", FMTCONV_PARAM_CHOICE, offsetof (struct zero_params, part), "weights|exp_avg|exp_avg_sq",
    "the fp32 weights, or a moment of the optimizer for each trained parameter" },
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
  if (!zero_moment (load) && (zero_put_buffers (load) || zero_put_frozen (load)))
    return fmtconv_ctx_failed (load->ctx);
  if (load->is_universal ? zero_put_universal (load)
      : load->is_split   ? zero_put_split (load, shapes)
                         : zero_put_groups (load, shapes))
    return fmtconv_ctx_failed (load->ctx);
  return zero_put_shared (load) || zero_moment (load) ? fmtconv_ctx_failed (load->ctx)
                                                      : zero_warn_of_others (load);
}

/* Prints what is read, and records what is skipped. */
static int
report (const zero_load *load, fmtconv_model *out)
{
  fmtconv_ctx *ctx = load->ctx;
  const char *moment = zero_moment (load), *what = moment ? moment : "fp32 weights";
  const char *of = load->is_universal ? "a universal checkpoint"
                                      : fmtconv_ctx_printf (ctx, "ZeRO stage %s, from %u rank%s",
                                                            load->is_split ? "3" : "1 or 2", load->ranks,
                                                            load->ranks == 1 ? "" : "s");
  if (load->is_universal)
    fmtconv_model_skip (out, "the other optimizer states", 0, "not asked for");
  else
    fmtconv_model_skip (out, fmtconv_ctx_printf (ctx, "the optimizer states of %u ranks", load->ranks), 0,
                        moment ? "not asked for" : "not weights");
  fmtconv_attr_set_string (
      fmtconv_model_attrs (out), "title",
      load->is_universal
          ? fmtconv_ctx_printf (ctx, "universal checkpoint, %s", what)
          : fmtconv_ctx_printf (ctx, "ZeRO checkpoint, %s of %u ranks joined", what, load->ranks));
  return fmtconv_note (ctx, "reading the %s of %s", what, of);
}

static int
read_zero (fmtconv_ctx *ctx, const void *params_, fmtconv_input *in, fmtconv_model *out)
{
  zero_load load = { .ctx = ctx, .params = params_, .out = out };
  if (zero_locate (&load, in) || zero_open_files (&load) || zero_check_steps (&load)
      || (!load.is_universal && zero_read_flats (&load)) || put_all (&load))
    return fmtconv_ctx_failed (ctx);
  return report (&load, out);
}

/* A universal checkpoint, or a run with one: less than the sat reader bids for 'latest', which chooses between the copies of
 * the weights. */
static int
probe_folder (const fmtconv_peek *peek)
{
  bool states = false, model = false, universal = false;
  for (size_t i = 0; i < peek->n_entries; i++)
    {
      const char *name = peek->entries[i];
      states |= !strcmp (name, "zero");
      model |= text_ends_with (name, "_model_states.pt");
      universal |= !strcmp (name, "latest_universal");
    }
  return states && model ? 256 : universal ? 48 : 0;
}

/* One file of the optimizer stands for all. */
static int
probe (const fmtconv_peek *peek)
{
  if (peek->is_folder)
    return probe_folder (peek);
  return pickled_by_torch (peek) && fmtconv_glob_match ("*zero_pp_rank_*_optim_states.pt", peek->base) ? 256
                                                                                                       : 0;
}

FMTCONV_PLUGIN (zero, .name = "zero", .summary = "fp32 weights of ZeRO checkpoints",
                .reader = FMTCONV_READER (.params = params, .probe = probe, .read = read_zero));

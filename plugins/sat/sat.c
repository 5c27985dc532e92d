/* plugins/sat/sat.c: the sat plugin, and the reader of SwissArmyTransformer / DeepSpeed checkpoints.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickled.h"
#include "sat.h"
#include <fmtconv/formats.h>
#include <string.h>

static const fmtconv_param params[] = {
  { "iteration", FMTCONV_PARAM_TEXT, offsetof (struct sat_params, iteration), NULL,
    "iteration to read; default: the one named in the run's file 'latest'" },
  { "ema", FMTCONV_PARAM_BOOL, offsetof (struct sat_params, ema), "no",
    "read the averaged weights (folder N-ema)" },
  { "crc", FMTCONV_PARAM_CHOICE, offsetof (struct sat_params, crc), "check|ignore",
    "whether a checksum mismatch is an error" },
  { "weights", FMTCONV_PARAM_CHOICE, offsetof (struct sat_params, weights), "auto|model|fp32",
    "with ZeRO: the model's weights, or the optimizer's in fp32; default: the model's unless ZeRO-3 split "
    "them" },
  { 0 },
};

static const fmtconv_param write_params[] = {
  { "iteration", FMTCONV_PARAM_TEXT, offsetof (struct sat_write_params, iteration), "1",
    "iteration number that training resumes from, or 'release'" },
  { 0 },
};

void
sat_read_config (fmtconv_ctx *ctx, fmtconv_input *config, fmtconv_model *out)
{
  const char *why = NULL;
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (config));
  fmtconv_attr *tree = c.source ? fmtconv_cursor_take_yaml (&c, c.end, &why) : NULL;
  if (tree)
    fmtconv_attr_set (fmtconv_attr_make (fmtconv_model_attrs (out), "source"), "training_config", tree);
  else if (!fmtconv_ctx_failed (ctx))
    fmtconv_warn (ctx, "cannot read %s (%s); alpha, rank and sizes stay unknown", fmtconv_input_path (config),
                  why ? why : "unknown reason");
}

/* Reads the weights of the place that was found. */
static int
read_place (fmtconv_ctx *ctx, const struct sat_params *p, const struct sat_place *place, fmtconv_model *out)
{
  const char *torch = p->crc ? "torch:crc=ignore" : "torch";
  if (!place->zero)
    return sat_read_ranks (ctx, place, torch, out)
                   || !sat_is_rank_name (fmtconv_input_basename (place->ranks[0]))
               ? fmtconv_ctx_failed (ctx)
               : sat_read_experts (ctx, place, torch, out);
  const fmtconv_model *model = fmtconv_input_read (place->zero, p->crc ? "zero:crc=ignore" : "zero");
  if (model)
    fmtconv_model_adopt (out, model);
  return fmtconv_ctx_failed (ctx);
}

static int
read_sat (fmtconv_ctx *ctx, const void *params_, fmtconv_input *in, fmtconv_model *out)
{
  const struct sat_params *p = params_;
  struct sat_place place;
  if (sat_locate (ctx, p, in, &place) || read_place (ctx, p, &place, out))
    return fmtconv_ctx_failed (ctx);
  if (place.config)
    sat_read_config (ctx, place.config, out);
  return fmtconv_ctx_failed (ctx);
}

static int
probe_folder (const fmtconv_peek *peek)
{
  int bits = 0;
  for (size_t i = 0; i < peek->n_entries; i++)
    {
      const char *name = peek->entries[i];
      if (strstr (name, "_model_states.pt"))
        return 128;
      if (!strcmp (name, "latest") || !strcmp (name, "training_config.yaml"))
        bits = 64;
      else if (sat_is_run_name (name) && bits < 64)
        bits = 32;
      else if (sat_is_iteration_name (name) && !bits)
        bits = 16;
    }
  return bits;
}

static int
probe (const fmtconv_peek *peek)
{
  const char *end = strstr (peek->base, "_model_states.pt");
  if (peek->is_folder)
    return probe_folder (peek);
  return end && !end[16] && pickled_by_torch (peek) ? 256 : 0;
}

FMTCONV_PLUGIN (sat, .name = "sat", .summary = "SwissArmyTransformer (SAT) / DeepSpeed checkpoints",
                .reader = FMTCONV_READER (.params = params, .main = "iteration=N", .probe = probe,
                                          .read = read_sat),
                .writer = FMTCONV_WRITER (.params = write_params, .main = "iteration=N", .is_folder = 1,
                                          .limits = { .rank = FMTCONV_MAX_RANK,
                                                      .name_bytes = 4096,
                                                      .understands = FMTCONV_FEATURE_TIED },
                                          .write = sat_write));

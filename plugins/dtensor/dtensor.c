/* plugins/dtensor/dtensor.c: the dtensor plugin: joins the tensors that every rank saved its part of.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickled.h"
#include "plugins/dtensor/dtensor.h"

static const fmtconv_param params[] = {
  { "crc", FMTCONV_PARAM_CHOICE, offsetof (struct dt_params, crc), "check|ignore",
    "whether a checksum mismatch is an error" },
  { 0 },
};

static bool
is_tensor (const dt_load *load, uint32_t rank, const fmtconv_value *value)
{
  return fmtconv_pickle_tensor (load->pickles[rank], value, NULL);
}

/* Puts a tensor, which every rank has to have. */
static int
put (dt_load *load, const char *name)
{
  for (uint32_t rank = 0; rank < load->ranks; rank++)
    {
      const fmtconv_value *value = fmtconv_value_find (load->pickles[rank]->value, name);
      if (!is_tensor (load, rank, value))
        return fmtconv_ctx_failed (load->ctx)
                   ? fmtconv_ctx_failed (load->ctx)
                   : dt_wrong (load, rank, name, "rank 0 has this tensor, but this rank has not");
      if (dt_read_part (load, rank, name, value))
        return fmtconv_ctx_failed (load->ctx);
    }
  fmtconv_view *view = dt_join (load, name);
  if (view)
    fmtconv_model_put (load->out, name, view);
  return fmtconv_ctx_failed (load->ctx);
}

/* Checks that a rank has no tensor that rank 0 has not. */
static int
check_others (dt_load *load, uint32_t rank)
{
  const fmtconv_value *dict = load->pickles[rank]->value;
  for (size_t i = 0; i < fmtconv_value_count (dict) && !fmtconv_ctx_failed (load->ctx); i++)
    {
      fmtconv_scratch_begin (load->ctx);
      const char *name = pickled_name (load->ctx, fmtconv_value_key (dict, i));
      if (name && !fmtconv_model_find (load->out, name) && is_tensor (load, rank, fmtconv_value_at (dict, i)))
        return dt_wrong (load, rank, name, "this rank has a tensor that rank 0 has not");
      fmtconv_scratch_end (load->ctx);
    }
  return fmtconv_ctx_failed (load->ctx);
}

/* Puts a value of rank 0, or says that it is left out.  Returns whether it is a tensor. */
static bool
put_value (dt_load *load, const fmtconv_value *key, const fmtconv_value *value)
{
  const char *name = pickled_name (load->ctx, key);
  if (name && is_tensor (load, 0, value))
    return !put (load, name);
  fmtconv_model_skip (load->out, name ? name : "(a key that is not a name)", 0,
                      fmtconv_value_describe (load->ctx, value));
  return false;
}

/* Puts the tensors in the order of rank 0.  What is made for one ends with it, such as the parts of the objects that describe
 * it. */
static int
put_all (dt_load *load)
{
  const fmtconv_value *dict = load->pickles[0]->value;
  size_t n = 0;
  for (size_t i = 0; i < fmtconv_value_count (dict) && !fmtconv_ctx_failed (load->ctx); i++)
    {
      fmtconv_scratch_begin (load->ctx);
      n += put_value (load, fmtconv_value_key (dict, i), fmtconv_value_at (dict, i));
      fmtconv_scratch_end (load->ctx);
    }
  if (!n && !fmtconv_ctx_failed (load->ctx))
    return dt_wrong (load, 0, NULL, "it holds no tensors");
  for (uint32_t rank = 1; rank < load->ranks && !fmtconv_ctx_failed (load->ctx); rank++)
    check_others (load, rank);
  return fmtconv_ctx_failed (load->ctx);
}

static int
read_dtensor (fmtconv_ctx *ctx, const void *params_, fmtconv_input *in, fmtconv_model *out)
{
  dt_load load = { .ctx = ctx, .params = params_, .out = out };
  if (dt_open_files (&load, in) || put_all (&load))
    return fmtconv_ctx_failed (ctx);
  fmtconv_attr_set_string (
      fmtconv_model_attrs (out), "title",
      fmtconv_ctx_printf (ctx, "DTensors of %u rank%s joined", load.ranks, load.ranks == 1 ? "" : "s"));
  return fmtconv_note (ctx, "joining the DTensors of %u rank%s", load.ranks, load.ranks == 1 ? "" : "s");
}

static int
probe (const fmtconv_peek *peek)
{
  if (!peek->is_folder)
    return pickled_by_torch (peek) && fmtconv_glob_match ("model_world_size_*_rank_*.pt", peek->base) ? 256
                                                                                                      : 0;
  for (size_t i = 0; i < peek->n_entries; i++)
    if (fmtconv_glob_match ("model_world_size_*_rank_*.pt", peek->entries[i]))
      return 160;
  return 0;
}

FMTCONV_PLUGIN (dtensor, .name = "dtensor", .summary = "DTensors that every rank saved its part of",
                .reader = FMTCONV_READER (.params = params, .probe = probe, .read = read_dtensor));

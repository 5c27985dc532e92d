/* plugins/megatron/ranks.c: reads the files of all ranks, and checks by their arguments that they are of one checkpoint.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/megatron/megatron.h"
#include <string.h>

/* Arguments that are equal in all ranks of a checkpoint. */
static const char *const shared[] = { "tensor_model_parallel_size",
                                      "pipeline_model_parallel_size",
                                      "virtual_pipeline_model_parallel_size",
                                      "num_layers",
                                      "hidden_size",
                                      "ffn_hidden_size",
                                      "num_attention_heads",
                                      "num_query_groups",
                                      "kv_channels",
                                      "padded_vocab_size",
                                      "vocab_size",
                                      "max_position_embeddings",
                                      "num_experts",
                                      "expert_model_parallel_size",
                                      "expert_tensor_parallel_size",
                                      "swiglu",
                                      "untie_embeddings_and_output_weights",
                                      NULL };

/* Returns the place of a stage of a rank in load->models. */
static const fmtconv_model **
slot (const megatron_load *load, uint32_t stage, megatron_rank rank)
{
  const size_t of_rank =
      ((size_t) rank.pipeline * load->expert_ranks + rank.expert) * load->tensor_ranks + rank.tensor;
  return &load->models[of_rank * load->stages + stage];
}

const fmtconv_model *
megatron_model (const megatron_load *load, uint32_t stage, megatron_rank rank)
{
  return *slot (load, stage, rank);
}

/* Returns an entry of the arguments, or of the file itself. */
static fmtconv_attr *
entry_of (const fmtconv_model *model, const char *of, const char *key)
{
  fmtconv_attr *map = fmtconv_attr_at (fmtconv_model_attrs (model), of);
  return map ? fmtconv_attr_get (map, key) : NULL;
}

/* ---- The first file, which says what ranks there are */

/* Counts the stages that a rank's file holds: 1 for `model`, or those of model0, model1 …; 0: an error. */
static uint32_t
count_stages (const megatron_load *load, fmtconv_input *file)
{
  const fmtconv_pickle *pickle =
      fmtconv_pickle_open (fmtconv_input_open (file), load->params->crc ? FMTCONV_ZIP_IGNORE_CRC : 0);
  const fmtconv_value *top = pickle ? pickle->value : NULL;
  uint32_t n = 0;
  if (!pickle || fmtconv_value_find (top, "model"))
    return pickle ? 1 : 0;
  while (n <= MEGATRON_MAX_STAGES && fmtconv_value_find (top, fmtconv_ctx_printf (load->ctx, "model%u", n)))
    n++;
  if (n && n <= MEGATRON_MAX_STAGES)
    return n;
  const fmtconv_where where = { .source = pickle->source, .hint = "read the file alone with -r torch" };
  if (n)
    fmtconv_fail_at (load->ctx, FMTCONV_E_LIMIT, &where, "a rank has more than %d stages of the pipeline",
                     MEGATRON_MAX_STAGES);
  else
    fmtconv_fail_at (load->ctx, FMTCONV_E_FORMAT, &where,
                     "it has neither 'model' nor 'model0', the state dictionary of a rank");
  return 0;
}

/* Reads one stage in the file of a rank. */
static const fmtconv_model *
read_stage (const megatron_load *load, fmtconv_input *file, uint32_t stage)
{
  const char *crc = load->params->crc ? ",crc=ignore" : "";
  const char *root = load->is_nemo       ? "."
                     : load->stages == 1 ? "model"
                                         : fmtconv_ctx_printf (load->ctx, "model%u", stage);
  return fmtconv_input_read (file, fmtconv_ctx_printf (load->ctx, "torch:root=%s%s", root, crc));
}

/* Reads the file of a rank. */
static int
read_file (const megatron_load *load, megatron_rank rank)
{
  fmtconv_input *file = megatron_file (load, rank);
  for (uint32_t stage = 0; file && stage < load->stages && !fmtconv_ctx_failed (load->ctx); stage++)
    *slot (load, stage, rank) = read_stage (load, file, stage);
  return fmtconv_ctx_failed (load->ctx);
}

/* Takes the arguments of the first file. */
static int
read_args (megatron_load *load, fmtconv_input *file)
{
  if (load->is_nemo)
    return megatron_read_config (load);
  const fmtconv_model *model = read_stage (load, file, 0);
  fmtconv_attr *facts = model ? fmtconv_attr_at (fmtconv_model_attrs (model), "source/torch") : NULL;
  load->args = fmtconv_attr_get (facts, "args");
  load->version = fmtconv_attr_get_float (facts, "checkpoint_version", 0);
  if (load->args || fmtconv_ctx_failed (load->ctx))
    return fmtconv_ctx_failed (load->ctx);
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .hint = "read one file alone with -r torch, if it holds the whole model" },
      "the file in %s has no 'args', so that nothing says how many ranks there are, and how tensors are "
      "divided",
      megatron_rank_name (load, (megatron_rank){ 0 }));
}

/* Reads what the first file says of all. */
static int
read_first (megatron_load *load)
{
  fmtconv_input *file = megatron_file (load, (megatron_rank){ 0 });
  load->stages = !file ? 0 : load->is_nemo ? 1 : count_stages (load, file);
  if (!load->stages || read_args (load, file) || megatron_read_mesh (load))
    return fmtconv_ctx_failed (load->ctx);
  if (load->version < 2 && load->version != 0 && load->version != 1)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_UNSUPPORTED,
                            &(fmtconv_where){ .hint = "load it with Megatron-LM, and save it again" },
                            "its checkpoint_version is %g, which Megatron-LM does not know", load->version);
  const int64_t virtual = fmtconv_attr_get_int (load->args, "virtual_pipeline_model_parallel_size",
                                                load->stages);
  if (virtual == load->stages)
    return 0;
  return fmtconv_fail (load->ctx, FMTCONV_E_FORMAT,
                       "%s %lld stages of each pipeline rank, but the file has %u", megatron_say (load),
                       (long long) virtual, load->stages);
}

/* ---- The others */

/* Returns a value as text, for messages and comparison. */
static const char *
text_of (fmtconv_attr *value)
{
  const char *text = value ? fmtconv_attr_json_text (value, 0) : NULL;
  return text ? text : "nothing";
}

static int
compare (const megatron_load *load, const char *of, const char *key, megatron_rank rank)
{
  const megatron_rank zero = { 0 };
  const char *first = text_of (entry_of (megatron_model (load, 0, zero), of, key));
  const char *own = text_of (entry_of (megatron_model (load, 0, rank), of, key));
  if (fmtconv_ctx_failed (load->ctx) || !strcmp (first, own))
    return fmtconv_ctx_failed (load->ctx);
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .hint = "the files are of several saves; get a complete copy of one" },
      "%s says %s %s, but %s says %s", megatron_rank_name (load, zero), key, first,
      megatron_rank_name (load, rank), own);
}

/* Checks that a rank is of the checkpoint of the first. */
static int
check_rank (const megatron_load *load, megatron_rank rank)
{
  if (compare (load, "source/torch", "iteration", rank)
      || compare (load, "source/torch", "checkpoint_version", rank))
    return fmtconv_ctx_failed (load->ctx);
  for (const char *const *key = shared; *key; key++)
    if (compare (load, "source/torch/args", *key, rank))
      return fmtconv_ctx_failed (load->ctx);
  return 0;
}

/* Fails as the first rank has no folder: lists those that the names of the others say there are. */
static int
fail_first (megatron_load *load)
{
  load->tensor_ranks = load->most[0] > MEGATRON_MAX_RANKS ? MEGATRON_MAX_RANKS : load->most[0];
  load->expert_tensor_ranks = load->tensor_ranks;
  return fmtconv_ctx_failed (load->ctx) ? fmtconv_ctx_failed (load->ctx) : megatron_fail_ranks (load);
}

int
megatron_read_ranks (megatron_load *load)
{
  megatron_rank rank = { 0 };
  if (!fmtconv_input_has (load->folder, megatron_rank_name (load, rank)))
    return fail_first (load);
  if (read_first (load))
    return fmtconv_ctx_failed (load->ctx);
  load->models = fmtconv_ctx_alloc (
      load->ctx, (size_t) load->stages * load->pipeline_ranks * load->expert_ranks * load->tensor_ranks,
      sizeof *load->models);
  if (!load->models)
    return fmtconv_ctx_failed (load->ctx);
  do
    {
      if (!fmtconv_input_has (load->folder, megatron_rank_name (load, rank)))
        return megatron_fail_ranks (load);
      if (read_file (load, rank) || check_rank (load, rank))
        return fmtconv_ctx_failed (load->ctx);
    }
  while (megatron_next_rank (load, &rank));
  return fmtconv_ctx_failed (load->ctx);
}

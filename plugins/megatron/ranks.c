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
                                      "swiglu",
                                      "untie_embeddings_and_output_weights",
                                      NULL };

const fmtconv_model *
megatron_model (const megatron_load *load, uint32_t stage, uint32_t pipeline, uint32_t tensor)
{
  return load->models[((size_t) stage * load->pipeline_ranks + pipeline) * load->tensor_ranks + tensor];
}

/* Returns an entry of the arguments, or of the file itself. */
static fmtconv_attr *
entry_of (const fmtconv_model *model, const char *of, const char *key)
{
  fmtconv_attr *map = fmtconv_attr_at (fmtconv_model_attrs (model), of);
  return map ? fmtconv_attr_get (map, key) : NULL;
}

static fmtconv_attr *
argument (const fmtconv_model *model, const char *key)
{
  return entry_of (model, "source/torch/args", key);
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

static int
read_file (megatron_load *load, uint32_t tensor, uint32_t pipeline)
{
  fmtconv_input *file = megatron_file (load, tensor, pipeline);
  for (uint32_t stage = 0; file && stage < load->stages && !fmtconv_ctx_failed (load->ctx); stage++)
    {
      const char *root = load->stages == 1 ? "model" : fmtconv_ctx_printf (load->ctx, "model%u", stage);
      load->models[((size_t) stage * load->pipeline_ranks + pipeline) * load->tensor_ranks + tensor] =
          fmtconv_input_read (file, fmtconv_ctx_printf (load->ctx, "torch:root=%s%s", root,
                                                        load->params->crc ? ",crc=ignore" : ""));
    }
  return fmtconv_ctx_failed (load->ctx);
}

/* Fails as the folders are not those of the ranks that the arguments say. */
static int
fail_ranks (const megatron_load *load, uint32_t tensor, uint32_t pipeline)
{
  uint32_t absent = 0;
  for (uint32_t t = 0; t < tensor; t++)
    for (uint32_t p = 0; p < pipeline; p++)
      if (!fmtconv_input_has (load->folder, megatron_rank_name (load, t, p)) && ++absent)
        fmtconv_detail (load->ctx, "%s", megatron_rank_name (load, t, p));
  if (absent)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .hint = "copy the folders of all ranks into one folder" },
                            "%u of %u ranks are missing in %s", absent, tensor * pipeline,
                            fmtconv_input_path (load->folder));
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .hint = "remove the folders that do not belong to this checkpoint" },
      "the arguments in %s say %u tensor-parallel and %u pipeline-parallel ranks, but there are folders of "
      "%u and %u",
      megatron_rank_name (load, 0, 0), tensor, pipeline, load->tensor_ranks, load->pipeline_ranks);
}

/* Returns a number of ranks in the arguments; 1: there is none.  0: it is not a number of ranks. */
static uint32_t
ranks_of (const fmtconv_model *model, const char *key)
{
  const int64_t n = fmtconv_attr_get_int (argument (model, key), NULL, argument (model, key) ? 0 : 1);
  return n < 1 || n > MEGATRON_MAX_RANKS ? 0 : (uint32_t) n;
}

/* Refuses what the names of the folders do not tell apart: experts, which are divided over further ranks. */
static int
check_experts (const megatron_load *load, const fmtconv_model *model, uint32_t tensor)
{
  const uint32_t experts = ranks_of (model, "expert_model_parallel_size"),
                 within =
                     argument (model, "num_experts") ? ranks_of (model, "expert_tensor_parallel_size") : 0;
  if (experts == 1 && (!argument (model, "expert_tensor_parallel_size") || !within || within == tensor))
    return 0;
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .hint = "save it with expert_model_parallel_size 1 and the same number of "
                                "tensor-parallel ranks for experts, or as torch_dist" },
      "experts are divided over other ranks (%s), which is not supported",
      experts == 1 ? "expert_tensor_parallel_size" : "expert_model_parallel_size");
}

/* Checks the ranks and stages that the first file says there are.  Returns 0 or an error code. */
static int
check_first (const megatron_load *load, const fmtconv_model *model)
{
  if (!fmtconv_attr_at (fmtconv_model_attrs (model), "source/torch/args"))
    return fmtconv_fail_at (
        load->ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .hint = "read one file alone with -r torch, if it holds the whole model" },
        "the file in %s has no 'args', so that nothing says how many ranks there are, and how tensors are "
        "divided",
        megatron_rank_name (load, 0, 0));
  const double version = fmtconv_attr_get_float (
      fmtconv_attr_at (fmtconv_model_attrs (model), "source/torch"), "checkpoint_version", 0);
  if (version < 2)
    return fmtconv_fail_at (
        load->ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .hint = "load it with Megatron-LM, and save it again" },
        "its checkpoint_version is %g: before 2, queries, keys and values had another order", version);
  const uint32_t tensor = ranks_of (model, "tensor_model_parallel_size"),
                 pipeline = ranks_of (model, "pipeline_model_parallel_size");
  if (!tensor || !pipeline || (uint64_t) tensor * pipeline > MEGATRON_MAX_RANKS)
    return fmtconv_fail (load->ctx, FMTCONV_E_FORMAT, "the arguments in %s have no valid number of ranks",
                         megatron_rank_name (load, 0, 0));
  if (check_experts (load, model, tensor))
    return fmtconv_ctx_failed (load->ctx);
  if (tensor != load->tensor_ranks || pipeline != load->pipeline_ranks)
    return fail_ranks (load, tensor, pipeline);
  const int64_t virtual = fmtconv_attr_get_int (argument (model, "virtual_pipeline_model_parallel_size"),
                                                NULL, load->stages);
  if (virtual != load->stages)
    return fmtconv_fail (load->ctx, FMTCONV_E_FORMAT,
                         "the arguments in %s say %lld stages of each pipeline rank, but the file has %u",
                         megatron_rank_name (load, 0, 0), (long long) virtual, load->stages);
  return 0;
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
compare (const megatron_load *load, const char *of, const char *key, uint32_t tensor, uint32_t pipeline)
{
  const char *first = text_of (entry_of (megatron_model (load, 0, 0, 0), of, key));
  const char *own = text_of (entry_of (megatron_model (load, 0, pipeline, tensor), of, key));
  if (fmtconv_ctx_failed (load->ctx) || !strcmp (first, own))
    return fmtconv_ctx_failed (load->ctx);
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .hint = "the files are of several saves; get a complete copy of one" },
      "%s says %s %s, but %s says %s", megatron_rank_name (load, 0, 0), key, first,
      megatron_rank_name (load, tensor, pipeline), own);
}

/* Checks that a rank is of the checkpoint of the first. */
static int
check_rank (const megatron_load *load, uint32_t tensor, uint32_t pipeline)
{
  if (compare (load, "source/torch", "iteration", tensor, pipeline)
      || compare (load, "source/torch", "checkpoint_version", tensor, pipeline))
    return fmtconv_ctx_failed (load->ctx);
  for (const char *const *key = shared; *key; key++)
    if (compare (load, "source/torch/args", *key, tensor, pipeline))
      return fmtconv_ctx_failed (load->ctx);
  return 0;
}

int
megatron_read_ranks (megatron_load *load)
{
  if (!fmtconv_input_has (load->folder, megatron_rank_name (load, 0, 0)))
    return fail_ranks (load, load->tensor_ranks, load->pipeline_ranks);
  fmtconv_input *first = megatron_file (load, 0, 0);
  load->stages = first ? count_stages (load, first) : 0;
  if (!load->stages)
    return fmtconv_ctx_failed (load->ctx);
  load->models = fmtconv_ctx_alloc (
      load->ctx, (size_t) load->stages * load->pipeline_ranks * load->tensor_ranks, sizeof *load->models);
  if (!load->models || read_file (load, 0, 0) || check_first (load, megatron_model (load, 0, 0, 0)))
    return fmtconv_ctx_failed (load->ctx);
  for (uint32_t p = 0; p < load->pipeline_ranks; p++)
    for (uint32_t t = 0; t < load->tensor_ranks; t++)
      {
        if (!fmtconv_input_has (load->folder, megatron_rank_name (load, t, p)))
          return fail_ranks (load, load->tensor_ranks, load->pipeline_ranks);
        if ((t || p) && (read_file (load, t, p) || check_rank (load, t, p)))
          return fmtconv_ctx_failed (load->ctx);
      }
  return fmtconv_ctx_failed (load->ctx);
}

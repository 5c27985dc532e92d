/* plugins/megatron/mesh.c: which ranks there are, by the arguments and by the names of the folders.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where the matrices of experts are divided over fewer ranks than the others (expert_tensor_parallel_size), the process of global
 * number n has tensor-parallel rank n modulo TP of the dense layers, and rank n modulo ETP of expert rank n / ETP; files are
 * written by the first ETP * EP processes of each stage (megatron/core/parallel_state.py, RankGenerator with the order
 * tp-cp-ep-dp-pp; megatron/training/checkpointing.py, save_checkpoint).  The names of folders have the dense rank and the expert
 * rank. */
#include "config.h"

#include "plugins/megatron/megatron.h"

const char *
megatron_say (const megatron_load *load)
{
  return load->is_nemo ? "model_config.yaml says"
                       : fmtconv_ctx_printf (load->ctx, "the arguments in %s say",
                                             megatron_rank_name (load, (megatron_rank){ 0 }));
}

/* Returns a number of ranks in the arguments; 1: it is absent or null.  0: it is not a number of ranks. */
static uint32_t
ranks_of (const megatron_load *load, const char *key)
{
  fmtconv_attr *value = fmtconv_attr_get (load->args, key);
  const int64_t n = value && value->kind != FMTCONV_ATTR_NULL ? fmtconv_attr_get_int (value, NULL, 0) : 1;
  return n < 1 || n > MEGATRON_MAX_RANKS ? 0 : (uint32_t) n;
}

bool
megatron_has_file (const megatron_load *load, megatron_rank rank)
{
  const uint32_t within = load->expert_tensor_ranks;
  bool has = within == load->tensor_ranks;
  for (uint32_t i = 0; i < within && !has; i++)
    has = (rank.expert * within + i) % load->tensor_ranks == rank.tensor;
  return has;
}

bool
megatron_next_rank (const megatron_load *load, megatron_rank *rank)
{
  do
    {
      if (++rank->tensor == load->tensor_ranks)
        {
          rank->tensor = 0;
          rank->expert++;
        }
      if (rank->expert == load->expert_ranks)
        {
          rank->expert = 0;
          rank->pipeline++;
        }
    }
  while (rank->pipeline < load->pipeline_ranks && !megatron_has_file (load, *rank));
  return rank->pipeline < load->pipeline_ranks;
}

int
megatron_fail_ranks (const megatron_load *load)
{
  uint32_t absent = 0, all = 0;
  megatron_rank rank = { 0 };
  do
    {
      all++;
      if (!fmtconv_input_has (load->folder, megatron_rank_name (load, rank)) && ++absent)
        fmtconv_detail (load->ctx, "%s", megatron_rank_name (load, rank));
    }
  while (megatron_next_rank (load, &rank));
  if (absent)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .hint = "copy the folders of all ranks into one folder" },
                            "%u of %u ranks are missing in %s", absent, all,
                            fmtconv_input_path (load->folder));
  const char *experts = load->expert_ranks > 1
                            ? fmtconv_ctx_printf (load->ctx, ", %u expert-parallel", load->expert_ranks)
                            : "";
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .hint = "remove the folders that do not belong to this checkpoint" },
      "%s %u tensor-parallel and %u pipeline-parallel ranks%s, but there are folders of %u and %u%s",
      megatron_say (load), load->tensor_ranks, load->pipeline_ranks, experts, load->most[0],
      load->numbers == 1 ? 1 : load->most[1],
      load->numbers == 3 ? fmtconv_ctx_printf (load->ctx, " and %u", load->most[2]) : "");
}

/* Takes how experts are divided from the arguments. */
static int
read_experts (megatron_load *load)
{
  fmtconv_attr *args = load->args, *within = fmtconv_attr_get (args, "expert_tensor_parallel_size");
  const int64_t experts = fmtconv_attr_get_int (args, "num_experts", 0);
  load->expert_ranks = 1;
  load->expert_tensor_ranks = load->tensor_ranks;
  if (experts < 1)
    return 0;
  load->expert_ranks = ranks_of (load, "expert_model_parallel_size");
  if (within && within->kind != FMTCONV_ATTR_NULL)
    load->expert_tensor_ranks = ranks_of (load, "expert_tensor_parallel_size");
  if (!load->expert_ranks || !load->expert_tensor_ranks || experts > INT32_MAX
      || experts % load->expert_ranks)
    return fmtconv_fail (load->ctx, FMTCONV_E_FORMAT,
                         "%s %lld experts, which cannot be divided over %lld ranks", megatron_say (load),
                         (long long) experts,
                         (long long) fmtconv_attr_get_int (args, "expert_model_parallel_size", 1));
  load->experts = (uint32_t) experts / load->expert_ranks;
  if (load->expert_tensor_ranks == load->tensor_ranks
      || (load->expert_tensor_ranks < load->tensor_ranks && !(load->tensor_ranks % load->expert_tensor_ranks)
          && (uint64_t) load->expert_tensor_ranks * load->expert_ranks >= load->tensor_ranks))
    return 0;
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .hint = "save it as torch_dist, or with an expert_tensor_parallel_size that divides "
                                "tensor_model_parallel_size" },
      "with an expert_tensor_parallel_size of %u, an expert_model_parallel_size of %u and %u tensor-parallel "
      "ranks, the folders do not hold all shares: several processes wrote the same one, or none did",
      load->expert_tensor_ranks, load->expert_ranks, load->tensor_ranks);
}

/* Returns whether the names of the folders have numbers for what is divided, and as many of each. */
static bool
fits (const megatron_load *load)
{
  const uint32_t second =
      load->expert_ranks > 1 && load->pipeline_ranks == 1 ? load->expert_ranks : load->pipeline_ranks;
  if (load->most[0] != load->tensor_ranks)
    return false;
  if (load->numbers == 1)
    return load->pipeline_ranks == 1 && load->expert_ranks == 1;
  if (load->numbers == 2)
    return load->most[1] == second && (load->expert_ranks == 1 || load->pipeline_ranks == 1);
  return load->most[1] == load->pipeline_ranks && load->most[2] == load->expert_ranks;
}

int
megatron_read_mesh (megatron_load *load)
{
  load->tensor_ranks = ranks_of (load, fmtconv_attr_get (load->args, "tensor_model_parallel_size")
                                           ? "tensor_model_parallel_size"
                                           : "model_parallel_size"); /* before checkpoint_version 3 */
  load->pipeline_ranks = ranks_of (load, "pipeline_model_parallel_size");
  if (!load->tensor_ranks || !load->pipeline_ranks)
    return fmtconv_fail (load->ctx, FMTCONV_E_FORMAT, "%s no valid number of ranks", megatron_say (load));
  if (read_experts (load))
    return fmtconv_ctx_failed (load->ctx);
  if ((uint64_t) load->tensor_ranks * load->pipeline_ranks > MEGATRON_MAX_RANKS
      || (uint64_t) load->tensor_ranks * load->pipeline_ranks * load->expert_ranks > MEGATRON_MAX_RANKS)
    return fmtconv_fail (load->ctx, FMTCONV_E_LIMIT, "%s %u x %u x %u ranks, more than %d",
                         megatron_say (load), load->tensor_ranks, load->pipeline_ranks, load->expert_ranks,
                         MEGATRON_MAX_RANKS);
  if (fits (load))
    return 0;
  /* The names of the folders that are missing have a number for all that is divided. */
  const unsigned least = 1 + (load->pipeline_ranks > 1) + (load->expert_ranks > 1);
  load->numbers = load->numbers < least ? least : load->numbers;
  return megatron_fail_ranks (load);
}

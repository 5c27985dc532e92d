/* plugins/megatron/megatron.h: the parts of the reader of Megatron's checkpoints of tensor- and pipeline-parallel ranks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Layout (NVIDIA/Megatron-LM, megatron/training/checkpointing.py, get_checkpoint_name and generate_state_dict):
 *   SAVE/latest_checkpointed_iteration.txt      "1000", or "release"
 *   SAVE/iter_0001000/mp_rank_TT/FILE           a file each tensor-parallel rank, if the pipeline has one stage
 *   SAVE/iter_0001000/mp_rank_TT_PPP/FILE       a file each tensor-parallel rank of each stage of the pipeline
 * FILE is a dictionary of torch.save: args, an argparse.Namespace; iteration; model, the state dictionary of the rank, or
 * model0, model1 … if the rank has several stages of the pipeline ("virtual" ones).  The numbers of layers in names begin at 0
 * in each stage; the stages follow one another as in tools/checkpoint/loader_base.py: stage 0 of all ranks, then stage 1. */
#ifndef MEGATRON_H
#define MEGATRON_H

#include <fmtconv/formats.h>
#include <fmtconv/pickle.h>
#include <stdbool.h>

enum
{
  MEGATRON_MAX_RANKS = 4096, /* files of a checkpoint */
  MEGATRON_MAX_STAGES = 128  /* of one rank */
};

struct megatron_params
{
  int join;
  const char *rules; /* name of the model file that says how shares are joined */
  const char *iteration;
  int crc;
};

/* A checkpoint. */
typedef struct megatron_load
{
  fmtconv_ctx *ctx;
  const struct megatron_params *params;
  fmtconv_model *out;
  fmtconv_input *folder;        /* of the iteration */
  uint32_t tensor_ranks;        /* how many there are by the names of the folders, later by the arguments */
  uint32_t pipeline_ranks;      /* of the stages that names tell apart; 1: one */
  bool has_stages;              /* names have the number of the stage */
  uint32_t stages;              /* of each pipeline rank: 1, or the number of model0, model1 … */
  const fmtconv_model **models; /* by stage, pipeline rank and tensor rank, see megatron_model */
} megatron_load;

/* locate.c: returns whether a folder has the name of a rank's.  stage: UINT32_MAX if the name has none. */
bool megatron_is_rank_name (const char *name, uint32_t *tensor, uint32_t *stage);

/* Finds the folder of the iteration, and counts the ranks in it.  Returns 0 or an error code. */
int megatron_locate (megatron_load *load, fmtconv_input *in);

/* Returns the file of a rank; NULL: an error. */
fmtconv_input *megatron_file (const megatron_load *load, uint32_t tensor, uint32_t pipeline);

/* ranks.c: reads the files of all ranks, and checks that they are of one checkpoint.  Returns 0 or an error code. */
int megatron_read_ranks (megatron_load *load);

/* Returns what one stage of a rank holds. */
const fmtconv_model *megatron_model (const megatron_load *load, uint32_t stage, uint32_t pipeline,
                                     uint32_t tensor);

/* Returns the folder name of a rank, for messages. */
const char *megatron_rank_name (const megatron_load *load, uint32_t tensor, uint32_t pipeline);

/* layers.c: puts the tensors of all ranks into the model as tp.RANK.NAME, with the numbers that layers have in the whole model.
 * Returns 0 or an error code. */
int megatron_put_shares (megatron_load *load);

#endif

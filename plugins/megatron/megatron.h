/* plugins/megatron/megatron.h: the parts of the reader of Megatron's checkpoints of tensor- and pipeline-parallel ranks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Layout (NVIDIA/Megatron-LM, megatron/training/checkpointing.py, get_checkpoint_name and generate_state_dict):
 *   SAVE/latest_checkpointed_iteration.txt      "1000", or "release"
 *   SAVE/iter_0001000/mp_rank_TT/FILE           a file each tensor-parallel rank, if the pipeline has one stage
 *   SAVE/iter_0001000/mp_rank_TT_PPP/FILE       a file each tensor-parallel rank of each stage of the pipeline
 *   SAVE/iter_0001000/mp_rank_TT_EEE/FILE       the same if experts are divided over EEE, and for a pipeline _PPP_EEE
 * FILE is a dictionary of torch.save: args, an argparse.Namespace; iteration; model, the state dictionary of the rank, or
 * model0, model1 … if the rank has several stages of the pipeline ("virtual" ones).  The numbers of layers in names begin at 0
 * in each stage; the stages follow one another as in tools/checkpoint/loader_base.py: stage 0 of all ranks, then stage 1.
 * The numbers of experts begin at 0 in each expert-parallel rank (core/transformer/moe/experts.py, sharded_state_dict).
 *
 * Archives of NeMo 1 (NVIDIA/NeMo, nemo/collections/nlp/parts/nlp_overrides.py, NLPSaveRestoreConnector.save_to):
 *   mp_rank_TT/model_weights.ckpt               a file each tensor-parallel rank, if the pipeline has one stage
 *   tp_rank_TT_pp_rank_PPP/model_weights.ckpt   a file each tensor-parallel rank of each stage
 *   model_config.yaml                           what Megatron has in its arguments
 * The file is the state dictionary alone. */
#ifndef MEGATRON_H
#define MEGATRON_H

#include <fmtconv/formats.h>
#include <fmtconv/pickle.h>
#include <stdbool.h>

enum
{
  MEGATRON_MAX_RANKS = 4096, /* files of a checkpoint */
  MEGATRON_NUMBERS = 3,      /* in the name of a rank's folder */
  MEGATRON_MAX_STAGES = 128  /* of one rank */
};

struct megatron_params
{
  int join;
  const char *rules; /* name of the model file that says how shares are joined */
  const char *iteration;
  int crc;
};

/* One rank, as the name of its folder says it. */
typedef struct megatron_rank
{
  uint32_t tensor;
  uint32_t pipeline;
  uint32_t expert;
} megatron_rank;

/* A checkpoint. */
typedef struct megatron_load
{
  fmtconv_ctx *ctx;
  const struct megatron_params *params;
  fmtconv_model *out;
  fmtconv_input *folder; /* of the iteration */
  bool is_dist;          /* of dist_checkpointing: tensors of all ranks in a distributed checkpoint */
  bool is_nemo;          /* NeMo's: model_config.yaml instead of arguments in each file */
  unsigned numbers;      /* in the names of the folders: 1 to 3 */
  uint32_t most[MEGATRON_NUMBERS]; /* one more than the largest of each */
  bool has_long_names;             /* tp_rank_TT_pp_rank_PPP */
  fmtconv_attr *args;              /* those of the first file, or made of the configuration */
  double version;                  /* checkpoint_version */
  uint32_t tensor_ranks;           /* this and the following by the arguments */
  uint32_t pipeline_ranks;
  uint32_t expert_ranks;
  uint32_t expert_tensor_ranks; /* over which the matrices of one expert are divided */
  uint32_t experts;             /* of each expert rank, if there are several */
  uint32_t stages;              /* of each pipeline rank: 1, or the number of model0, model1 … */
  const fmtconv_model **models; /* of each stage and rank, see megatron_model */
} megatron_load;

/* locate.c: parses the name of a rank's folder.  Returns how many numbers it has: 0 if it is none.  is_long: whether it is of
 * the form tp_rank_TT_pp_rank_PPP. */
unsigned megatron_parse_name (const char *name, uint32_t numbers[MEGATRON_NUMBERS], bool *is_long);

/* Finds the folder of the iteration, and what the names of the folders in it say.  Returns 0 or an error code. */
int megatron_locate (megatron_load *load, fmtconv_input *in);

/* Returns the file of a rank; NULL: an error. */
fmtconv_input *megatron_file (const megatron_load *load, megatron_rank rank);

/* Returns the folder name of a rank. */
const char *megatron_rank_name (const megatron_load *load, megatron_rank rank);

/* dist.c: reads a checkpoint of dist_checkpointing.  Returns 0 or an error code. */
int megatron_read_dist (megatron_load *load);

/* nemo.c: makes the arguments of the configuration of NeMo.  Returns 0 or an error code. */
int megatron_read_config (megatron_load *load);

/* Returns the name that Megatron has for a tensor: without "model." and "module." where NeMo has put the model into others. */
const char *megatron_plain_name (const megatron_load *load, const char *name);

/* mesh.c: takes the numbers of ranks from the arguments, and checks that the names of the folders have as many.
 * Returns 0 or an error code. */
int megatron_read_mesh (megatron_load *load);

/* Returns whether a rank has a file. */
bool megatron_has_file (const megatron_load *load, megatron_rank rank);

/* Moves to the next rank that has a file, from { 0 } on: tensor-parallel ranks first, then expert-parallel ones, then stages.
 * Returns whether there is one. */
bool megatron_next_rank (const megatron_load *load, megatron_rank *rank);

/* Fails as the folders are not those of the ranks that the arguments say.  Returns the code. */
int megatron_fail_ranks (const megatron_load *load);

/* Returns the text with which messages begin that quote the arguments: "the arguments in mp_rank_00 say". */
const char *megatron_say (const megatron_load *load);

/* ranks.c: reads the files of all ranks, and checks that they are of one checkpoint.  Returns 0 or an error code. */
int megatron_read_ranks (megatron_load *load);

/* Returns what one stage of a rank holds. */
const fmtconv_model *megatron_model (const megatron_load *load, uint32_t stage, megatron_rank rank);

/* experts.c: returns the name that a tensor of an expert has in the whole model, with the number of the expert; NULL: it is not
 * of an expert, or an error. */
const char *megatron_expert_name (const megatron_load *load, const char *name, megatron_rank rank);

/* Returns which matrix of all experts of a rank a tensor is: 1 or 2; 0: it is not such a one. */
unsigned megatron_joint_matrix (const megatron_load *load, const char *name);

/* Returns the matrix of one expert in such a tensor, with rows for outputs; NULL: an error. */
fmtconv_view *megatron_take_expert (const megatron_load *load, const char *name, fmtconv_view *view,
                                    uint32_t expert);

/* layers.c: puts the tensors of all ranks into the model as tp.RANK.NAME, with the numbers that layers and experts have in the
 * whole model.
 * Returns 0 or an error code. */
int megatron_put_shares (megatron_load *load);

#endif

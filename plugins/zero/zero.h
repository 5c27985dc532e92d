/* plugins/zero/zero.h: the parts of the reader of ZeRO checkpoints.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The folder of an iteration, as DeepSpeed saves it (deepspeed/runtime/engine.py, zero/stage_1_and_2.py, zero/stage3.py):
 *   [bf16_]zero_pp_rank_R_mp_rank_00_optim_states.pt   rank R's parts of the fp32 weights, flat, and of the moments
 *   mp_rank_00_model_states.pt                         stages 1 and 2: names, shapes, buffers, weights as trained
 *   zero_pp_rank_R_mp_rank_00_model_states.pt          stage 3: the same of rank R, with parts of frozen weights
 *   offloaded_tensors/rankRR/ID.tensor.swp             stage 3: rank R's parts that its optimizer keeps on a disk
 * and as deepspeed/checkpoint/ds_to_universal.py converts it, with the same model states:
 *   zero/NAME/fp32.pt, exp_avg.pt, exp_avg_sq.pt       a whole parameter each, of stage 3 flat */
#ifndef ZERO_H
#define ZERO_H

#include <fmtconv/formats.h>
#include <fmtconv/pickle.h>
#include <stdbool.h>

enum
{
  ZERO_MAX_RANKS = 4096, /* as many files as a folder may have */
  ZERO_MAX_GROUPS = 65536
};

struct zero_params
{
  int crc;
  int part; /* ZERO_PART_… */
};

/* What of the parameters is read. */
enum
{
  ZERO_PART_WEIGHTS,
  ZERO_PART_EXP_AVG,
  ZERO_PART_EXP_AVG_SQ
};

/* A file of torch.save, and the dictionary in it. */
typedef struct zero_file
{
  const fmtconv_pickle *pickle;
  const char *name;
} zero_file;

/* A flat tensor: one rank's part of a group of parameters. */
typedef struct zero_flat
{
  fmtconv_view *view;
  uint64_t elements;
} zero_flat;

/* A parameter as the names and shapes say it. */
typedef struct zero_param
{
  const char *name;
  unsigned rank;
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t elements;
} zero_param;

typedef struct zero_load
{
  fmtconv_ctx *ctx;
  const struct zero_params *params;
  fmtconv_input *folder;
  fmtconv_model *out;
  bool is_universal; /* each parameter has a file */
  bool is_split;     /* stage 3: every parameter is split over the ranks */
  uint32_t ranks;
  zero_file *optimizers; /* of each rank */
  zero_file *
      models; /* stage 3: of each rank; else of each model-parallel rank, which are several for a universal one only */
  uint32_t
      model_ranks; /* model-parallel ranks with model states: tensor-parallel ranks of each stage of a pipeline */
  uint32_t groups;
  zero_flat *flats;      /* groups of rank 0, groups of rank 1 … */
  fmtconv_view **pieces; /* of one parameter */
  size_t cap_pieces;
} zero_load;

/* locate.c: finds the folder of the checkpoint, and whether it is a universal one.  Returns 0 or an error code. */
int zero_locate (zero_load *load, fmtconv_input *in);

/* files.c: finds and opens the files of all ranks.  Returns 0 or an error code. */
int zero_open_files (zero_load *load);

/* Opens a file of torch.save.  Returns 0 or an error code. */
int zero_open_file (const zero_load *load, fmtconv_input *in, zero_file *file);

/* Reports that a file is not as DeepSpeed writes it.  Returns the code. */
int zero_wrong (const zero_load *load, const zero_file *file, const char *tensor, const char *why);

/* Returns the value of a key in the dictionary of a file; NULL: it has none. */
const fmtconv_value *zero_get (const zero_file *file, const char *key);

/* Returns the value of a key in the state of the file's optimizer; NULL: it has none. */
const fmtconv_value *zero_state (const zero_file *file, const char *key);

/* tensor.c: returns a view of a pickled tensor; NULL: an error. */
fmtconv_view *zero_view (zero_load *load, const zero_file *file, const char *name,
                         const fmtconv_value *value);

/* Reads the name and the shape of a parameter.  Returns 0 or an error code. */
int zero_read_param (const zero_load *load, const zero_file *file, const fmtconv_value *name,
                     const fmtconv_value *shape, zero_param *param);

/* Returns n elements of the joined pieces in the shape of the parameter; NULL: an error. */
fmtconv_view *zero_join (zero_load *load, size_t n_pieces, const zero_param *param);

/* Makes room for n pieces, and keeps those that are there.  Returns 0 or E_NOMEM. */
int zero_make_room (zero_load *load, size_t n);

/* Returns the key of the moment that is read; NULL: the weights are. */
const char *zero_moment (const zero_load *load);

/* offload.c: returns a flat tensor that is in a file apart; NULL: it is not, or an error. */
fmtconv_view *zero_offloaded (zero_load *load, uint32_t rank, uint32_t group, const fmtconv_value *value);

/* flat.c: reads the flat tensors of all ranks.  Returns 0 or an error code. */
int zero_read_flats (zero_load *load);

/* Returns the state that the optimizer of a rank has for a group; NULL: it has none. */
const fmtconv_value *zero_group_state (const zero_load *load, uint32_t rank, uint32_t group);

/* steps.c: checks that all files are of one step.  Returns 0 or an error code. */
int zero_check_steps (zero_load *load);

/* groups.c: puts the parameters of stages 1 and 2, of which every rank has a part of a group.  Returns 0 or an error
 * code. */
int zero_put_groups (zero_load *load, const fmtconv_value *shapes);

/* split.c: puts the parameters of stage 3, of which every rank has a part of each.  Returns 0 or an error code. */
int zero_put_split (zero_load *load, const fmtconv_value *shapes);

/* params.c: returns the parameters that the model states of all model-parallel ranks name, each once, and their number; NULL: an
 * error. */
zero_param *zero_list_params (const zero_load *load, size_t *n);

/* universal.c: puts the parameters of a universal checkpoint.  Returns 0 or an error code. */
int zero_put_universal (zero_load *load);

/* module.c: puts the buffers and the frozen parameters; then, after all others, those that share the weights of another.
 * Return 0 or an error code. */
int zero_put_buffers (zero_load *load);
int zero_put_frozen (zero_load *load);
int zero_put_shared (zero_load *load);

/* Warns of tensors of the model that were not put.  Returns 0 or an error code. */
int zero_warn_of_others (zero_load *load);

#endif

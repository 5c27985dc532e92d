/* plugins/sat/sat.h: the parts of the sat reader and writer.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Layout of a training's save folder (SwissArmyTransformer, sat/training/model_io.py and
 * deepspeed_training.py):
 *   SAVE/EXPERIMENT-MM-DD-HH-MM/latest                         "1000", "release", or DeepSpeed's "global_step1000"
 *   SAVE/EXPERIMENT-MM-DD-HH-MM/training_config.yaml
 *   SAVE/EXPERIMENT-MM-DD-HH-MM/1000/mp_rank_00_model_states.pt   a file each model-parallel rank
 *   SAVE/EXPERIMENT-MM-DD-HH-MM/1000-ema/…                     a second copy with averaged weights */
#ifndef SAT_H
#define SAT_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

struct sat_params
{
  const char *iteration;
  int ema;
  int crc;
  int weights; /* SAT_WEIGHTS_… */
};

/* Which of the two copies of the weights that ZeRO keeps is read. */
enum
{
  SAT_WEIGHTS_AUTO, /* those of the model if they are there */
  SAT_WEIGHTS_MODEL,
  SAT_WEIGHTS_FP32
};

/* The files of a checkpoint. */
struct sat_place
{
  fmtconv_input **ranks; /* n_ranks: mp_rank_00_model_states.pt and so on, or the file that the user named */
  unsigned n_ranks;
  fmtconv_input *zero;   /* iteration of which the fp32 weights of ZeRO are read; NULL: `ranks` are */
  fmtconv_input *config; /* training_config.yaml; NULL: none */
};

struct sat_write_params
{
  const char *iteration;
};

int sat_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

/* Returns whether it is the name of a run folder: EXPERIMENT-MM-DD-HH-MM. */
int sat_is_run_name (const char *name);

/* Returns whether it is the usual name of an iteration's folder. */
int sat_is_iteration_name (const char *name);

/* Finds the files of all ranks from a save folder, run, iteration or file.  Returns 0 or an error code. */
int sat_locate (fmtconv_ctx *ctx, const struct sat_params *p, fmtconv_input *in, struct sat_place *out);

/* Returns the file name of a rank, in the memory of ctx. */
const char *sat_rank_name (fmtconv_ctx *ctx, unsigned rank);

/* Returns whether it is the name of a rank's file. */
int sat_is_rank_name (const char *name);

/* Lists the files of all ranks in a folder; none is not an error, a gap is E_MISSING.  Returns 0 or an error
 * code. */
int sat_find_ranks (fmtconv_ctx *ctx, fmtconv_input *folder, struct sat_place *out);

/* Checks that the number of ranks stored in a rank's file is the number of files.  Returns 0 or an error code.
 * */
int sat_check_world (fmtconv_ctx *ctx, const struct sat_place *place, unsigned rank,
                     const fmtconv_model *model);

/* Merges all ranks into `out`.  reader: for each file, "torch" with its parameters.  Returns 0 or an error
 * code. */
int sat_read_ranks (fmtconv_ctx *ctx, const struct sat_place *place, const char *reader, fmtconv_model *out);

/* Returns whether it is the name of an expert's file. */
int sat_is_expert_name (const char *name);

/* Adds the experts that have separate files next to that of rank 0, whose model `out` is.  reader: as above.  Returns 0 or
 * an error code. */
int sat_read_experts (fmtconv_ctx *ctx, const struct sat_place *place, const char *reader,
                      fmtconv_model *out);

/* Sets the configuration as attribute source/training_config; warns if it cannot be read. */
void sat_read_config (fmtconv_ctx *ctx, fmtconv_input *config, fmtconv_model *out);

#endif

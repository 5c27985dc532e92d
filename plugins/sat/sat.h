/* plugins/sat/sat.h: the parts of the sat reader and writer.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Layout of a training's save folder (SwissArmyTransformer, sat/training/model_io.py and
 * deepspeed_training.py):
 *   SAVE/EXPERIMENT-MM-DD-HH-MM/latest                         "1000", or "release"
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
};

/* Where the weights are, and the training's configuration beside them. */
struct sat_place
{
  fmtconv_input **ranks; /* mp_rank_00_model_states.pt and so on, or the file that was named */
  unsigned n_ranks;
  fmtconv_input *config; /* training_config.yaml; NULL: none */
};

struct sat_write_params
{
  const char *iteration;
};

int sat_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

/* The name of a run folder: EXPERIMENT-MM-DD-HH-MM. */
int sat_is_run_name (const char *name);

/* From what the user named to the files of all ranks; every other layout is an error that says why. */
int sat_locate (fmtconv_ctx *ctx, const struct sat_params *p, fmtconv_input *in, struct sat_place *out);

/* The name of a rank's file, and whether a name is one. */
const char *sat_rank_name (fmtconv_ctx *ctx, unsigned rank);
int sat_is_rank_name (const char *name);

/* All ranks in a folder, none if it has none; a gap is E_MISSING. */
int sat_find_ranks (fmtconv_ctx *ctx, fmtconv_input *folder, struct sat_place *out);

/* What a rank's file says of the number of ranks agrees with the files that there are. */
int sat_check_world (fmtconv_ctx *ctx, const struct sat_place *place, unsigned rank,
                     const fmtconv_model *model);

/* The model of all ranks into `out`.  reader: for each file, "torch" with its parameters. */
int sat_read_ranks (fmtconv_ctx *ctx, const struct sat_place *place, const char *reader, fmtconv_model *out);

/* The configuration as attribute source/training_config; unreadable: a warning. */
void sat_read_config (fmtconv_ctx *ctx, fmtconv_input *config, fmtconv_model *out);

#endif

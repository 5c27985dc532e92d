/* plugins/dtensor/dtensor.h: the parts of the reader of DTensors in files of ranks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every rank saves its state dictionary with torch.save: model_world_size_N_rank_K.pt.  A DTensor in it is the rank's part of
 * a tensor, with the mesh of ranks and what each of its dimensions does to the tensor: it cuts an axis (Shard), or has copies
 * (Replicate).  torch/distributed/tensor/_api.py, placement_types.py, distributed/device_mesh.py.  FSDP1 without a mesh saves
 * ShardedTensors instead. */
#ifndef DTENSOR_H
#define DTENSOR_H

#include <fmtconv/formats.h>
#include <fmtconv/pickle.h>
#include <stdbool.h>

enum
{
  DT_MAX_RANKS = 4096, /* as many files as a folder may have */
  DT_MAX_MESH = 8      /* dimensions of a mesh */
};

struct dt_params
{
  int crc;
};

/* What a dimension of the mesh does to a tensor. */
typedef struct dt_cut
{
  uint64_t size; /* of the dimension */
  bool is_shard; /* false: its ranks have copies */
  unsigned axis; /* of the tensor, that is cut into as many chunks */
  int64_t
      split; /* _StridedShard: the number of chunks that a later dimension cuts the axis into before; 0: a plain one */
} dt_cut;

/* A tensor as one rank has it. */
typedef struct dt_part
{
  fmtconv_view *view;
  bool is_plain; /* it is not a DTensor: every rank has the whole */
  unsigned rank;
  uint64_t shape[FMTCONV_MAX_RANK]; /* of the whole */
  unsigned n_cuts;
  dt_cut cuts[DT_MAX_MESH];         /* by dimension of the mesh */
  uint64_t at[DT_MAX_MESH];         /* place of this rank in the mesh */
  bool is_sharded;                  /* it is a ShardedTensor; view is NULL if this rank has no part */
  uint64_t start[FMTCONV_MAX_RANK]; /* of a ShardedTensor, where the part begins on each axis */
} dt_part;

typedef struct dt_load
{
  fmtconv_ctx *ctx;
  const struct dt_params *params;
  fmtconv_input *folder;
  fmtconv_model *out;
  uint32_t ranks;
  const fmtconv_pickle **pickles; /* the file of each rank */
  dt_part *parts;                 /* of one tensor, of each rank */
} dt_load;

/* files.c: returns whether it is the name of a rank's file; world: how many there are. */
bool dt_is_rank_name (const char *name, uint32_t *rank, uint32_t *world);

/* Finds and opens the files of all ranks.  Returns 0 or an error code. */
int dt_open_files (dt_load *load, fmtconv_input *in);

/* Reports that the file of a rank is malformed.  Returns the code. */
int dt_wrong (const dt_load *load, uint32_t rank, const char *tensor, const char *why);

/* Reports that the file of a rank holds something that this reader does not support.  Returns the code. */
int dt_refuse (const dt_load *load, uint32_t rank, const char *tensor, const char *why);

/* value.c: reads a DTensor, ShardedTensor or plain tensor of a rank into load->parts.  Returns 0 or an error code. */
int dt_read_part (dt_load *load, uint32_t rank, const char *name, const fmtconv_value *value);

/* shard.c: reads the state of a ShardedTensor of a rank.  Returns 0 or an error code. */
int dt_read_shard (dt_load *load, uint32_t rank, const char *name, const fmtconv_value *state);

/* Returns the tensor that the shards of all ranks make; NULL: an error. */
fmtconv_view *dt_join_shards (dt_load *load, const char *name);

/* mesh.c: reads the mesh: the sizes of its dimensions, and the rank's place.  Returns 0 or an error code. */
int dt_read_mesh (dt_load *load, uint32_t rank, const char *name, const fmtconv_value *mesh);

/* join.c: returns the tensor that the parts of all ranks make; NULL: an error. */
fmtconv_view *dt_join (dt_load *load, const char *name);

#endif

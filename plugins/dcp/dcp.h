/* plugins/dcp/dcp.h: the parts of the reader of distributed checkpoints.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A folder of torch.distributed.checkpoint (torch/distributed/checkpoint: metadata.py, filesystem.py):
 *   .metadata      a pickled Metadata: of each tensor the shape and the chunks, of each chunk the place of its record
 *   __R_N.distcp   records of rank R, one after another: torch.save files, or one safetensors file */
#ifndef DCP_H
#define DCP_H

#include <fmtconv/formats.h>
#include <fmtconv/pickle.h>
#include <stdbool.h>

enum
{
  DCP_MAX_TENSORS = 1 << 20,
  DCP_MAX_CHUNKS = 16 << 20, /* of all tensors */
  DCP_MAX_LISTED = 1000,     /* values listed one by one as left in the files */
  DCP_MAX_SHOWN = 200        /* names in a message */
};

struct dcp_params
{
  const char *root;
  int crc;
};

/* A file with records. */
typedef struct dcp_file
{
  const char *name;
  bool is_needed;
  fmtconv_source *source; /* NULL: not opened yet */
  fmtconv_attr *header;   /* of the safetensors file in it; NULL: not read yet */
  uint64_t header_at;     /* where that begins */
  uint64_t data;          /* the first byte of its data */
} dcp_file;

/* Where a record lies. */
typedef struct dcp_place
{
  const char *item; /* name of the tensor, len bytes; not NUL-terminated */
  size_t len;
  unsigned rank; /* of `offset`; 0 also for a value that is not a tensor */
  uint64_t offset[FMTCONV_MAX_RANK];
  const char *path; /* path_len bytes */
  size_t path_len;
  dcp_file *file;
  uint64_t at;
  uint64_t bytes;
} dcp_place;

/* A part of a tensor, a box of its indices, and the record with its elements. */
typedef struct dcp_chunk
{
  uint64_t at[FMTCONV_MAX_RANK];
  uint64_t size[FMTCONV_MAX_RANK];
  const dcp_place *place;
  fmtconv_view *view;
  uint64_t key; /* by which chunks are sorted */
} dcp_chunk;

/* An entry of the metadata. */
typedef struct dcp_item
{
  const char *name;
  size_t len;
  const fmtconv_value *path; /* its keys in the saved dictionary; NULL: not known */
  uint32_t passed;           /* keys of `path` that the root has passed */
  size_t start;              /* of its name in the model, in `name` */
  bool is_tensor;
  bool is_left; /* not in the model */
  uint32_t dtype;
  unsigned rank;
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t bytes;
  const fmtconv_value *metadata; /* of a tensor */
} dcp_item;

typedef struct dcp_metadata
{
  fmtconv_source *source;
  dcp_item *items;
  size_t n;
  dcp_place *places; /* sorted by item, then by offset */
  size_t n_places;
  dcp_file *files; /* sorted by name */
  size_t n_files;
} dcp_metadata;

typedef struct dcp_load
{
  fmtconv_ctx *ctx;
  const struct dcp_params *params;
  fmtconv_input *folder;
  fmtconv_model *out;
  dcp_metadata meta;
  dcp_chunk *chunks; /* of one tensor */
  size_t n_chunks;
  dcp_chunk **order; /* room for the same */
} dcp_load;

/* metadata.c: reads `file`, a .metadata.  Returns 0 or an error code. */
int dcp_read_metadata (dcp_load *load, fmtconv_input *file);

/* paths.c: adds the keys that led to each item in the saved dictionary, if `planner` has them; without them a name is one
 * key.  Returns 0 or an error code. */
int dcp_read_paths (dcp_load *load, const fmtconv_value *planner);

/* Returns the length of a key, which is a text or an int, as text. */
size_t dcp_key_length (const fmtconv_value *key);

/* attributes.c: returns an attribute of an object of the class `class` of torch.distributed; NULL: it is not such an
 * object, or has no such attribute. */
const fmtconv_value *dcp_attribute (const fmtconv_value *object, const char *class, const char *name);

/* Returns numbers as text: "[4, 3]". */
const char *dcp_box_text (fmtconv_ctx *ctx, const uint64_t *numbers, unsigned rank);

/* places.c: reads where the records are, and sorts the places and the files.  Returns 0 or an error code. */
int dcp_read_places (dcp_load *load, const fmtconv_value *data);

/* Returns the places of an item, *n of them. */
dcp_place *dcp_places_of (const dcp_load *load, const dcp_item *item, size_t *n);

/* root.c: chooses the part of the items that is the model, and says what is left out.  Returns 0 or an error code. */
int dcp_choose_root (dcp_load *load);

/* chunks.c: reads the chunks of a tensor into load->chunks, each with its place, in the innermost scratch.  Returns 0 or an error
 * code. */
int dcp_read_chunks (dcp_load *load, const dcp_item *item);

/* files.c: marks the files that the model needs, and fails if one is missing.  Returns 0 or an error code. */
int dcp_check_files (dcp_load *load);

/* Lists the files of the folder that the metadata does not name. */
void dcp_note_others (dcp_load *load);

/* record.c: returns the elements of a chunk as a view of its record; NULL: an error. */
fmtconv_view *dcp_record (dcp_load *load, const dcp_item *item, const dcp_chunk *chunk);

/* stored.c: returns the elements of a chunk in a safetensors file; NULL: an error. */
fmtconv_view *dcp_stored (dcp_load *load, const dcp_item *item, const dcp_chunk *chunk);

/* Reports an error of a chunk, with the hint that its files may be of several saves.  Returns NULL. */
#define dcp_wrong(load, item, chunk, ...) \
  dcp_fail_chunk (load, item, chunk, fmtconv_ctx_printf ((load)->ctx, __VA_ARGS__))
fmtconv_view *dcp_fail_chunk (dcp_load *load, const dcp_item *item, const dcp_chunk *chunk, const char *why);

/* cover.c: returns the tensor that load->chunks make, which must cover it exactly, without overlap; NULL: an error. */
fmtconv_view *dcp_cover (dcp_load *load, const dcp_item *item);

#endif

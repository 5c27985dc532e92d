/* plugins/gguf/gguf.h: what the reader and the writer of GGUF share.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The format: magic, version, counts, key-values with types, a description a tensor, the tensors' bytes, each
 * aligned.  Sources: ggml, docs/gguf.md and src/gguf.cpp; of several files: llama.cpp, tools/gguf-split. */
#ifndef GGUF_H
#define GGUF_H

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

enum
{
  GGUF_VERSION = 3,
  GGUF_MAX_TENSORS = 262144, /* of a file */
  GGUF_MAX_KEYS = 65536,     /* of a file */
  GGUF_MAX_KEY = 65535,      /* bytes */
  GGUF_MAX_STRING = 64 << 20,
  GGUF_MAX_ITEMS = 1 << 26, /* of an array */
  GGUF_MAX_FILES = 65535,
  GGUF_RANK = 4,        /* most dimensions, for ggml */
  GGUF_NAME_BYTES = 63, /* most bytes of a name, for ggml */
  GGUF_ALIGNMENT = 32,  /* where a file does not say */
  GGUF_MIN_ALIGNMENT = 8,
  GGUF_MAX_ALIGNMENT = 65536
};

#define GGUF_SUFFIX ".gguf"

/* Keys with a meaning for us. */
#define GGUF_ARCHITECTURE "general.architecture"
#define GGUF_NAME "general.name"
#define GGUF_FILE_TYPE "general.file_type"
#define GGUF_QUANTIZATION "general.quantization_version"
#define GGUF_ALIGN "general.alignment"
#define GGUF_SPLIT "split."
#define GGUF_SPLIT_NO GGUF_SPLIT "no"
#define GGUF_SPLIT_COUNT GGUF_SPLIT "count"
#define GGUF_SPLIT_TENSORS GGUF_SPLIT "tensors.count"
#define GGUF_METADATA "fmtconv.metadata." /* an entry of a model's metadata */
#define GGUF_CONFIG "fmtconv.config."     /* an entry of its config that is no GGUF value, as JSON text */
#define GGUF_SCALARS "fmtconv.scalars"    /* names of tensors without dimensions that are stored with one */
#define GGUF_SHAPE \
  "comfy.gguf.orig_shape." /* shape of a tensor that is stored under another: ComfyUI-GGUF's */

/* ---- Values */
enum
{
  GGUF_U8,
  GGUF_I8,
  GGUF_U16,
  GGUF_I16,
  GGUF_U32,
  GGUF_I32,
  GGUF_F32,
  GGUF_BOOL,
  GGUF_STRING,
  GGUF_ARRAY,
  GGUF_U64,
  GGUF_I64,
  GGUF_F64,
  GGUF_N_TYPES
};

struct gguf_type
{
  unsigned kind; /* FMTCONV_A_… as of fmtconv_cursor_take_packed */
  unsigned bits; /* of a number */
};
extern const struct gguf_type gguf_types[GGUF_N_TYPES];

/* The number of the type that an attribute is written as, -1: GGUF has no such value. */
int gguf_type_of (const fmtconv_attr *value);

/* The same of an array's items. */
int gguf_item_type_of (const fmtconv_attr *array);

/* The tensor types that ggml has; id: its number. */
extern const fmtconv_dtype_name gguf_dtypes[];

/* ---- Keys.  What is not printable ASCII, and '%', stands in a key as %C3. */
const char *gguf_key (fmtconv_ctx *ctx, const char *prefix, const char *text);
const char *gguf_unkey (fmtconv_ctx *ctx, const char *key);

/* `name` without `prefix`, or NULL where it does not begin with it. */
const char *gguf_after (const char *name, const char *prefix);

/* A name that may be an architecture: [a-z0-9]+, and none that other keys begin with. */
int gguf_is_architecture (const char *name);

/* ---- Reading */
struct gguf_info /* of a tensor */
{
  const char *name;
  uint64_t at;     /* its description, in the file */
  uint64_t offset; /* from the first tensor's byte */
  uint64_t bytes;
  uint32_t dtype;
  unsigned rank;
  uint64_t shape[FMTCONV_MAX_RANK];
};

struct gguf_file
{
  fmtconv_ctx *ctx;
  fmtconv_cursor c;
  uint64_t n_keys;
  uint64_t n_tensors;
  uint64_t alignment;
  fmtconv_attr *keys;
  fmtconv_attr *scalars; /* names of tensors without dimensions */
  int has_shapes;        /* a key is a tensor's original shape */
  struct gguf_info *tensors;
  uint64_t data; /* first tensor's byte */
};

int gguf_probe (const fmtconv_peek *peek);
int gguf_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out);

int gguf_read_source (fmtconv_ctx *ctx, fmtconv_source *source, struct gguf_file *file);
int gguf_read_keys (struct gguf_file *file);
int gguf_read_tensors (struct gguf_file *file);

/* E_FORMAT at a byte of the file. */
int gguf_fail (const struct gguf_file *file, uint64_t at, const char *tensor, const char *what);

/* The file's tensors to `out`, under their original shapes where `first`, the file with the model's keys, or the
 * file itself knows them; those keys go to `used`. */
int gguf_put_tensors (struct gguf_file *file, const struct gguf_file *first, fmtconv_attr *used,
                      fmtconv_model *out);

/* Give a tensor its original shape, if there is a key that tells it. */
int gguf_restore (struct gguf_file *file, const struct gguf_file *first, fmtconv_attr *used,
                  struct gguf_info *tensor);

/* The files of which `first` is one, by their names and keys; *n: how many.  NULL: an error. */
struct gguf_file *gguf_read_split (fmtconv_ctx *ctx, fmtconv_input *in, struct gguf_file *first, size_t *n);

/* Keys to attributes, but those in `used`. */
int gguf_set_attributes (fmtconv_ctx *ctx, fmtconv_attr *keys, fmtconv_attr *used, fmtconv_attr *attrs);

/* ---- Writing */
struct gguf_write_params
{
  const char *architecture; /* NULL: the model's */
  int64_t alignment;        /* INT64_MIN: the input's, else 32 */
  int64_t name_limit;
  int fold;
  uint64_t split_max_size;
  fmtconv_pairs kv;
};

/* Is it stored under another shape: because it has too many dimensions for ggml, because ggml would divide by one
 * that is zero, or because gguf-py cannot read a BF16 without any? */
int gguf_is_folded (const fmtconv_tensor *tensor);

/* The shape that it is stored under; the number of dimensions. */
unsigned gguf_fold (const fmtconv_tensor *tensor, uint64_t shape[GGUF_RANK]);

/* Keys for the original shapes of these tensors. */
void gguf_put_shapes (fmtconv_ctx *ctx, fmtconv_attr *keys, const fmtconv_tensor *const *tensors, size_t n);

int gguf_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);
void gguf_adjust (const void *params, fmtconv_limits *limits);

/* The model's keys, without those of single files.  NULL: an error. */
fmtconv_attr *gguf_keys (fmtconv_ctx *ctx, const struct gguf_write_params *p, const fmtconv_model *model);

/* What the user says of single keys. */
int gguf_override (fmtconv_attr *keys, const fmtconv_pairs *pairs);

/* LlamaFileType of the model; -1: none of them. */
int gguf_file_type (const fmtconv_model *model);

/* Bytes on their way to the file in pieces. */
struct gguf_bytes
{
  fmtconv_file *file;
  size_t n; /* bytes of `piece` in use */
  unsigned char piece[1 << 14];
};
void gguf_flush (struct gguf_bytes *to);
void gguf_put_number (struct gguf_bytes *to, unsigned bytes, uint64_t number);
void gguf_put_string (struct gguf_bytes *to, const char *s, size_t n);
void gguf_put_value (struct gguf_bytes *to, const fmtconv_attr *value);

/* A model cut into n files: tensors start[s] … start[s + 1] - 1 are those of file s. */
struct gguf_files
{
  size_t n;
  size_t *start;
  const fmtconv_tensor **tensors;
};
int gguf_cut (fmtconv_ctx *ctx, const fmtconv_model *model, uint64_t most, uint64_t alignment,
              struct gguf_files *out);

/* "STEM-00001-of-00003.gguf" of the file of that number, from 0. */
const char *gguf_split_name (fmtconv_ctx *ctx, const char *stem, size_t no, size_t count);

#endif

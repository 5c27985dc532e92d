/* plugins/gguf/gguf.h: declarations of the GGUF reader and writer.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The format: magic, version, counts, key-values with types, one description for each tensor, then the tensors'
 * bytes, each aligned.  Sources: ggml, docs/gguf.md and src/gguf.cpp; of several files: llama.cpp, tools/gguf-split. */
#ifndef GGUF_H
#define GGUF_H

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

enum
{
  GGUF_VERSION = 3,
  GGUF_MAX_TENSORS = 1 << 20, /* of a file */
  GGUF_MAX_KEYS = 65536,      /* of a file */
  GGUF_MAX_KEY = 65535,       /* bytes */
  GGUF_MAX_STRING = 64 << 20,
  GGUF_MAX_ITEMS = 1 << 26, /* of an array */
  GGUF_MAX_FILES = 65535,
  GGUF_RANK = 4,         /* ggml's limit of dimensions */
  GGUF_NAME_BYTES = 63,  /* ggml's limit of a name */
  GGUF_COMFY_NAME = 127, /* that of ggml as ComfyUI-GGUF and stable-diffusion.cpp build it */
  GGUF_ALIGNMENT = 32,   /* default */
  GGUF_MIN_ALIGNMENT = 8,
  GGUF_MAX_ALIGNMENT = 65536
};

#define GGUF_SUFFIX ".gguf"

/* Keys that fmtconv interprets. */
#define GGUF_ARCHITECTURE "general.architecture"
#define GGUF_NAME "general.name"
#define GGUF_FILE_TYPE "general.file_type"
#define GGUF_QUANTIZATION "general.quantization_version"
#define GGUF_ALIGN "general.alignment"
#define GGUF_QUANTIZE "quantize." /* how llama.cpp quantized the file, with which importance matrix */
#define GGUF_TOKENIZER "tokenizer.ggml.model"
#define GGUF_SPLIT "split."
#define GGUF_SPLIT_NO GGUF_SPLIT "no"
#define GGUF_SPLIT_COUNT GGUF_SPLIT "count"
#define GGUF_SPLIT_TENSORS GGUF_SPLIT "tensors.count"
#define GGUF_METADATA "fmtconv.metadata."    /* an entry of a model's metadata */
#define GGUF_CONFIG "fmtconv.config."        /* a config entry that GGUF has no value for, as JSON text */
#define GGUF_SCALARS "fmtconv.scalars"       /* names of scalars that are stored with one dimension */
#define GGUF_NAME_LIMIT "fmtconv.name_limit" /* bytes of the longest name, if ggml does not read it */
#define GGUF_SHAPE "comfy.gguf.orig_shape."  /* original shape of a reshaped tensor, as in ComfyUI-GGUF */

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
  unsigned kind; /* FMTCONV_ATTR_…, as in fmtconv_cursor_take_packed */
  unsigned bits; /* of a number */
};
extern const struct gguf_type gguf_types[GGUF_N_TYPES];

/* A string that is not text, or holds a NUL, is an object with this one member, an array of the one string. */
#define GGUF_BYTES "bytes"

/* Returns the array in such an object; NULL: another value. */
const fmtconv_packed *gguf_bytes_of (const fmtconv_attr *value);

/* Returns whether all strings of a value are UTF-8 without NULs. */
int gguf_is_text (const fmtconv_attr *value);

/* Returns the value type of an attribute; -1: GGUF cannot hold it. */
int gguf_type_of (const fmtconv_attr *value);

/* Returns the value type of an array's items; -1: GGUF cannot hold them. */
int gguf_item_type_of (const fmtconv_attr *array);

/* The tensor types of ggml; id: the number in a file. */
extern const fmtconv_dtype_name gguf_dtypes[];

/* ---- Keys */

/* Returns prefix + text, with '%' and all bytes that are not printable ASCII as %C3. */
const char *gguf_key (fmtconv_ctx *ctx, const char *prefix, const char *text);

/* Returns the text of a key, given without its prefix: undoes the escapes of gguf_key. */
const char *gguf_unkey (fmtconv_ctx *ctx, const char *key);

/* Returns the rest of `name` after `prefix`; NULL: it begins differently. */
const char *gguf_after (const char *name, const char *prefix);

/* Returns whether the name can be an architecture: [a-z0-9_-]+, and not a word that other keys begin with. */
int gguf_is_architecture (const char *name);

/* Returns whether the architecture is that of an image or video model; NULL: it is not.  ComfyUI-GGUF adds tensors of 5
 * dimensions to these, and loads them with gguf-py; no other program loads them. */
int gguf_is_image_architecture (const char *name);

/* ---- Reading */
enum gguf_limits /* of dimensions and names */
{
  GGUF_LIMITS_AUTO, /* by the architecture */
  GGUF_LIMITS_GGML,
  GGUF_LIMITS_GGUF_PY
};

struct gguf_read_params
{
  int limits; /* enum gguf_limits */
};

struct gguf_info /* of a tensor */
{
  const char *name;
  uint64_t at;     /* offset of its description in the file */
  uint64_t offset; /* from the start of the data section */
  uint64_t bytes;
  uint32_t dtype;
  unsigned rank;
  uint64_t shape[FMTCONV_MAX_RANK];
};

/* Where a key-value lies in the file. */
struct gguf_place
{
  const char *key;
  uint64_t at;    /* of the key's length */
  uint64_t value; /* of the value's type */
  uint64_t end;
};

struct gguf_file
{
  fmtconv_ctx *ctx;
  fmtconv_cursor c;
  uint64_t n_keys;
  uint64_t n_tensors;
  uint64_t alignment;
  int is_big_endian;
  int limits;        /* enum gguf_limits */
  unsigned max_rank; /* of its tensors */
  uint64_t max_name; /* bytes */
  fmtconv_attr *keys;
  fmtconv_attr *scalars;     /* names of scalars, as keys; NULL: not read yet */
  int has_shapes;            /* some key is an original shape */
  int keeps_places;          /* `places` is filled */
  struct gguf_place *places; /* n_keys, in the order of the file */
  struct gguf_info *tensors;
  uint64_t head; /* end of the descriptions of tensors */
  uint64_t data; /* offset of the data section */
};

int gguf_probe (const fmtconv_peek *peek);
int gguf_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out);

/* Read the keys and tensor descriptions of one file.  Each returns 0 or an error code. */
int gguf_read_source (fmtconv_ctx *ctx, fmtconv_source *source, int limits, struct gguf_file *file);
int gguf_read_places (fmtconv_ctx *ctx, fmtconv_source *source, struct gguf_file *file); /* with `places` */
int gguf_read_keys (struct gguf_file *file);
int gguf_read_tensors (struct gguf_file *file);

/* Reads an integer of 1 to 8 bytes in the byte order of the file. */
uint64_t gguf_take (struct gguf_file *file, unsigned bytes);

/* Reports `what` as E_FORMAT at a byte of the file.  Returns the code. */
int gguf_fail (const struct gguf_file *file, uint64_t at, const char *tensor, const char *what);

/* Puts the file's tensors into `out`, with the original shapes that the keys of the file or of `first`, the
 * file with the model's keys, record.  Adds these keys to `used`.  Returns 0 or an error code. */
int gguf_put_tensors (struct gguf_file *file, const struct gguf_file *first, fmtconv_attr *used,
                      fmtconv_model *out);

/* Returns the view of a tensor with its original shape, if a key records it; NULL: an error. */
fmtconv_view *gguf_restore (struct gguf_file *file, const struct gguf_file *first, fmtconv_attr *used,
                            const struct gguf_info *tensor, fmtconv_view *view);

/* Reads the *n files of the model to which `first` belongs, found by name.  Returns them in order; NULL: an
 * error. */
struct gguf_file *gguf_read_split (fmtconv_ctx *ctx, fmtconv_input *in, struct gguf_file *first, size_t *n);

/* Turns keys into attributes, except those that describe single tensors: views hold that.  `used` has the shapes
 * that were restored.  Returns 0 or an error code. */
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

/* Returns the architecture of the file; NULL: none is known. */
const char *gguf_architecture (const struct gguf_write_params *p, const fmtconv_model *model);

/* Returns how many dimensions tensors of the file may have. */
unsigned gguf_max_rank (const struct gguf_write_params *p, const fmtconv_model *model);

/* Returns whether a tensor is stored with another shape: it has more than max_rank dimensions, its blocks do not
 * divide its rows, ggml would divide by a dimension of zero, or it is a BF16 scalar, which gguf-py cannot read. */
int gguf_is_folded (const fmtconv_tensor *tensor, unsigned max_rank);

/* Writes the stored shape to `shape` and returns the number of dimensions. */
unsigned gguf_fold (const fmtconv_tensor *tensor, unsigned max_rank, uint64_t shape[FMTCONV_MAX_RANK]);

/* Sets max_rank and max_name, when the keys are read. */
void gguf_choose_limits (struct gguf_file *file);

struct gguf_files;

/* Adds keys with the original shapes of the tensors [from, to) of the files, and the length of names that ggml does not
 * read. */
void gguf_put_shapes (fmtconv_ctx *ctx, fmtconv_attr *keys, const struct gguf_files *files, size_t from,
                      size_t to);

int gguf_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);
void gguf_adjust (const void *params, fmtconv_limits *limits);
void gguf_adjust_to (const void *params, const fmtconv_model *model, fmtconv_limits *limits);

/* Returns the model's keys, without those of single files; NULL: an error. */
fmtconv_attr *gguf_keys (fmtconv_ctx *ctx, const struct gguf_write_params *p, const fmtconv_model *model);

/* Applies the user's kv.* parameters.  Returns 0 or an error code. */
int gguf_override (fmtconv_attr *keys, const fmtconv_pairs *pairs);

/* Warns if the model is a language model whose names llama.cpp does not load.  Returns 0 or an error code. */
int gguf_warn_of_names (fmtconv_ctx *ctx, const fmtconv_model *model);

/* Notes that the model carries a tokenizer, but its keys do not hold it.  Returns 0 or an error code. */
int gguf_note_tokenizer (fmtconv_ctx *ctx, fmtconv_attr *keys, const fmtconv_model *model);

/* Returns the LlamaFileType of the model; -1: none. */
int gguf_file_type (const fmtconv_model *model);

/* A buffer of bytes for a file. */
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

/* A model split into n files: file s has the tensors start[s] … start[s + 1] - 1. */
struct gguf_files
{
  size_t n;
  unsigned max_rank; /* of tensors */
  fmtconv_attr
      *shapes; /* by name: of tensors that a transform gave another shape for the format; may be NULL */
  size_t *start;
  const fmtconv_tensor **tensors;
};
int gguf_cut (fmtconv_ctx *ctx, const fmtconv_model *model, uint64_t most, uint64_t alignment,
              struct gguf_files *out);

/* Returns "STEM-00001-of-00003.gguf" for file `no`, counted from 0. */
const char *gguf_split_name (fmtconv_ctx *ctx, const char *stem, size_t no, size_t count);

#endif

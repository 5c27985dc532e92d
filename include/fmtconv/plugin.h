/* fmtconv/plugin.h: everything a plugin of fmtconv may use, and what it declares.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A module is one constant descriptor, made by FMTCONV_PLUGIN at the end of its source file, and no
 * other exported symbol.  fmtconv-plugin(3) is the manual.
 */
#ifndef FMTCONV_PLUGIN_H
#define FMTCONV_PLUGIN_H

#include <fmtconv/layout.h>

FMTCONV_BEGIN_DECLS

/* ---- Parameters: NAME:key=value,…  The core parses what the user typed into a struct of the
 * plugin's own and hands it to every callback as `params`.
 *
 *   type      field          when not given and .otherwise is NULL
 *   PARAM_BOOL    int            -1
 *   PARAM_INT     int64_t        INT64_MIN
 *   PARAM_FLOAT   double         NaN
 *   PARAM_SIZE    uint64_t       UINT64_MAX    5GB decimal, 64M binary
 *   PARAM_TEXT    const char *   NULL
 *   PARAM_CHOICE  int            the first     .otherwise is "a|b|c"; the value is the position
 *   PARAM_DTYPE   uint32_t       0
 *   PARAM_INPUT   fmtconv_input *  NULL        another file or folder, which the core opens
 *   PARAM_PAIRS   fmtconv_pairs  n = 0         key "metadata.*": metadata.NAME=value, any number;
 *                                          key "*", the last of a table: NAME=value of any other name, any number;
 *                                          key "rule|keep": rule=value and keep=value, any number, in order */
enum
{
  FMTCONV_PARAM_BOOL,
  FMTCONV_PARAM_INT,
  FMTCONV_PARAM_FLOAT,
  FMTCONV_PARAM_SIZE,
  FMTCONV_PARAM_TEXT,
  FMTCONV_PARAM_CHOICE,
  FMTCONV_PARAM_DTYPE,
  FMTCONV_PARAM_PAIRS,
  FMTCONV_PARAM_INPUT
};

typedef struct fmtconv_pairs
{
  size_t n;
  const char *const *key; /* what stood for the '*', or which of the keys it was */
  const char *const *value;
} fmtconv_pairs;

/* The first of the globs, values of `globs` whatever their keys, that matches the whole name; globs->n: none. */
size_t fmtconv_globs_find (const fmtconv_pairs *globs, const char *name);

/* E_USAGE, with a list, where one of them matches no tensor of the model or of its components, or where there is none;
 * the hint says how they are given: "drop:name=GLOB".  0 or the code. */
int fmtconv_globs_check (const fmtconv_pairs *globs, const fmtconv_model *model, const char *how);

/* Replace entries of `config` by what the user typed, each value as JSON; a key that is not there yet is warned of. */
void fmtconv_attr_override (fmtconv_attr *config, const fmtconv_pairs *pairs);

/* One parameter.  Tables end with { 0 }. */
typedef struct fmtconv_param
{
  const char *key;
  int type;              /* FMTCONV_P_… */
  size_t offset;         /* of the field in the plugin's struct, which is at most 4096 bytes */
  const char *otherwise; /* default, as a user would type it; PARAM_CHOICE: the choices */
  const char *help;      /* one line */
} fmtconv_param;

typedef struct fmtconv_reader
{
  size_t struct_size;
  const fmtconv_param *params;
  const char *suffixes; /* ".npy .npz": a bid of 1 bit */
  const char *magic;    /* first bytes: a bid of 8 bits a byte */
  size_t magic_len;

  /* Bits verified of what was peeked at, 0: not ours.  Pure. */
  int (*probe) (const fmtconv_peek *peek);

  /* Put the tensors of `in` into `out`. */
  int (*read) (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out);
} fmtconv_reader;

typedef struct fmtconv_transform
{
  size_t struct_size;
  const fmtconv_param *params;
  unsigned understands;       /* FMTCONV_FEATURE_TIED … */
  const char *kind;           /* what its rules recognize: "lora"; NULL: never chosen unasked */
  const fmtconv_rules *rules; /* recognition; and all there is to do if apply is NULL */

  /* `out` starts with a copy of in's attributes, of the files it carries along, and of all its components with
   * their tensors; a model that is no bundle starts without tensors. */
  int (*apply) (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out);

  /* Which kind is meant where a model holds several and nobody says: the highest; the others are left behind, and
   * named with their commands.  0: a model or a part of one; 1: what is trained on top of one and saved together
   * with it, so that the base is rarely what the user is after (a LoRA). */
  int precedence;

  /* A join completes a bundle, and is chosen unasked behind this transform of one of its components; it
   * understands FMTCONV_FEATURE_COMPONENTS.  NULL: it is never chosen. */
  const char *joins;
} fmtconv_transform;

/* What a writer can represent.  Enforced before write, every offender listed. */
typedef struct fmtconv_limits
{
  const fmtconv_dtype_name *dtypes; /* NULL: all */
  unsigned rank;
  size_t name_bytes;
  size_t tensors;
  unsigned understands; /* FMTCONV_FEATURE_TIED … */
} fmtconv_limits;

typedef struct fmtconv_writer
{
  size_t struct_size;
  const fmtconv_param *params;
  const char *suffixes; /* of the output's name: ".gguf" */
  fmtconv_limits limits;

  /* Describe the files that hold `model`. */
  int (*write) (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

  /* The output is a folder.  Such a writer has to be asked for by name, unless its suffixes hold "/": then it
   * is the one for folders, and what has one of its other suffixes is a file. */
  int is_folder;

  /* Move limits that depend on parameters; limits starts as declared above.  NULL: none do.  Pure. */
  void (*adjust) (const void *params, fmtconv_limits *limits);

  /* What the user can do where tensors have too many dimensions; where names are too long.  NULL: nothing. */
  const char *rank_hint;
  const char *name_hint;

  /* Which of the attributes "config" and "gguf" it has a place for: "config gguf".  NULL: none.  Where the input has
   * others, they are left out with a note. */
  const char *keeps;
} fmtconv_writer;

/* ---- The descriptor.  Roles that are NULL are absent.  The core copies the smaller of both sizes of
 * every struct over zeroes, so fields are only ever added at the end. */
typedef struct fmtconv_plugin
{
  uint32_t abi;       /* FMTCONV_ABI */
  size_t struct_size; /* sizeof (fmtconv_plugin) */
  const char *name;   /* [a-z][a-z0-9-]{0,63}, the file's name without .so */
  const char *summary;
  const fmtconv_reader *reader;
  const fmtconv_transform *transform;
  const fmtconv_writer *writer;
} fmtconv_plugin;

#define FMTCONV_READER(...)                             \
  &(const fmtconv_reader)                               \
  {                                                     \
    .struct_size = sizeof (fmtconv_reader), __VA_ARGS__ \
  }
#define FMTCONV_TRANSFORM(...)                             \
  &(const fmtconv_transform)                               \
  {                                                        \
    .struct_size = sizeof (fmtconv_transform), __VA_ARGS__ \
  }
#define FMTCONV_WRITER(...)                             \
  &(const fmtconv_writer)                               \
  {                                                     \
    .struct_size = sizeof (fmtconv_writer), __VA_ARGS__ \
  }

/* id: the name with '_' for '-'. */
#define FMTCONV_PLUGIN(id, ...)                                                            \
  extern FMTCONV_EXPORT const fmtconv_plugin id##_LTX_fmtconv_plugin;                      \
  const fmtconv_plugin id##_LTX_fmtconv_plugin = { .abi = FMTCONV_ABI,                     \
                                                   .struct_size = sizeof (fmtconv_plugin), \
                                                   __VA_ARGS__ }

FMTCONV_END_DECLS

#endif

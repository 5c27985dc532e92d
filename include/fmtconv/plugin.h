/* fmtconv/plugin.h: the descriptor of a plugin, its roles and parameters.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A module exports one constant descriptor, made by FMTCONV_PLUGIN at the end of a source file, and no other symbol.
 * Container formats also need fmtconv/formats.h.  fmtconv-plugin(3) is the guide.
 */
#ifndef FMTCONV_PLUGIN_H
#define FMTCONV_PLUGIN_H

#include <fmtconv/layout.h>

FMTCONV_BEGIN_DECLS

/* ---- Parameters: NAME:key=value,… or NAME:value.  The core parses the text of the user into a struct of the plugin and
 * passes it to every callback as `params`.
 *
 *   type          field             not given and .otherwise NULL
 *   PARAM_BOOL    int               -1
 *   PARAM_INT     int64_t           INT64_MIN
 *   PARAM_FLOAT   double            NaN
 *   PARAM_SIZE    uint64_t          UINT64_MAX      5GB decimal, 64M binary
 *   PARAM_TEXT    const char *      NULL
 *   PARAM_CHOICE  int               the first       .otherwise is "a|b|c"; the value is the position
 *   PARAM_DTYPE   uint32_t          0
 *   PARAM_INPUT   fmtconv_input *   NULL            another file or folder, which the core opens
 *   PARAM_INPUTS  fmtconv_inputs    n = 0           such files or folders: the key may be given several times
 *   PARAM_PAIRS   fmtconv_pairs     n = 0           key "metadata.*": metadata.NAME=value, any number;
 *                                                   key "*", last in a table: NAME=value of any other name;
 *                                                   key "rule|keep": rule=value and keep=value, in order */
enum fmtconv_param_type
{
  FMTCONV_PARAM_BOOL,
  FMTCONV_PARAM_INT,
  FMTCONV_PARAM_FLOAT,
  FMTCONV_PARAM_SIZE,
  FMTCONV_PARAM_TEXT,
  FMTCONV_PARAM_CHOICE,
  FMTCONV_PARAM_DTYPE,
  FMTCONV_PARAM_PAIRS,
  FMTCONV_PARAM_INPUT,
  FMTCONV_PARAM_INPUTS
};

typedef struct fmtconv_pairs
{
  size_t n;
  const char *const *key; /* the text that '*' matched, or the key that was given */
  const char *const *value;
} fmtconv_pairs;

typedef struct fmtconv_inputs
{
  size_t n;
  fmtconv_input *const *item; /* in the given order */
} fmtconv_inputs;

/* One parameter.  Tables end with { 0 }. */
typedef struct fmtconv_param
{
  const char *key;
  int type;              /* enum fmtconv_param_type */
  size_t offset;         /* of the field in the plugin's struct, which has at most 4096 bytes */
  const char *otherwise; /* default, as a user would type it; PARAM_CHOICE: the choices */
  const char *help;      /* one line */
} fmtconv_param;

/* Returns the index of the first glob, among the values of `globs`, that matches the whole name; globs->n if none does.
 * Errors: none.  Thread: any.  Since: 0.1. */
size_t fmtconv_globs_find (const fmtconv_pairs *globs, const char *name);

/* Returns 1 if one of the globs matches the whole name.
 * Errors: none.  Thread: any.  Since: 0.1. */
int fmtconv_globs_match (const fmtconv_pairs *globs, const char *name);

/* Fails if there is no glob, or if one matches no tensor of the model or its components; lists them.  how: the hint,
 * "drop:name=GLOB".  Returns 0 or the code.
 * Errors: E_USAGE.  Thread: context.  Since: 0.1. */
int fmtconv_globs_check (const fmtconv_pairs *globs, const fmtconv_model *model, const char *how);

/* Replaces entries of `config` by values that the user typed, each parsed as JSON.  Warns of a key that is not there.
 * Errors: E_USAGE, E_STRICT.  Thread: context.  Since: 0.1. */
void fmtconv_attr_override (fmtconv_attr *config, const fmtconv_pairs *pairs);

/* ---- Roles.  .main names the parameter that takes values without a key, as "KEY=WORD": KEY is a key of the table, not
 * of a PARAM_BOOL; WORD stands for the value in help texts.  With "to=TYPE", cast:bf16 means cast:to=bf16, and help shows
 * cast:TYPE.  A word that is itself a key of the table is never a value.  NULL: every value needs its key.
 * .values lists values that shells offer for parameters whose type does not say them, "KEY=VALUE|VALUE KEY=VALUE".  Other
 * values stay possible.  NULL: none. */

typedef struct fmtconv_reader
{
  size_t struct_size;
  const fmtconv_param *params;
  const char *suffixes; /* ".npy .npz": a bid of 1 bit */
  const char *magic;    /* first bytes of a file: a bid of 8 bits per byte */
  size_t magic_len;

  /* Returns the number of bits of `peek` that were verified; 0: none.  The bid is the largest of this, of a matching magic and
   * of a suffix, so a reader whose magic is not enough declares no magic.  Pure: no I/O, no messages. */
  int (*probe) (const fmtconv_peek *peek);

  /* Puts the tensors of `in` into `out`.  Returns 0 or the code of an error. */
  int (*read) (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out);

  const char *main;   /* "to=TYPE" */
  const char *values; /* "to=q8_0|q4_0" */

  /* Describes, as `out`, the file `in` with n changes: what they do not concern stays bit for bit, as windows of the
   * source (fmtconv_file_emit_source).  `read` has accepted the file.  No two changes have one name; a name that does not
   * exist, and a new one that does, are errors of this call.  Adds a detail (fmtconv_detail) for each change that is one.
   * Returns 0 or the code of an error.  NULL: files of this format cannot be edited. */
  int (*edit) (fmtconv_ctx *ctx, const fmtconv_change *changes, size_t n, fmtconv_input *in,
               fmtconv_file *out);
} fmtconv_reader;

/* What a transform says of a model that it can take. */
typedef struct fmtconv_description
{
  const char *kind;    /* "lora" */
  const char *title;   /* one line for people: "LoRA of rank 4" */
  const char *command; /* what to type after the program's name, with INPUT for the model */
} fmtconv_description;

typedef struct fmtconv_transform
{
  size_t struct_size;
  const fmtconv_param *params;
  unsigned understands;       /* enum fmtconv_feature, a mask */
  const char *kind;           /* name of what the rules recognize: "lora"; NULL: never chosen automatically */
  const fmtconv_rules *rules; /* recognition; also the whole conversion if apply is NULL */

  /* Fills `out`, which starts with copies of in's attributes and blobs, and of all its components with their tensors.
   * A model that is not a bundle starts without tensors.  Returns 0 or the code of an error. */
  int (*apply) (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out);

  /* Chooses among several kinds in one model when the user names none: the highest is converted; the others are left
   * out, and named with their commands.  0: a model or a part of one.  1: a model trained on top of another and saved
   * with it (a LoRA). */
  int precedence;

  /* Name of the transform of a component after which this one is chosen automatically: a join, which completes a
   * bundle and understands FMTCONV_FEATURE_COMPONENTS.  NULL: never. */
  const char *joins;

  const char *main; /* "to=TYPE" */

  /* For fmtconv_inspect: describes a model that no rules recognize.  Returns 1 and fills *out, or returns 0: the
   * transform does not know the model.  NULL: it knows none. */
  int (*describe) (fmtconv_ctx *ctx, const fmtconv_model *model, fmtconv_description *out);

  const char *values; /* "to=q8_0|q4_0" */

  /* Name of the only writer for which this transform is chosen automatically, because its names are those of that format:
   * "gguf".  NULL: every writer. */
  const char *writer;

  /* A writer for which this transform is chosen automatically from the names of both sides of its rules, and the
   * parameters that it gets then, unless the user gives them: "gguf:to=gguf".  NULL: none. */
  const char *for_writer;

  /* A further look at a model that the rules recognize completely, for what the rules do not say.  It is asked when the
   * transform is to be chosen for a writer; its rules are for recognition, and do not run in reverse.  Returns 1: it is
   * chosen; 0: it is not, or an error was recorded.  NULL: the rules alone decide. */
  int (*recognize) (fmtconv_ctx *ctx, const fmtconv_model *model);

  /* With .writer: the transforms that are chosen automatically before and after this one, in place of the writer's .before
   * and in its form, because what this one makes is a part of a model: "* model-card".  NULL: the writer's. */
  const char *around;

  /* 1: it adds something to the weights of a model, whose names and shapes stay.  If the user types nothing else, what is
   * chosen automatically for a writer follows it. */
  int merges;
} fmtconv_transform;

/* Limits of a format.  The core checks them before `write`, and lists every offender. */
typedef struct fmtconv_limits
{
  const fmtconv_dtype_name *dtypes; /* NULL: all */
  unsigned rank;
  size_t name_bytes;
  size_t tensors;
  unsigned understands; /* enum fmtconv_feature, a mask */
} fmtconv_limits;

typedef struct fmtconv_writer
{
  size_t struct_size;
  const fmtconv_param *params;
  const char *suffixes; /* of the output's name: ".gguf" */
  fmtconv_limits limits;

  /* Describes the files that hold `model`.  Returns 0 or the code of an error. */
  int (*write) (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

  /* 1: the output is a folder.  Such a writer has to be named with -w, unless its suffixes hold "/": then it is the
   * writer for folders, and an output with one of its other suffixes is a file. */
  int is_folder;

  /* Changes limits that depend on parameters.  `limits` starts as declared above.  NULL: none do.  Pure. */
  void (*adjust) (const void *params, fmtconv_limits *limits);

  /* Hints for tensors with too many dimensions, and for names that are too long.  NULL: no hint. */
  const char *rank_hint;
  const char *name_hint;

  /* The attributes "config" and "gguf" that the format can hold: "config gguf".  NULL: neither.  An attribute of the
   * input that it cannot hold is left out with a note. */
  const char *keeps;

  const char *main;   /* "to=TYPE" */
  const char *values; /* "to=q8_0|q4_0" */

  /* Transforms that are chosen automatically before and after one that names this writer (fmtconv_transform.writer), as
   * typed, separated by blanks: "tokenizer quantize:rest=f32".  In `before`, "*" stands for that one.  The last of `after`
   * gets as its main parameter --dtype, else the end of the output's name if it is among the transform's .values ("q4_0"
   * for out-q4_0.gguf), else "auto".  NULL: none. */
  const char *before;
  const char *after;

  /* Changes limits that depend on the model, after `adjust`.  NULL: none do.  Pure. */
  void (*adjust_to) (const void *params, const fmtconv_model *model, fmtconv_limits *limits);

  /* A transform that decodes quantized values with scales (FMTCONV_FEATURE_SCALED), as typed: "dequantize".  For a model
   * that has some it is chosen before `before`, if a transform that names this writer recognizes its result; with `undoes`,
   * for a model with blocks, after the transform in reverse.  NULL: none. */
  const char *decode;

  /* Name of another writer ("gguf"): a transform that names that one is chosen automatically in reverse, for a model that it
   * made, with the transforms of this writer's `before` around it.  NULL: none. */
  const char *undoes;
} fmtconv_writer;

/* ---- Codecs: block types that the library does not have.  Once the plugin is loaded, its types are data types as all
 * others, for every plugin: -t quantize:to=NAME, dequantize, cast, inspect, diff.  The functions are pure: they read their
 * arguments, write their result, and do nothing else; many threads call them at once.  Blocks do not depend on each
 * other, so that a row can be cut between them. */

/* One block type.  Its values are in the byte order of the machine, its blocks the bytes of files, at any alignment. */
typedef struct fmtconv_block_type
{
  size_t struct_size;
  const char *name;     /* [a-z][a-z0-9_]{0,30}, not the name of another data type */
  uint32_t block;       /* elements of a block: a power of two, 2 to 256 */
  uint32_t block_bytes; /* bytes of a block: 1 to 2 * block */
  uint32_t gguf; /* number of the type in GGUF files, from 65 to 65535 (below are ggml's own); 0: none */
  int uses_importance; /* 1: importance changes the blocks */

  /* Decodes n elements, a multiple of `block`, from n / block blocks with any content. */
  void (*decode) (const void *blocks, size_t n, float *to);

  /* Encodes n finite elements, a multiple of `block`.
   *   importance  NULL, or with uses_importance one non-negative number for each element
   * Returns NULL, or what is wrong with the values, for people: an error of the execution.  NULL: the type is only read. */
  const char *(*encode) (const float *values, size_t n, const float *importance, void *blocks);
} fmtconv_block_type;

#define FMTCONV_BLOCK_TYPE(...)                             \
  {                                                         \
    .struct_size = sizeof (fmtconv_block_type), __VA_ARGS__ \
  }

typedef struct fmtconv_block_codec
{
  size_t struct_size;
  const fmtconv_block_type *const *types; /* up to NULL */
} fmtconv_block_codec;

/* ---- Transports: how processes that a launcher started, such as mpirun, send each other messages when they do one
 * conversion together.  Each of them is a rank, with a number from 0.  Messages are short, at most 4096 bytes, and go from
 * rank 0 to another or back; those of one sender arrive in their order.  The callbacks are called by one thread, that which
 * called `begin`; the program has given up rights after that, which it did not need until then.  A transport waits for
 * nothing but a message that has arrived. */
typedef struct fmtconv_transport
{
  size_t struct_size;

  /* Joins the processes, once in a process, and sets the number of this one and how many there are.  Returns NULL, or why
   * that is not possible, for people. */
  const char *(*begin) (unsigned *rank, unsigned *size);

  /* Sends n bytes to a rank.  Returns 0, when the caller may change them; else the connection is lost. */
  int (*send) (unsigned to, const void *bytes, size_t n);

  /* Returns 0 as long as there is no message from that rank; 1 if `receive` finds one, or an error. */
  int (*arrived) (unsigned from);

  /* Stores the next message of a rank, which has exactly n bytes.  Returns 0; else it has not, or the connection is lost. */
  int (*receive) (unsigned from, void *bytes, size_t n);

  /* Leaves the others.  Nothing is called after it.  is_alone: 1: this process leaves because it failed, and could not tell
   * the others, which the launcher has to end. */
  void (*end) (int is_alone);
} fmtconv_transport;

/* ---- The descriptor.  A role that is NULL is absent.  The core copies each struct over zeros, up to the smaller of both
 * sizes, so fields are only ever added at the end. */
typedef struct fmtconv_plugin
{
  uint32_t abi;       /* FMTCONV_ABI */
  size_t struct_size; /* sizeof (fmtconv_plugin) */
  const char *name;   /* [a-z][a-z0-9-]{0,63}; the file name without .so */
  const char *summary;
  const fmtconv_reader *reader;
  const fmtconv_transform *transform;
  const fmtconv_writer *writer;
  const fmtconv_block_codec *codec;
  const fmtconv_transport *transport;
} fmtconv_plugin;

/* In C++ (20 or later, -fvisibility=hidden) a role is a static object, because a compound literal ends with its
 * expression; members are named in the order of their declarations. */
#ifdef __cplusplus
#define FMTCONV_ROLE(type, ...)                                             \
  ([] () -> const type * {                                                  \
    static const type role = { .struct_size = sizeof (type), __VA_ARGS__ }; \
    return &role;                                                           \
  }())
#else
#define FMTCONV_ROLE(type, ...)               \
  &(const type)                               \
  {                                           \
    .struct_size = sizeof (type), __VA_ARGS__ \
  }
#endif
#define FMTCONV_READER(...) FMTCONV_ROLE (fmtconv_reader, __VA_ARGS__)
#define FMTCONV_TRANSFORM(...) FMTCONV_ROLE (fmtconv_transform, __VA_ARGS__)
#define FMTCONV_WRITER(...) FMTCONV_ROLE (fmtconv_writer, __VA_ARGS__)
#define FMTCONV_BLOCK_CODEC(...) FMTCONV_ROLE (fmtconv_block_codec, __VA_ARGS__)
#define FMTCONV_TRANSPORT(...) FMTCONV_ROLE (fmtconv_transport, __VA_ARGS__)

/* Defines the descriptor.  id: the name with '_' instead of '-'. */
#define FMTCONV_PLUGIN(id, ...)                                                            \
  extern FMTCONV_EXPORT const fmtconv_plugin id##_LTX_fmtconv_plugin;                      \
  const fmtconv_plugin id##_LTX_fmtconv_plugin = { .abi = FMTCONV_ABI,                     \
                                                   .struct_size = sizeof (fmtconv_plugin), \
                                                   __VA_ARGS__ }

FMTCONV_END_DECLS

#endif

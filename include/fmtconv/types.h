/* fmtconv/types.h: the objects, error codes, data types and messages that every plugin meets.
 * SPDX-License-Identifier: Apache-2.0
 *
 * OWNERSHIP  What the core returns belongs to the context and lives until fmtconv_ctx_free.  What a caller passes
 *            is copied, or must live as long as the context.  A plugin frees only what it allocated itself.
 * ERRORS     A context keeps its first error.  A call that receives NULL for the object that it works on, or that
 *            follows an error, does nothing and returns NULL or 0.  A callback that returns 0 after an error has failed
 *            all the same.  So a plugin checks a result only before it dereferences it.
 *            NULL for another argument that a call needs (a name, a view, a tensor), without an earlier error, is
 *            E_INTERNAL: the message names the plugin, the call and the argument.
 *
 * Each declaration, or group of declarations under one comment, ends its comment with one line:
 *
 *            Errors: the codes that the call can record besides E_NOMEM.  Thread: who may call.  Since: the release.
 *
 *            "Thread: context" means the thread that runs the conversion of that context; a context has one thread
 *            at a time.  "Thread: any" means that the call has no state and is safe everywhere.
 */
#ifndef FMTCONV_TYPES_H
#define FMTCONV_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define FMTCONV_BEGIN_DECLS \
  extern "C"                \
  {
#define FMTCONV_END_DECLS }
#else
#define FMTCONV_BEGIN_DECLS
#define FMTCONV_END_DECLS
#endif

FMTCONV_BEGIN_DECLS

#define FMTCONV_ABI 1      /* a plugin with another number is refused */
#define FMTCONV_MAX_RANK 8 /* largest number of dimensions of a tensor */

#define FMTCONV_PRINTF(f) __attribute__ ((format (printf, f, f + 1)))
#define FMTCONV_EXPORT __attribute__ ((visibility ("default")))

typedef struct fmtconv_ctx fmtconv_ctx;         /* one conversion: arena, error record, messages */
typedef struct fmtconv_input fmtconv_input;     /* a file or folder that the user named, or one inside it */
typedef struct fmtconv_source fmtconv_source;   /* random-access bytes: file, zip member, memory */
typedef struct fmtconv_zip fmtconv_zip;         /* a validated archive */
typedef const struct fci_view fmtconv_view;     /* the lazy, immutable value of a tensor */
typedef struct fmtconv_model fmtconv_model;     /* ordered tensors and attributes */
typedef struct fmtconv_layout fmtconv_layout;   /* the output: an ordered list of files */
typedef struct fmtconv_file fmtconv_file;       /* one output file: an ordered list of regions */
typedef struct fmtconv_archive fmtconv_archive; /* a zip archive that is described as one output file */

/* ---- Error codes.  Functions that return int return 0 or one of these, as an int. */
enum fmtconv_error
{
  FMTCONV_E_FORMAT = -1,      /* malformed input */
  FMTCONV_E_UNSUPPORTED = -2, /* valid, but not supported */
  FMTCONV_E_LIMIT = -3,       /* beyond a compiled-in limit */
  FMTCONV_E_MISSING = -4,     /* a file, tensor or key that is needed is absent */
  FMTCONV_E_LOSSY = -5,       /* would lose information without consent */
  FMTCONV_E_IO = -6,          /* an operating-system call failed; errno is kept */
  FMTCONV_E_NOMEM = -7,       /* out of memory */
  FMTCONV_E_USAGE = -8,       /* the command, spec or parameter is wrong */
  FMTCONV_E_CANCELLED = -9,   /* fmtconv_ctx_cancel was called */
  FMTCONV_E_INTERNAL = -10,   /* a defect of a plugin or of the core */
  FMTCONV_E_STRICT = -11,     /* a warning, under --strict */
  FMTCONV_E_OUTPUT =
      -12 /* the output cannot be created there: it exists, is an input, or its folder does not exist */
};

/* ---- Data types, stored as uint32_t.  The numbers never change.  1 to 63 are plain types.  A block type is
 * FMTCONV_GGML plus ggml's type number (enum ggml_type): it stores a fixed number of neighbors along the last axis
 * in a fixed number of bytes.  Types of plugins without such a number have numbers from 2^31 up. */
enum fmtconv_dtype
{
  FMTCONV_BOOL = 1,
  FMTCONV_U8,
  FMTCONV_I8,
  FMTCONV_U16,
  FMTCONV_I16,
  FMTCONV_U32,
  FMTCONV_I32,
  FMTCONV_U64,
  FMTCONV_I64,
  FMTCONV_F16,
  FMTCONV_BF16,
  FMTCONV_F32,
  FMTCONV_F64,
  FMTCONV_C32, /* complex of two F16 */
  FMTCONV_C64, /* complex of two F32 */
  FMTCONV_C128,
  FMTCONV_F8_E4M3, /* torch float8_e4m3fn */
  FMTCONV_F8_E5M2,
  FMTCONV_F8_E4M3FNUZ,
  FMTCONV_F8_E5M2FNUZ,
  FMTCONV_F8_E8M0,
  FMTCONV_F6_E2M3, /* four in three bytes; F6 types are copied, not decoded */
  FMTCONV_F6_E3M2,
  FMTCONV_F4_E2M1, /* two in a byte, the first in the lower half */
  FMTCONV_GGML = 64,
  FMTCONV_Q4_0 = 66,
  FMTCONV_Q4_1 = 67,
  FMTCONV_Q5_0 = 70,
  FMTCONV_Q5_1 = 71,
  FMTCONV_Q8_0 = 72,
  FMTCONV_Q2_K = 74,
  FMTCONV_Q3_K = 75,
  FMTCONV_Q4_K = 76,
  FMTCONV_Q5_K = 77,
  FMTCONV_Q6_K = 78,
  FMTCONV_IQ2_XXS = 80,
  FMTCONV_IQ2_XS = 81,
  FMTCONV_IQ3_XXS = 82,
  FMTCONV_IQ1_S = 83,
  FMTCONV_IQ4_NL = 84,
  FMTCONV_IQ3_S = 85,
  FMTCONV_IQ2_S = 86,
  FMTCONV_IQ4_XS = 87,
  FMTCONV_IQ1_M = 93,
  FMTCONV_TQ1_0 = 98,
  FMTCONV_TQ2_0 = 99,
  FMTCONV_MXFP4 = 103,
  FMTCONV_NVFP4 = 104,
  FMTCONV_Q1_0 = 105,
  FMTCONV_Q2_0 = 106,
  FMTCONV_PLUGIN_TYPE =
      128 /* the first number of block types of plugins; in a table of a format: all with a number in GGUF */
};

/* Describes one data type.  Static and immutable. */
typedef struct fmtconv_dtype_info
{
  const char *name;     /* "bf16"; block types as ggml spells them: "q4_0", "q4_K" */
  uint32_t dtype;       /* enum fmtconv_dtype */
  uint32_t block;       /* elements in a block; 1 for plain types */
  uint32_t block_bytes; /* bytes of a block; for plain types, bytes of an element */
} fmtconv_dtype_info;

/* A format's own name for a data type.  Tables end with { 0 }. */
typedef struct fmtconv_dtype_name
{
  uint32_t dtype;
  const char *name;
  int id; /* a number that the format needs next to the name */
} fmtconv_dtype_name;

/* Returns the description of a data type, or NULL if `dtype` is not the number of one.
 * Errors: none.  Thread: any.  Since: 0.1. */
const fmtconv_dtype_info *fmtconv_dtype_get (uint32_t dtype);

/* Returns 1 for a plain floating-point type that weights can have: f16 … f64 and the 8-bit floats.  Not for f8_e8m0,
 * which holds scales, and f4_e2m1, which needs them.
 * Errors: none.  Thread: any.  Since: 0.1. */
int fmtconv_dtype_is_float (uint32_t dtype);

/* Returns the data type that a user typed, in any case: "BF16", "float16", "f8_e4m3", "Q4_K".  Returns 0 if the name
 * is not known; the error lists the known names.
 * Errors: E_USAGE.  Thread: context.  Since: 0.1. */
uint32_t fmtconv_dtype_parse (fmtconv_ctx *ctx, const char *name);

/* ---- Changes of a file's names and keys, which leave its tensors' bytes as they are (fmtconv_edit) */
enum fmtconv_change_kind
{
  FMTCONV_CHANGE_SET,   /* gives a key a value, or adds the key */
  FMTCONV_CHANGE_UNSET, /* removes a key */
  FMTCONV_CHANGE_RENAME /* gives a tensor or a key another name */
};

/* One change, as a user types it. */
typedef struct fmtconv_change
{
  size_t struct_size; /* sizeof (fmtconv_change) */
  const char *name;   /* of a key, or of a tensor to rename */
  const char *value;  /* of the key, or the new name; UNSET: NULL */
  size_t kind;        /* enum fmtconv_change_kind */
} fmtconv_change;

/* ---- Messages.  printf formats without a newline.  The text of every %s is escaped (control characters,
 * bidirectional controls, invalid UTF-8, backslashes) and cut at 256 bytes, so names from a file may be passed
 * unchanged. */

/* Where an error is.  Unknown fields are zero. */
typedef struct fmtconv_where
{
  const fmtconv_source *source; /* names the file; `offset` counts from its start */
  uint64_t offset;              /* bytes; ignored without `source` */
  const char *tensor;           /* name in the model */
  const char *hint;             /* what the user can do */
} fmtconv_where;

/* Records an error and returns `code`.  The context keeps only its first error.  The message names the file that the
 * running reader was given; fmtconv_fail_at also names the place and adds a hint.
 * Errors: `code`.  Thread: context.  Since: 0.1. */
int fmtconv_fail (fmtconv_ctx *ctx, int code, const char *format, ...) FMTCONV_PRINTF (3);
int fmtconv_fail_at (fmtconv_ctx *ctx, int code, const fmtconv_where *where, const char *format, ...)
    FMTCONV_PRINTF (4);

/* Adds one line, such as an offending name, to the next failure, warning or note.  The first 20 are printed (1000 with
 * -v); the rest are counted.
 * Errors: none.  Thread: context.  Since: 0.1. */
void fmtconv_detail (fmtconv_ctx *ctx, const char *format, ...) FMTCONV_PRINTF (2);

/* Warns of something that the user should know before trusting the result.  Returns 0, or E_STRICT under --strict.
 * Errors: E_STRICT.  Thread: context.  Since: 0.1. */
int fmtconv_warn (fmtconv_ctx *ctx, const char *format, ...) FMTCONV_PRINTF (2);

/* Reports a loss of information that needs consent.  Returns E_LOSSY, or 0 after a warning under --allow-lossy.
 * Errors: E_LOSSY, E_STRICT.  Thread: context.  Since: 0.1. */
int fmtconv_lossy (fmtconv_ctx *ctx, const char *format, ...) FMTCONV_PRINTF (2);

/* Prints a note.  Returns 0.
 * Errors: none.  Thread: context.  Since: 0.1. */
int fmtconv_note (fmtconv_ctx *ctx, const char *format, ...) FMTCONV_PRINTF (2);

/* ---- Memory of the context */

/* Returns a formatted string in the context's arena.  Nothing is escaped.  NULL only after an error.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
char *fmtconv_ctx_printf (fmtconv_ctx *ctx, const char *format, ...) FMTCONV_PRINTF (2);

/* Returns `n` zeroed objects of `size` bytes each, aligned for any type.  The product is checked for overflow.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
void *fmtconv_ctx_alloc (fmtconv_ctx *ctx, size_t n, size_t size);

/* Returns the code of the error that this context keeps, or 0.
 * Errors: none.  Thread: context.  Since: 0.1. */
int fmtconv_ctx_failed (const fmtconv_ctx *ctx);

FMTCONV_END_DECLS

#endif

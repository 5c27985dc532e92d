/* fmtconv/types.h: the objects, error codes, data types and messages that every plugin meets.
 * SPDX-License-Identifier: Apache-2.0
 *
 * OWNERSHIP  What the core returns belongs to the context and lives until fmtconv_ctx_free.  What
 *            the core is given is copied, or referenced for as long.  A plugin frees nothing.
 * ERRORS     The first error is kept in the context.  A call that is given NULL, or made after an
 *            error, does nothing and returns NULL or 0; a callback that returns 0 after an error
 *            has failed all the same.  So a plugin checks only where it dereferences.
 * THREADS    One thread per context.  Plugins keep no mutable state.
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

#define FMTCONV_ABI 1      /* equal in core and plugin, or the plugin is refused */
#define FMTCONV_MAX_RANK 8 /* most dimensions of a tensor */

#define FMTCONV_PRINTF(f) __attribute__ ((format (printf, f, f + 1)))
#define FMTCONV_EXPORT __attribute__ ((visibility ("default")))

typedef struct fmtconv_ctx fmtconv_ctx;       /* one conversion: arena, error record, messages */
typedef struct fmtconv_input fmtconv_input;   /* a file or folder the user named, or one beneath */
typedef struct fmtconv_source fmtconv_source; /* random-access bytes: file, zip member, memory */
typedef struct fmtconv_zip fmtconv_zip;       /* a validated archive */
typedef const struct fci_view fmtconv_view;   /* the lazy, immutable value of a tensor */
typedef struct fmtconv_model fmtconv_model;   /* ordered tensors and attributes */
typedef struct fmtconv_layout fmtconv_layout; /* the output: an ordered list of files */
typedef struct fmtconv_file fmtconv_file;     /* one output file: an ordered list of regions */

/* ---- Error codes.  Functions that return int return 0 or one of these. */
enum
{
  FMTCONV_E_FORMAT = -1,      /* malformed input */
  FMTCONV_E_UNSUPPORTED = -2, /* valid, but not something we handle */
  FMTCONV_E_LIMIT = -3,       /* beyond a compiled-in limit */
  FMTCONV_E_MISSING = -4,     /* something needed is not there */
  FMTCONV_E_LOSSY = -5,       /* would lose information that nobody agreed to lose */
  FMTCONV_E_IO = -6,          /* the operating system said no; errno is kept */
  FMTCONV_E_NOMEM = -7,       /* out of memory */
  FMTCONV_E_USAGE = -8,       /* what the user typed does not make sense */
  FMTCONV_E_CANCELLED = -9,   /* fmtconv_ctx_cancel was called */
  FMTCONV_E_INTERNAL = -10,   /* a plugin or the core broke its own rules */
  FMTCONV_E_STRICT = -11,     /* a warning, under --strict */
  FMTCONV_E_OUTPUT = -12      /* the output cannot be put there: it exists, is an input, has no folder */
};

/* ---- Data types.  The numbers never change.  1 … 63 are plain types.  A block type is FMTCONV_GGML plus
 * ggml's type number: it stores so many neighbors of the last axis together in so many bytes. */
enum
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
  FMTCONV_F6_E2M3, /* four in three bytes; this and the next are moved as they are, and not decoded */
  FMTCONV_F6_E3M2,
  FMTCONV_F4_E2M1, /* two in a byte, the first in its lower half */
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
  FMTCONV_Q2_0 = 106
};

/* One data type.  Static, immutable. */
typedef struct fmtconv_dtype_info
{
  const char *name;     /* "bf16"; block types as ggml spells them: "q4_0", "q4_K" */
  uint32_t dtype;       /* its number */
  uint32_t block;       /* elements of a block; plain types: 1 */
  uint32_t block_bytes; /* bytes of a block; plain types: bytes of an element */
} fmtconv_dtype_info;

/* A format's own name of a data type.  Tables end with { 0 }. */
typedef struct fmtconv_dtype_name
{
  uint32_t dtype;
  const char *name;
  int id; /* whatever the format needs beside the name */
} fmtconv_dtype_name;

/* The description of a data type; NULL for a number that is none. */
const fmtconv_dtype_info *fmtconv_dtype_get (uint32_t dtype);

/* The data type a user called `name` (any case: "BF16", "float16", "f8_e4m3", "Q4_K").
 * 0 and E_USAGE, which lists the known names, where there is none. */
uint32_t fmtconv_dtype_parse (fmtconv_ctx *ctx, const char *name);

/* Look-ups in a format's table: exact name, number.  NULL: none (no error). */
const fmtconv_dtype_name *fmtconv_dtype_table_by_name (const fmtconv_dtype_name *table, const char *name);
const fmtconv_dtype_name *fmtconv_dtype_table_by_dtype (const fmtconv_dtype_name *table, uint32_t dtype);

/* ---- Messages.  printf formats, no newline.  Whatever %s prints is escaped (control and bidi
 * characters, invalid UTF-8, backslash) and cut at 256 bytes, so names from a file may be passed
 * as they are. */

/* Where an error is.  Zero what is not known. */
typedef struct fmtconv_where
{
  const fmtconv_source *source; /* names the file, and gives `offset` its meaning */
  uint64_t offset;              /* in bytes from the start of `source`; ignored without it */
  const char *tensor;           /* name in the model */
  const char *hint;             /* what the user can do */
} fmtconv_where;

/* Record an error; returns `code`.  Kept only if it is the first of this context.  The file is the
 * one the running reader was given. */
int fmtconv_fail (fmtconv_ctx *ctx, int code, const char *format, ...) FMTCONV_PRINTF (3);

/* The same, with the place and a hint. */
int fmtconv_fail_at (fmtconv_ctx *ctx, int code, const fmtconv_where *where, const char *format, ...)
    FMTCONV_PRINTF (4);

/* Add one line (an offending name, say) to the next fail, warn or note.  Any number; the first 20
 * are printed, the rest counted. */
void fmtconv_detail (fmtconv_ctx *ctx, const char *format, ...) FMTCONV_PRINTF (2);

/* Something the user should know of before trusting the result.  Returns 0; under --strict it is
 * E_STRICT and returns that. */
int fmtconv_warn (fmtconv_ctx *ctx, const char *format, ...) FMTCONV_PRINTF (2);

/* Information would be lost without consent: E_LOSSY, or a warning under --allow-lossy (then 0). */
int fmtconv_lossy (fmtconv_ctx *ctx, const char *format, ...) FMTCONV_PRINTF (2);

/* Something worth a line.  Returns 0. */
int fmtconv_note (fmtconv_ctx *ctx, const char *format, ...) FMTCONV_PRINTF (2);

/* A formatted string in the context's arena; nothing is escaped.  NULL only after an error. */
char *fmtconv_ctx_printf (fmtconv_ctx *ctx, const char *format, ...) FMTCONV_PRINTF (2);

/* `n` zeroed objects of `size` bytes, aligned for anything; n * size is checked.  NULL: E_NOMEM. */
void *fmtconv_ctx_alloc (fmtconv_ctx *ctx, size_t n, size_t size);

/* 0, or the code of the error that this context keeps. */
int fmtconv_ctx_failed (const fmtconv_ctx *ctx);

FMTCONV_END_DECLS

#endif

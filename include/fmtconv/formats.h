/* fmtconv/formats.h: calls that only container formats need: typed numbers, packed arrays, archives, byte order,
 * carried files, ties and scales, digests, and formats made of other formats.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A first reader, transform or writer needs only fmtconv/plugin.h.
 */
#ifndef FMTCONV_FORMATS_H
#define FMTCONV_FORMATS_H

#include <fmtconv/plugin.h>

FMTCONV_BEGIN_DECLS

/* ---- Attributes with the types of a file */

/* Where the values of ATTR_PACKED lie: numbers, bools of one byte, strings each after its length of 8 bytes.  A string
 * may be any bytes. */
struct fmtconv_packed
{
  fmtconv_source *source;
  uint64_t at;           /* first byte in `source` */
  uint64_t bytes;        /* of all values */
  uint8_t kind;          /* of each value: ATTR_BOOL, ATTR_INT, ATTR_FLOAT, ATTR_STRING */
  uint8_t bits;          /* of a number */
  uint8_t is_unsigned;   /* of a number */
  uint8_t is_big_endian; /* numbers and lengths */
  uint8_t is_text;       /* all values are strings of UTF-8 without NULs */
};

/* Set a number with the type that a file gives it: an integer of 8, 16, 32 or 64 bits, a float of 32 or 64.  An f32 is
 * printed with the fewest digits that distinguish it from other f32s: 1e-05.
 * Errors: E_INTERNAL (the value does not fit).  Thread: context.  Since: 0.1. */
void fmtconv_attr_set_typed_int (fmtconv_attr *node, const char *key, int64_t value, unsigned bits);
void fmtconv_attr_set_typed_uint (fmtconv_attr *node, const char *key, uint64_t value, unsigned bits);
void fmtconv_attr_set_typed_float (fmtconv_attr *node, const char *key, double value, unsigned bits);

/* Returns 1 if an f32 keeps the number as written: its fewest digits as an f32 are those of `value`.
 * Errors: none.  Thread: any.  Since: 0.1. */
int fmtconv_attr_float_is_f32 (double value);

/* Returns an ATTR_PACKED as an ATTR_ARRAY in memory, and any other node unchanged.
 * Errors: E_FORMAT (a string is not UTF-8 or holds a NUL), E_IO.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_attr_unpack (fmtconv_attr *node);

/* Returns the value of a JSON text that comes from a file.  If it is malformed, returns NULL, stores the reason in
 * `*why`, and records no error.
 * Errors: none.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_attr_parse_json (fmtconv_ctx *ctx, const char *json, const char **why);

/* ---- Cursors */

/* Returns a big-endian unsigned integer of 1 to 8 bytes.
 * Errors: E_FORMAT, E_IO.  Thread: context.  Since: 0.1. */
uint64_t fmtconv_cursor_take_be (fmtconv_cursor *cursor, unsigned bytes);

/* Skips `n` bytes of padding.  Refuses a byte that is not zero, with its position.
 * Errors: E_FORMAT, E_IO.  Thread: context.  Since: 0.1. */
void fmtconv_cursor_take_zeros (fmtconv_cursor *cursor, uint64_t n);

/* Return the next `count` values, little-endian or big-endian, as ATTR_PACKED; they stay in the source.
 *   kind, bits  ATTR_BOOL; ATTR_INT or ATTR_UINT of 8, 16, 32 or 64 bits; ATTR_FLOAT of 32 or 64; ATTR_STRING
 * Refused with the position: a bool other than 0 and 1, a string longer than 64 MiB.
 * Errors: E_FORMAT, E_LIMIT, E_IO.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_cursor_take_packed (fmtconv_cursor *cursor, unsigned kind, unsigned bits,
                                          uint64_t count);
fmtconv_attr *fmtconv_cursor_take_packed_be (fmtconv_cursor *cursor, unsigned kind, unsigned bits,
                                             uint64_t count);

/* Calls `member` for each member of the next `n` bytes, one JSON object, in order: for objects with very many members.
 * The value and its key live until `member` returns.  A return value other than 0 ends the walk.  Two members may have
 * the same key; `member` has to compare them.  Control characters are refused in the keys of the object and of its
 * members, not in those of objects inside these: such keys can be data, the tokens of a vocabulary.
 * Errors: as fmtconv_cursor_take_json.  Thread: context.  Since: 0.1. */
void fmtconv_cursor_take_members (fmtconv_cursor *cursor, uint64_t n, unsigned depth,
                                  int (*member) (void *arg, fmtconv_attr *value), void *arg);

/* Returns the next `n` bytes (at most 1 MiB) as a YAML document of another program.  Aliases are expanded and tags
 * ignored within a budget; scalars become null, bool, int, float or string as in the YAML 1.1 core schema.  If it is
 * malformed, returns NULL, stores the reason in `*why`, and records no error, because such a file is never vital.
 * Errors: E_IO.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_cursor_take_yaml (fmtconv_cursor *cursor, uint64_t n, const char **why);

/* ---- Zip archives, validated completely before the first member is returned */

enum fmtconv_zip_flag
{
  FMTCONV_ZIP_IGNORE_CRC = 1, /* accept a checksum that does not match */
  FMTCONV_ZIP_ONE_FOLDER = 2  /* refuse members that are not in one folder at the top: "NAME/…" */
};

/* Opens the archive that fills `source` from its first to its last byte.  flags: enum fmtconv_zip_flag.
 * Errors: E_FORMAT, E_UNSUPPORTED, E_LIMIT, E_IO.  Thread: context.  Since: 0.1. */
fmtconv_zip *fmtconv_zip_open (fmtconv_source *source, unsigned flags);

/* Returns the name of the i-th member in the order of the central directory, or NULL at the end.
 * Errors: none.  Thread: context.  Since: 0.1. */
const char *fmtconv_zip_member_name (fmtconv_zip *zip, size_t i);

/* Returns the member with exactly that name, inflated if it is compressed, or NULL if it is absent.  Its CRC is checked
 * when a cursor or the executor reads it completely.
 * Errors: E_FORMAT, E_IO.  Thread: context.  Since: 0.1. */
fmtconv_source *fmtconv_zip_member (fmtconv_zip *zip, const char *name);

/* ---- Memory of a callback */

/* Return what fmtconv_ctx_alloc and fmtconv_ctx_printf do, in memory that ends with the innermost scratch: that of the running
 * reader or writer, or one that it began.  Elsewhere, in the context's arena.  For what a callback needs while it runs; names,
 * texts and bytes that are given to a model or to a file may be there, because they are copied.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
void *fmtconv_scratch_alloc (fmtconv_ctx *ctx, size_t n, size_t size);
char *fmtconv_scratch_printf (fmtconv_ctx *ctx, const char *format, ...) FMTCONV_PRINTF (2);

/* Returns a part of a source as fmtconv_source_window does, in memory that ends with the innermost scratch: for bytes of which only
 * parts are needed longer, such as an archive in a file of many.  Views, models and files may refer to it; messages name these parts by
 * their place in the file.
 * Errors: E_FORMAT (beyond the end), E_NOMEM.  Thread: context.  Since: 0.1. */
fmtconv_source *fmtconv_scratch_window (fmtconv_source *source, uint64_t start, uint64_t size,
                                        const char *name);

/* Return what fmtconv_cursor_take_json and fmtconv_cursor_take_text do, in memory that ends with the innermost scratch: for the index of
 * a model, or names that are given to it.
 * Errors: E_FORMAT, E_LIMIT, E_IO, E_NOMEM.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_scratch_json (fmtconv_cursor *cursor, uint64_t n, unsigned depth);
const char *fmtconv_scratch_text (fmtconv_cursor *cursor, uint64_t n);

/* Begin a scratch inside the innermost one, and end it: for a stretch of work that is done many times.  Pickles and archives
 * that were opened in it end with it; views and other sources do not.  What is still open after an error ends with the callback.
 * Errors: E_NOMEM; E_INTERNAL (none was begun).  Thread: context.  Since: 0.1. */
void fmtconv_scratch_begin (fmtconv_ctx *ctx);
void fmtconv_scratch_end (fmtconv_ctx *ctx);

/* ---- Sources */

/* Returns the bytes that a text of latin-1 characters in UTF-8 stands for, one byte per character, in the arena; old
 * pickles keep bytes so.  NULL without an error if the text is not UTF-8 or has a character above U+00FF.  name: for
 * messages.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
fmtconv_source *fmtconv_source_latin1 (fmtconv_ctx *ctx, const char *text, size_t size, const char *name);

/* Returns `size` bytes in memory as a source: values that a plugin made, such as those of a packed array.  They must live
 * as long as the context.  name: for messages.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
fmtconv_source *fmtconv_source_memory (fmtconv_ctx *ctx, const void *bytes, uint64_t size, const char *name);

/* ---- Inputs that other formats read */

/* Returns 1 if the input has to be read without the files next to it.  That is so when an output is read again for
 * --verify, before its files have their final names.
 * Errors: none.  Thread: context.  Since: 0.1. */
int fmtconv_input_is_alone (const fmtconv_input *in);

/* The numbers in the name of a file of a split model: "model-00002-of-00003.safetensors", with any number of digits,
 * counted from 1 or from 0. */
typedef struct fmtconv_shard
{
  size_t start;    /* bytes before "-00002-of-00003" */
  size_t end;      /* bytes before ".safetensors" */
  size_t digits;   /* of the number */
  uint64_t number; /* at most `count` */
  uint64_t count;  /* at least 1 */
} fmtconv_shard;

/* Returns 1, and the numbers in `*out`, if a file has the name of a file of a split model.
 * Errors: none.  Thread: any.  Since: 0.1. */
int fmtconv_shard_parse (const char *name, fmtconv_shard *out);

/* Returns the members of a tar archive (ustar, pax, GNU) as a folder, which is not unpacked: its files are windows of the
 * archive.  The folder of it, for fmtconv_input_parent, is `file`.
 * Errors: E_FORMAT, E_UNSUPPORTED (links, sparse files, compressed archives), E_IO.  Thread: context.  Since: 0.1. */
fmtconv_input *fmtconv_input_members (fmtconv_input *file);

/* Returns the model that another reader makes of `in`.
 *   reader  its name and parameters as typed: "torch:root=module"; NULL: the reader that bids highest
 * Errors carry that reader's name.  For a reader, the model ends when that returns.  Tensors that a transform reads this way enter the lineage: each must be used or
 * dropped.
 * Errors: any of the reader's, E_LIMIT (readers that call each other).  Thread: context.  Since: 0.1. */
fmtconv_model *fmtconv_input_read (fmtconv_input *in, const char *reader);

/* Adds to `out` everything of a model that fmtconv_input_read returned: tensors, attributes (merged over out's),
 * blobs, components and skipped items.
 * Errors: E_FORMAT (a name twice).  Thread: context.  Since: 0.1. */
void fmtconv_model_adopt (fmtconv_model *out, const fmtconv_model *other);

/* Adds to `out` everything that a transform makes of a model that fmtconv_input_read returned.  What the transform drops is
 * listed as by fmtconv_model_skip.  For readers whose files are put together by rules.
 *   transform  its name and parameters as typed
 * Errors carry the transform's name.
 * Errors: any of the transform's, E_USAGE (there is none of that name), E_LIMIT (nested calls).  Thread: context.  Since: 0.1. */
void fmtconv_model_transform (fmtconv_model *out, const fmtconv_model *in, const char *transform);

/* Lists something in the file that is not a tensor of the model, for the user.  For readers.
 *   bytes  0 if a size is not worth telling
 * Errors: none.  Thread: context.  Since: 0.1. */
void fmtconv_model_skip (fmtconv_model *out, const char *what, uint64_t bytes, const char *why);

/* Requires that bytes [start, end) of `source` are exactly all leaves of it that were put so far, without gaps or overlaps,
 * each start aligned to `align`.  Parts between headers are windows, each of which is another source.  A violation is
 * reported with position and tensor.
 * Errors: E_FORMAT.  Thread: context.  Since: 0.1. */
void fmtconv_model_require_tiling (fmtconv_model *out, fmtconv_source *source, uint64_t start, uint64_t end,
                                   uint64_t align);

/* Returns the rules in a file, fmtconv-rules(5): strict YAML, at most 1 MiB.
 *   values  NAME and expression, each instead of the value that the file's `let` has for NAME; NULL: none
 * Errors: E_USAGE and E_FORMAT with line and column, E_LIMIT, E_IO.  Thread: context.  Since: 0.1. */
const fmtconv_rules *fmtconv_rules_read (fmtconv_input *file, const fmtconv_pairs *values);

/* ---- Patterns of names */

/* Returns a glob that matches `name` alone, or NULL if `name` is NULL.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
const char *fmtconv_glob_quote (fmtconv_ctx *ctx, const char *name);

/* Returns the first tensor whose name matches a rule pattern (fmtconv/rules.h), or NULL.
 * Errors: none.  Thread: context.  Since: 0.1. */
const fmtconv_tensor *fmtconv_model_find_pattern (const fmtconv_model *model, const char *pattern);

/* Returns 1 if a rule pattern (fmtconv/rules.h) matches the whole name.
 * Errors: none.  Thread: any.  Since: 0.1. */
int fmtconv_pattern_match (const char *pattern, const char *name);

/* ---- Data types and tables of them */

/* Returns 1 for a block type.
 * Errors: none.  Thread: any.  Since: 0.1. */
int fmtconv_dtype_is_blocks (uint32_t dtype);

/* Return the entry of a format's table with exactly that name, or that data type; NULL if the table has none.
 * Errors: none.  Thread: any.  Since: 0.1. */
const fmtconv_dtype_name *fmtconv_dtype_table_by_name (const fmtconv_dtype_name *table, const char *name);
const fmtconv_dtype_name *fmtconv_dtype_table_by_dtype (const fmtconv_dtype_name *table, uint32_t dtype);

/* ---- Views of stored bytes */

/* Returns the encoding of a view as U8.  The same axes; the last counts bytes.  Blocks that run over the ends of rows
 * become one axis.  For block types only.
 * Errors: E_USAGE.  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_bytes (fmtconv_view *view);

/* Returns bytes (U8 or I8, as stored) as the encoding of `dtype`.  The last axis counts its elements.
 * Errors: E_USAGE (not whole elements or blocks), E_UNSUPPORTED (cut along the last axis, or joined of several views: the
 * bytes of an element must be neighbors in one source, so planes of real and imaginary parts cannot become complex numbers).
 * Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_reinterpret (fmtconv_view *view, uint32_t dtype);

/* Returns the same numbers from the other byte order, for elements that are as stored.  Both parts of a complex number
 * are swapped.
 * Errors: E_USAGE, E_UNSUPPORTED.  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_byteswap (fmtconv_view *view);

/* Returns an F32 view with one element per block of block[axis] indices along each axis: the block's largest absolute
 * value in f32.  The last block may be smaller.  If `divisor` is above 0, the value is divided by it in f32: the scale
 * that brings the block within ±divisor.  Such a scale is 1 for a block of zeros, and never below the smallest normal
 * f32, 2^-126, because many processors flush smaller numbers to 0.
 *
 * Before anything is written, the executor evaluates `view` once more than the output asks for, and keeps the results
 * in memory.  NaN and infinite values are an error of the execution, which names tensor and row.  The same blocks of an
 * equal view give equal views.
 * Errors: E_USAGE, E_UNSUPPORTED (`view` depends on such a result).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_absmax (fmtconv_view *view, const uint64_t *block, double divisor);

/* Return F32 views that are computed and kept as those of fmtconv_view_absmax, but before them: the Euclidean norm of each
 * index of the first axis, with the other axes of size 1, from squares summed in f64; and the values of `view` in f32, for
 * a result that an operation cannot take lazily, such as the product of two matrices as a factor.  `view` may depend on
 * such results itself.  The results of all tensors are in memory at once, so they should be small.
 * Errors: E_USAGE, E_UNSUPPORTED (`view` depends on the result of fmtconv_view_absmax or fmtconv_view_slerp).
 * Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_norm (fmtconv_view *view);
fmtconv_view *fmtconv_view_hold (fmtconv_view *view);

/* ---- Sums of tensors */

/* Returns view + factor · other in f32, element by element, for views of one shape and any floating-point types.
 * `other` is rounded to f32 first, without a finding; the product is rounded before it is added.  Tensors that `other`
 * depends on count as used.
 * Errors: E_USAGE, E_UNSUPPORTED (`other` is stored in blocks, or contains a low-rank sum; too many operations with
 * other tensors).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_add (fmtconv_view *view, fmtconv_view *other, double factor);

/* Returns `view` plus `number`, in f32, as torch's tensor.float() + number.  Floating-point views only.  -number is the way
 * back up to rounding: elements much smaller than `number` lose bits.
 * Errors: E_USAGE.  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_add_scalar (fmtconv_view *view, double number);

/* Returns the `n` indices of `axis` in that order; an index may be given several times.  Neighbors, repetitions and equal
 * steps are one piece of the plan, which has at most 2^20; others take about 150 bytes each.
 * Errors: E_USAGE (an index that the axis does not have), E_UNSUPPORTED (inside a block), E_LIMIT.  Thread: context.
 * Since: 0.1. */
fmtconv_view *fmtconv_view_gather (fmtconv_view *view, unsigned axis, size_t n, const uint64_t *indices);

/* Returns the spherical interpolation of two views of one shape and any floating-point types, in f32: a · view +
 * b · other, with the weights of mergekit's slerp: the sines of (1 - fraction) and of fraction times the angle between
 * the whole tensors, divided by the sine of the angle.  They are 1 - fraction and fraction if the tensors are almost
 * parallel (the cosine is above 0.9995 or below -0.9995).  Norms and products are summed in f64, in the same order for
 * any number of threads.
 *   fraction  from `view`, 0, to `other`, 1
 *
 * Before anything is written, the executor evaluates both views once more than the output asks for.  NaN and infinite
 * values are an error of the execution, which names tensor and row.
 * Errors: E_USAGE, E_UNSUPPORTED (as fmtconv_view_add and fmtconv_view_absmax).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_slerp (fmtconv_view *view, fmtconv_view *other, double fraction);

/* ---- Codecs.  A tensor may be stored as several tensors of numbers that only a formula turns into its elements: packed
 * integers, their scales, zero points.  A codec is that formula: the one function of a plugin that sees values.  It is
 * pure: it reads its arguments, writes `to`, and does nothing else; many threads call it at once.  The view that it
 * makes is sliced, cast, quantized and written as any other. */

/* A stored tensor that a codec reads, as a matrix: the last axis is its columns, all others its rows.  rows and columns
 * say which part the elements [row, column …] of the result need: of each axis, the indices from
 * index * [0] / [1] on, up to those for the last element.  { 0, 0 }: row 0 of all rows, or all columns. */
typedef struct fmtconv_operand
{
  fmtconv_view *view; /* as it is stored, rows contiguous; integers of up to 32 bits, or floats of up to 32 */
  uint32_t rows[2];
  uint32_t columns[2];
  unsigned by; /* not 0: its row is the value of operand by-1, I32 with one column, which comes before it */
} fmtconv_operand;

/* The part of an operand that a call needs.  Floats are f32, integers as stored; both in the byte order of the machine. */
typedef struct fmtconv_operand_part
{
  const void *values; /* of row `row` and column `column` of the operand */
  uint64_t row;
  uint64_t column;
  size_t pitch; /* values from one row to the next */
} fmtconv_operand_part;

typedef struct fmtconv_codec
{
  size_t struct_size;
  const char *name; /* for people: "GPTQ" */
  /* Stores `count` elements of a row of the result, from `column` on, in `to`.  Returns NULL, or what is wrong with the
   * values, for people: an error of the execution. */
  const char *(*decode) (const void *params, const fmtconv_operand_part *operands, uint64_t row,
                         uint64_t column, size_t count, float *to);
} fmtconv_codec;

#define FMTCONV_CODEC(...)                             \
  {                                                    \
    .struct_size = sizeof (fmtconv_codec), __VA_ARGS__ \
  }

/* Returns the matrix [rows, columns] in F32 that a codec computes from n operands (at most 8).
 *   name         of the tensor, for messages
 *   params       bytes that are given to every call of `decode`; copied
 * The operands count as used.  A value of `by` that is not a row is an error of the execution.
 * Errors: E_USAGE (operands are too small), E_UNSUPPORTED (an operand was changed since it was read, or its rows are
 * not contiguous), E_LIMIT (an element needs more than 64 KiB of operands).  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_decode (const fmtconv_codec *codec, const char *name, const void *params,
                                   size_t params_size, uint64_t rows, uint64_t columns,
                                   const fmtconv_operand *operands, size_t n);

/* ---- Block types.  Plugins add types with a codec (fmtconv_block_codec); their numbers begin at FMTCONV_PLUGIN_TYPE. */

struct fmtconv_block_type;

/* Returns the description of a block type of a plugin that was loaded; NULL: it is another data type.
 * Errors: none.  Thread: any.  Since: 0.1. */
const struct fmtconv_block_type *fmtconv_block_type_get (uint32_t dtype);

/* Returns the block type of a plugin with that number in GGUF files (enum ggml_type of the program that made them), loading
 * the plugins that may have it.  0: there is none.
 * Errors: E_MISSING (a plugin that is known to have it is not installed, or refused).  Thread: context.  Since: 0.1. */
uint32_t fmtconv_dtype_of_gguf (fmtconv_ctx *ctx, uint32_t number);

/* Reads all bytes of a tensor that is unchanged since it was read, at most 64 KiB: a table, or a text that describes
 * other tensors.  Elements are little-endian, row-major.  Returns them with a 0 after the last byte, or NULL.
 * Errors: E_LIMIT (longer), E_UNSUPPORTED (changed), E_IO.  Thread: context.  Since: 0.1. */
const void *fmtconv_tensor_bytes (const fmtconv_tensor *tensor);

/* Compares two tensors of any size by their stored bytes, while a conversion is planned: matrices that a tool wrote
 * several times.  Returns 1 if data type, shape and bytes are the same; 0 if they differ, or a tensor is not stored as one
 * range of bytes; -1 after an error.
 * Errors: E_IO.  Thread: context.  Since: 0.1. */
int fmtconv_tensor_equal (const fmtconv_tensor *a, const fmtconv_tensor *b);

/* ---- Scaled tensors.  A checkpoint in fp8 or fp4 has a tensor of quantized values and, next to it, one or two tensors
 * of scales; names, data types and shapes tell which.  Integers of a quantizer have more such tensors, the parts of a
 * scheme: zero points, an order of rows, tables.  A plugin that moves only tensors and names can keep them together; a
 * plugin that computes must not see the quantized values alone. */

enum fmtconv_scaling_role
{
  FMTCONV_SCALING_NONE,
  FMTCONV_SCALING_CODES,    /* quantized values with scales */
  FMTCONV_SCALING_SCALE,    /* scales of another tensor, or another part of its scheme */
  FMTCONV_SCALING_COMPANION /* without use unless there are codes: scales of a layer's input, a marker */
};

/* How codes and scales are stored where no description in the file says it. */
enum fmtconv_scaling_layout
{
  FMTCONV_LAYOUT_UNKNOWN,
  FMTCONV_LAYOUT_ROWS, /* the first of two codes in the lower half of a byte; scales in row-major order */
  FMTCONV_LAYOUT_TILES /* the first of two codes in the upper half of a byte; scales in tiles of 128 x 4 (cuBLAS) */
};

typedef struct fmtconv_scaling
{
  const char *name; /* name of the tensor that the codes encode */
  const fmtconv_tensor *codes;
  const fmtconv_tensor *scale;
  const fmtconv_tensor *second; /* second scale, or NULL */
  int layout;                   /* enum fmtconv_scaling_layout: what the user says; UNKNOWN: nothing */
  const char *scheme; /* for people: "GPTQ or AWQ"; NULL: numbers times scales, fmtconv_model_unscale */
  const char *stem;   /* of a scheme: the start of the names of all its tensors; else NULL */
} fmtconv_scaling;

/* Returns the role of a tensor (enum fmtconv_scaling_role).  Fills `scaling`, unless it is NULL, for CODES; for a
 * tensor of a scheme in every role, with the codes that it belongs to.
 * Errors: none.  Thread: context.  Since: 0.1. */
int fmtconv_model_scaling (const fmtconv_model *model, const fmtconv_tensor *tensor,
                           fmtconv_scaling *scaling);

/* Returns the values of scaled codes in f32, not rounded yet: cast the result.  The layout is that of the file's own
 * description, else of its names and configuration, else `scaling->layout`, else the only one that the shapes allow.
 * Errors: E_UNSUPPORTED (a scheme; nothing settles the layout, or the scale's shape does not fit), with both tensors and their
 * shapes; E_FORMAT (the description cannot be read); E_IO.  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_model_unscale (const fmtconv_model *model, const fmtconv_scaling *scaling);

/* ---- Ties and copies: tensors that share bytes, and bytes that must agree */

/* Returns the earliest other tensor with the same bytes and the same shape, or NULL.
 * Errors: none.  Thread: context.  Since: 0.1. */
const fmtconv_tensor *fmtconv_model_tied (const fmtconv_model *model, const fmtconv_tensor *tensor);

/* Writes every tensor of `out` separately from here on, also if several share the same bytes.
 * Errors: none.  Thread: context.  Since: 0.1. */
void fmtconv_model_untie (fmtconv_model *out);

/* Returns the first of `n` views that must be equal bit for bit; they have one data type and one shape.  Every view
 * made from the result keeps the requirement.  Before anything is written, the executor compares the views of every
 * output tensor completely; a difference is E_FORMAT with the tensor, both files and the first element that differs.
 * All `n` views count as used.
 * Errors: E_FORMAT, E_USAGE.  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_view_require_equal (size_t n, fmtconv_view *const *views);

/* ---- Files carried along */

typedef struct fmtconv_blob
{
  const char *name; /* unique in its model, one plain path component */
  fmtconv_source *source;
  const struct fmtconv_blob *next;
} fmtconv_blob;

/* Returns the blob after `after`; the first if `after` is NULL; NULL at the end.
 * Errors: none.  Thread: context.  Since: 0.1. */
const fmtconv_blob *fmtconv_model_next_blob (const fmtconv_model *model, const fmtconv_blob *after);

/* Carries a file along.
 * Errors: E_FORMAT (not a plain name, or a name twice).  Thread: context.  Since: 0.1. */
void fmtconv_model_attach (fmtconv_model *out, const char *name, fmtconv_source *source);

/* Stops carrying one of out's files.  A walk that stands at it can go on.
 * Errors: none.  Thread: context.  Since: 0.1. */
void fmtconv_model_detach (fmtconv_model *out, const fmtconv_blob *blob);

/* ---- Layouts */

/* Describes the files of `model` by another writer, as if the output were `name` (as for fmtconv_layout_create).
 *   model   frozen
 *   writer  its name and parameters as typed: "safetensors:max-shard-size=5GB"; its limits hold
 * Errors carry that writer's name.
 * Errors: any of the writer's.  Thread: context.  Since: 0.1. */
void fmtconv_layout_write (fmtconv_layout *layout, const char *name, const fmtconv_model *model,
                           const char *writer);

/* Declares older files that this output replaces: their names match `glob` (as fmtconv_glob_match; folders before it
 * are literal), next to or inside the target as names of fmtconv_layout_create.  If such files exist, the output is
 * refused without --force; with it, they are removed when the new files have their names.  A file that the output
 * creates is never stale.
 * Errors: E_INTERNAL.  Thread: context.  Since: 0.1. */
void fmtconv_layout_stale (fmtconv_layout *layout, const char *glob);

/* Drops a tensor of the writer's model, or the part of it that is not emitted.  `why` is shown to the user, with the
 * reasons of transforms.
 * Errors: E_INTERNAL.  Thread: context.  Since: 0.1. */
void fmtconv_layout_drop (fmtconv_layout *layout, const fmtconv_tensor *tensor, const char *why);

/* Names another tensor that shares the bytes of that region, for messages and --verify.
 * Errors: E_INTERNAL.  Thread: context.  Since: 0.1. */
void fmtconv_file_emit_tied (fmtconv_file *file, const char *name, size_t region);

/* Kinds of digests. */
enum fmtconv_digest
{
  FMTCONV_DIGEST_CRC32 /* zip's CRC-32: 4 bytes, little-endian */
};

/* Appends the digest (enum fmtconv_digest) of `n` consecutive regions of the file from number `region` on.  They are
 * earlier, and none is a digest.  It is filled in when they are written, before the output is published.
 * Errors: E_INTERNAL.  Thread: context.  Since: 0.1. */
void fmtconv_file_emit_digest (fmtconv_file *file, int kind, size_t region, size_t n);

/* Appends all bytes of a source: a file that is carried along.
 * Errors: E_LIMIT.  Thread: context.  Since: 0.1. */
void fmtconv_file_emit_source (fmtconv_file *file, fmtconv_source *source);

/* ---- Zip archives in the output.  Members with tensors are stored, not compressed: a layout knows each size and offset
 * before the first byte is read.  Checksums, also those before the bytes of a member, are filled in when these are written. */

enum fmtconv_archive_flag
{
  FMTCONV_ARCHIVE_CRC_AFTER = 1 /* the checksum of a member follows its bytes, as in torch's files */
};

/* Begins an archive at the end of `file`; its offsets count from there.  Several can follow each other, as the records of
 * torch.distributed.checkpoint do; the last one ends the file.  flags: enum fmtconv_archive_flag.
 * Errors: E_INTERNAL (the archive before was not ended).  Thread: context.  Since: 0.1. */
fmtconv_archive *fmtconv_archive_begin (fmtconv_file *file, unsigned flags);

/* Ends the member before, and begins the next: what is emitted into the file from here on is its content.
 *   name       UTF-8, a path of plain components joined by '/', unique in the archive
 *   size       of the content, bytes
 *   alignment  of its first byte in the file, a power of two up to 4096; 1: none
 * Errors: E_INTERNAL (the member before has another size than announced, or the alignment is none), E_FORMAT (a name
 * twice, or not plain), E_LIMIT.  Thread: context.  Since: 0.1. */
void fmtconv_archive_member (fmtconv_archive *archive, const char *name, uint64_t size, uint64_t alignment);

/* Ends the member before, and adds one of known bytes, such as a text: stored, with its checksum before the bytes.
 *   name, alignment  as for fmtconv_archive_member
 *   bytes            its content, n bytes; copied
 * Errors: as fmtconv_archive_member.  Thread: context.  Since: 0.1. */
void fmtconv_archive_store (fmtconv_archive *archive, const char *name, const void *bytes, size_t n,
                            uint64_t alignment);

/* Ends the member before, and adds one of known bytes, such as a text: deflated, or stored if that takes less.
 *   name   as for fmtconv_archive_member
 *   bytes  its content, n bytes; copied
 * The deflated bytes depend on the zlib that the library uses.
 * Errors: as fmtconv_archive_member; E_LIMIT (more than 64 MiB), E_NOMEM.  Thread: context.  Since: 0.1. */
void fmtconv_archive_deflate (fmtconv_archive *archive, const char *name, const void *bytes, size_t n);

/* Ends the last member and the archive.  An archive that is not ended is an error of the plugin.
 * Errors: E_INTERNAL, E_LIMIT.  Thread: context.  Since: 0.1. */
void fmtconv_archive_end (fmtconv_archive *archive);

/* ---- What belongs to weights: low-rank products, differences */

/* A weight of which another model holds something. */
typedef struct fmtconv_weight
{
  const char *name; /* "a.b.weight" */
  int is_flat;      /* underscores before the last dot may stand for dots: "a_b.weight" */
  unsigned rank;    /* 0: the shape is not known */
  const uint64_t *shape;
  int is_module; /* fmtconv_rules_rename_by_config: the shape is [outputs, inputs] of a module, whose weight the model may
                    store as [inputs, outputs]: its rule exchanges these axes */
} fmtconv_weight;

#define FMTCONV_NO_WEIGHT SIZE_MAX /* fmtconv_weight_rows.weight: rows of a weight that is not given */

/* Consecutive rows of a given weight. */
typedef struct fmtconv_weight_rows
{
  size_t weight; /* its number */
  uint64_t start;
  uint64_t count;
} fmtconv_weight_rows;

/* What a rule does with a weight once its rows are put together: other axes, another order, a factor. */
typedef struct fmtconv_weight_ops fmtconv_weight_ops;

/* A weight under its name on the other side, and the rows that it is made of, in order. */
typedef struct fmtconv_new_weight
{
  const char *name;
  size_t n; /* 0: one weight as it is, that of `rows` */
  const fmtconv_weight_rows *rows;
  /* fmtconv_rules_rename_by_config: */
  size_t
      stacked; /* the rows are those of so many weights of equal shape, each of which gets an index of a new first axis;
                     0: they stay one below the other */
  int is_transposed; /* the given weight is a module's, and the model stores it as [inputs, outputs] */
  const fmtconv_weight_ops *ops; /* NULL: nothing; it is done to the weight as the model stores it */
} fmtconv_new_weight;

/* The weights of a model whose rules are known. */
typedef struct fmtconv_renaming
{
  const char *model;   /* name of the transform; NULL: no rules take the weights, or several do */
  const char *several; /* names of models that give different names: "flux and flux2"; NULL: there are none */
  const char *from;    /* side whose names the weights have */
  const char *to;      /* side whose names they get; may be the same */
  size_t n;
  const fmtconv_new_weight *weight;
  const char *models; /* names of all models that give these names: "chroma, flux" */
  const char *
      architecture; /* fmtconv_rules_rename_by_config: what the GGUF file of the model names it; NULL: nothing */
} fmtconv_renaming;

/* Renames weights by the rules of an installed model file, of which they may be a part: conditions, and whether the model
 * is complete, do not count.  Shapes do; of parts of a weight that are not given, the rows are FMTCONV_NO_WEIGHT.
 *   model  name of the transform; NULL: the one whose rules take all weights; if several do, they must give the same names
 *   side   whose names the weights get; "": the first; NULL: the side whose names they do not have
 * Returns 0 or the code of the error.
 * Errors: E_USAGE (no such model or side; a weight without a name or a valid shape), E_FORMAT (not all of the weights are
 * the named model's), E_UNSUPPORTED (a rule of it does more than moving rows, or both sides fit).  Thread: context.  Since: 0.1. */
int fmtconv_rules_rename (fmtconv_ctx *ctx, const char *model, const char *side, size_t n,
                          const fmtconv_weight *weights, fmtconv_renaming *out);

/* Renames weights with names of the first side by the rules of the installed model file whose conditions hold for a
 * configuration.  Its values count in conditions and in shapes, and rules may do more than moving rows: see
 * fmtconv_new_weight.stacked and .ops.  Names may have the prefixes of the model file.
 *   config  config.json of the model
 *   side    the second side of the model file: "gguf"
 * Returns 0 or the code of the error; out->model is NULL if no installed model file with this side is for the configuration.
 * Errors: E_USAGE (a weight without a name or a valid shape), E_FORMAT (not all of the weights are the model's),
 * E_UNSUPPORTED (a rule that a part of the model cannot follow, or several model files that differ).
 * Thread: context.  Since: 0.1. */
int fmtconv_rules_rename_by_config (fmtconv_ctx *ctx, fmtconv_attr *config, const char *side, size_t n,
                                    const fmtconv_weight *weights, fmtconv_renaming *out);

/* Returns a value of the weight's shape as the rule of the weight changes it.  NULL after an error.
 * Errors: those of the views.  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_weight_change (const fmtconv_new_weight *weight, fmtconv_view *view);

/* Changes the factors of a product as the rule of its weight changes the product: what acts on rows alone acts on B, what
 * swaps rows and columns swaps the factors.
 *   a  [rank, columns], or [stacked, rank, columns]; set to [rank, columns] of the changed product, with its leading axes
 *      or 1 for each of them
 *   b  [rows, rank], or [stacked, rows, rank]; set to [..., rows, rank]
 * Returns 0 or the code of the error.
 * Errors: E_UNSUPPORTED (the rule does something that is not the same on the factors).  Thread: context.  Since: 0.1. */
int fmtconv_weight_factors (fmtconv_ctx *ctx, const fmtconv_new_weight *weight, fmtconv_view **a,
                            fmtconv_view **b);

FMTCONV_END_DECLS

#endif

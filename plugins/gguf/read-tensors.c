/* plugins/gguf/read-tensors.c: reads the descriptions of tensors, and puts the tensors into the model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  MAX_NAME = 4096,
  MAX_TAIL = 64 << 20 /* zeros after the last tensor */
};

/* Returns a description of a type that is not stored in files: removed, or used only in computations. */
static const char *
is_defined_elsewhere (uint32_t id)
{
  static const struct
  {
    uint32_t id;
    const char *name;
  } others[] = { { 4, "Q4_2, which ggml has removed" },
                 { 5, "Q4_3, which ggml has removed" },
                 { 9, "Q8_1, which ggml uses only while it computes" },
                 { 15, "Q8_K, which ggml uses only while it computes" },
                 { 31, "Q4_0_4_4, which ggml has removed" },
                 { 32, "Q4_0_4_8, which ggml has removed" },
                 { 33, "Q4_0_8_8, which ggml has removed" },
                 { 36, "IQ4_NL_4_4, which ggml has removed" },
                 { 37, "IQ4_NL_4_8, which ggml has removed" },
                 { 38, "IQ4_NL_8_8, which ggml has removed" } };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (others[i].id == id)
      return others[i].name;
  return "unknown";
}

/* A file without an architecture is stable-diffusion.cpp's. */
void
gguf_choose_limits (struct gguf_file *f)
{
  const char *architecture = fmtconv_attr_get_string (f->keys, GGUF_ARCHITECTURE, NULL);
  const int64_t own = fmtconv_attr_get_int (f->keys, GGUF_NAME_LIMIT, 0);
  const int is_image = gguf_is_image_architecture (architecture);
  const int auto_limits = f->limits == GGUF_LIMITS_AUTO, is_any = f->limits == GGUF_LIMITS_GGUF_PY;
  f->max_rank = is_any || (auto_limits && is_image) ? FMTCONV_MAX_RANK : GGUF_RANK;
  f->max_name = is_any                                       ? MAX_NAME
                : auto_limits && (is_image || !architecture) ? GGUF_COMFY_NAME
                                                             : GGUF_NAME_BYTES;
  if (auto_limits && own > (int64_t) f->max_name)
    f->max_name = own < MAX_NAME ? (uint64_t) own : MAX_NAME;
}

static int
limit (const struct gguf_file *f, const struct gguf_info *t, const char *what, uint64_t n, uint64_t most)
{
  return fmtconv_fail_at (f->ctx, FMTCONV_E_LIMIT,
                          &(fmtconv_where){ .source = f->c.source,
                                            .offset = t->at,
                                            .tensor = t->name,
                                            .hint = "-r gguf:limits=gguf-py reads what ggml does not" },
                          "%llu %s, more than the limit of %llu", (unsigned long long) n, what,
                          (unsigned long long) most);
}

static int
take_name (struct gguf_file *f, struct gguf_info *t)
{
  uint64_t n = gguf_take (f, 8);
  if (!fmtconv_ctx_failed (f->ctx) && n > MAX_NAME && n <= f->c.end - f->c.pos)
    return fmtconv_fail_at (f->ctx, FMTCONV_E_LIMIT,
                            &(fmtconv_where){ .source = f->c.source, .offset = t->at },
                            "a tensor's name has more than %d bytes", MAX_NAME);
  t->name = fmtconv_scratch_text (&f->c, n);
  if (t->name && !*t->name)
    return gguf_fail (f, t->at, NULL, "a tensor has an empty name");
  if (t->name && n > f->max_name)
    return limit (f, t, "bytes of a name", n, f->max_name);
  return fmtconv_ctx_failed (f->ctx);
}

/* Reads the shape, which is stored innermost dimension first. */
static int
take_shape (struct gguf_file *f, struct gguf_info *t, uint64_t *elements)
{
  uint32_t rank = (uint32_t) gguf_take (f, 4);
  int empty = 0;
  *elements = 1;
  if (rank > FMTCONV_MAX_RANK)
    return gguf_fail (f, t->at, t->name,
                      fmtconv_ctx_printf (f->ctx, "%u dimensions, more than 8", (unsigned) rank));
  if (rank > f->max_rank)
    return limit (f, t, "dimensions", rank, f->max_rank);
  t->rank = rank;
  for (unsigned d = rank; d-- > 0;)
    {
      t->shape[d] = gguf_take (f, 8);
      empty = empty || t->shape[d] == 0;
    }
  for (unsigned d = 0; d < rank; d++) /* also those next to a zero: programs multiply them */
    if (t->shape[d] && (__builtin_mul_overflow (*elements, t->shape[d], elements) || *elements > INT64_MAX))
      return gguf_fail (f, t->at, t->name, "the shape has more elements than a file can hold");
  *elements = empty ? 0 : *elements;
  return fmtconv_ctx_failed (f->ctx);
}

/* Returns the data type of a number; 0: none, or an error. */
static uint32_t
dtype_of (struct gguf_file *f, uint32_t id)
{
  for (const fmtconv_dtype_name *type = gguf_dtypes; type->dtype; type++)
    if ((uint32_t) type->id == id && type->dtype != FMTCONV_PLUGIN_TYPE)
      return type->dtype;
  return fmtconv_dtype_of_gguf (f->ctx, id);
}

/* Returns ggml's name of a data type. */
static const char *
type_name (uint32_t dtype)
{
  const fmtconv_dtype_name *type = fmtconv_dtype_table_by_dtype (gguf_dtypes, dtype);
  return type && type->dtype == dtype ? type->name : fmtconv_dtype_get (dtype)->name;
}

static int
take_type (struct gguf_file *f, struct gguf_info *t, uint64_t elements)
{
  uint32_t id = (uint32_t) gguf_take (f, 4);
  t->dtype = dtype_of (f, id);
  if (fmtconv_ctx_failed (f->ctx))
    return fmtconv_ctx_failed (f->ctx);
  if (!t->dtype)
    return fmtconv_fail_at (f->ctx, FMTCONV_E_UNSUPPORTED,
                            &(fmtconv_where){ .source = f->c.source, .offset = t->at, .tensor = t->name },
                            "its type %u is %s", (unsigned) id, is_defined_elsewhere (id));
  const fmtconv_dtype_info *info = fmtconv_dtype_get (t->dtype);
  uint64_t row = t->rank ? t->shape[t->rank - 1] : 1;
  if (row % info->block)
    return gguf_fail (
        f, t->at, t->name,
        fmtconv_ctx_printf (f->ctx, "rows of %llu elements are not whole blocks of %u, which %s requires",
                            (unsigned long long) row, (unsigned) info->block, type_name (t->dtype)));
  if (__builtin_mul_overflow (elements / info->block, (uint64_t) info->block_bytes, &t->bytes)
      || t->bytes > INT64_MAX)
    return gguf_fail (f, t->at, t->name, "the shape has more bytes than a file can hold");
  return 0;
}

/* Reads the offset, which must be the aligned end of the tensor before. */
static int
take_offset (struct gguf_file *f, struct gguf_info *t, uint64_t *end)
{
  t->offset = gguf_take (f, 8);
  if (!fmtconv_ctx_failed (f->ctx) && t->offset != *end)
    return gguf_fail (
        f, t->at, t->name,
        fmtconv_ctx_printf (f->ctx, "it begins at byte 0x%llx of the data, but those before it end at 0x%llx",
                            (unsigned long long) t->offset, (unsigned long long) *end));
  if (__builtin_add_overflow (*end, t->bytes, end) || __builtin_add_overflow (*end, f->alignment - 1, end)
      || *end > INT64_MAX)
    return gguf_fail (f, t->at, t->name, "the tensors have more bytes than a file can hold");
  *end &= ~(f->alignment - 1);
  return fmtconv_ctx_failed (f->ctx);
}

/* Returns the end of the last tensor's bytes, from the start of the data. */
static uint64_t
end_of_bytes (const struct gguf_file *f)
{
  for (uint64_t i = f->n_tensors; i-- > 0;)
    if (f->tensors[i].bytes)
      return f->tensors[i].offset + f->tensors[i].bytes;
  return 0;
}

/* Finds the data section, and checks that the tensors fit into the file.  Padding after the last need not. */
static int
check_end (struct gguf_file *f)
{
  const uint64_t header = f->c.pos, bytes = end_of_bytes (f);
  f->head = header;
  f->data = (header + f->alignment - 1) & ~(f->alignment - 1);
  if (bytes)
    fmtconv_cursor_take_zeros (&f->c, f->data - header);
  if (!bytes || fmtconv_ctx_failed (f->ctx))
    return fmtconv_ctx_failed (f->ctx);
  const uint64_t there = f->c.end - f->data;
  if (there >= bytes)
    return 0;
  return fmtconv_fail_at (f->ctx, FMTCONV_E_FORMAT,
                          &(fmtconv_where){ .source = f->c.source,
                                            .offset = f->c.end,
                                            .hint = "the file is truncated; get a complete copy" },
                          "the tensors need %llu bytes, but the file has %llu", (unsigned long long) bytes,
                          (unsigned long long) there);
}

static int
check_padding (struct gguf_file *f)
{
  for (uint64_t i = 0; i < f->n_tensors && !fmtconv_ctx_failed (f->ctx); i++)
    {
      const struct gguf_info *t = &f->tensors[i];
      const uint64_t padding = (f->alignment - t->bytes % f->alignment) % f->alignment;
      if (!t->bytes)
        continue;
      f->c.pos = f->data + t->offset + t->bytes;
      fmtconv_cursor_take_zeros (&f->c, padding < f->c.end - f->c.pos ? padding : f->c.end - f->c.pos);
    }
  return fmtconv_ctx_failed (f->ctx);
}

/* Checks that only zeros follow the tensors. */
static int
check_tail (struct gguf_file *f)
{
  const uint64_t start = f->c.pos, bytes = f->c.end - start;
  uint64_t n = 0;
  int is_zero = bytes <= MAX_TAIL;
  for (; is_zero && n < bytes; n += 8)
    is_zero = fmtconv_cursor_take_le (&f->c, bytes - n < 8 ? (unsigned) (bytes - n) : 8) == 0;
  if (is_zero || fmtconv_ctx_failed (f->ctx))
    return fmtconv_ctx_failed (f->ctx);
  return gguf_fail (f, start, NULL,
                    fmtconv_ctx_printf (f->ctx, "%llu bytes after the last tensor belong to no tensor",
                                        (unsigned long long) bytes));
}

int
gguf_read_tensors (struct gguf_file *f)
{
  uint64_t end = 0, elements;
  f->tensors = fmtconv_scratch_alloc (f->ctx, (size_t) f->n_tensors + 1, sizeof *f->tensors);
  for (uint64_t i = 0; f->tensors && i < f->n_tensors; i++)
    {
      struct gguf_info *t = &f->tensors[i];
      t->at = f->c.pos;
      if (take_name (f, t) || take_shape (f, t, &elements) || take_type (f, t, elements)
          || take_offset (f, t, &end))
        return fmtconv_ctx_failed (f->ctx);
    }
  if (!f->tensors || check_end (f) || check_padding (f))
    return fmtconv_ctx_failed (f->ctx);
  return check_tail (f);
}

/* Returns the stored tensor in little-endian order; NULL: an error.  Fields of blocks would have to be swapped one by
 * one, and not all programs that write such files do that. */
static fmtconv_view *
stored (const struct gguf_file *f, const struct gguf_info *t)
{
  fmtconv_view *view =
      fmtconv_view_leaf (f->c.source, f->data + t->offset, t->dtype, t->rank, t->shape, NULL);
  const int has_only_bytes = t->dtype == FMTCONV_MXFP4 || t->dtype == FMTCONV_NVFP4;
  if (!f->is_big_endian || has_only_bytes)
    return view;
  if (!fmtconv_dtype_is_blocks (t->dtype))
    return fmtconv_view_byteswap (view);
  fmtconv_fail_at (
      f->ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .source = f->c.source,
                        .offset = t->at,
                        .tensor = t->name,
                        .hint = "make a little-endian copy with gguf-py: gguf-convert-endian FILE little" },
      "blocks of %s in big-endian order are not supported", fmtconv_dtype_get (t->dtype)->name);
  return NULL;
}

int
gguf_put_tensors (struct gguf_file *f, const struct gguf_file *first, fmtconv_attr *used, fmtconv_model *out)
{
  for (uint64_t i = 0; i < f->n_tensors; i++)
    {
      const struct gguf_info *t = &f->tensors[i];
      fmtconv_model_put (out, t->name, gguf_restore (f, first, used, t, stored (f, t)));
    }
  return fmtconv_ctx_failed (f->ctx);
}

/* plugins/safetensors/read.c: reads safetensors files, with stricter checks than the official reader.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/index.h"
#include "safetensors.h"
#include <fmtconv/formats.h>
#include <string.h>

/* The file, and the model it becomes. */
struct header
{
  fmtconv_ctx *ctx;
  fmtconv_model *out;
  fmtconv_source *source;
  uint64_t data;    /* first byte of the data section */
  uint64_t size;    /* bytes of the data section */
  int has_metadata; /* __metadata__ was met */
};

static int
fail (const struct header *h, const char *tensor, const char *what)
{
  const fmtconv_where where = { .source = h->source, .offset = 8, .tensor = tensor };
  return fmtconv_fail_at (h->ctx, FMTCONV_E_FORMAT, &where, "%s", what);
}

/* Reads the header's length, which must be within the file. */
static int
read_length (fmtconv_cursor *c, struct header *h, uint64_t *n)
{
  *n = fmtconv_cursor_take_le (c, 8);
  if (fmtconv_ctx_failed (h->ctx))
    return fmtconv_ctx_failed (h->ctx);
  if (*n > SAFETENSORS_MAX_HEADER)
    return fmtconv_fail_at (
        h->ctx, FMTCONV_E_LIMIT,
        &(fmtconv_where){ .source = h->source, .hint = "'fmtconv plugins' lists the supported formats" },
        "the header claims %llu bytes, more than the format's limit of %d", (unsigned long long) *n,
        SAFETENSORS_MAX_HEADER);
  if (*n > c->end - c->pos)
    return fmtconv_fail_at (
        h->ctx, FMTCONV_E_FORMAT,
        &(fmtconv_where){ .source = h->source, .hint = "the file is truncated; get a complete copy" },
        "the header claims %llu bytes, but the file ends after %llu", (unsigned long long) *n,
        (unsigned long long) (c->end - c->pos));
  h->data = c->pos + *n;
  h->size = c->end - h->data;
  return 0;
}

/* Reads __metadata__, which holds only strings.  The official reader takes null for none. */
static int
read_metadata (struct header *h, fmtconv_attr *metadata)
{
  if (h->has_metadata++)
    return fail (h, NULL, "__metadata__ occurs twice");
  if (metadata->kind == FMTCONV_ATTR_NULL)
    return 0;
  if (metadata->kind != FMTCONV_ATTR_OBJECT)
    return fail (h, NULL, "__metadata__ is not an object");
  for (fmtconv_attr *a = metadata->first; a; a = a->next)
    if (a->kind != FMTCONV_ATTR_STRING)
      return fail (h, NULL, fmtconv_ctx_printf (h->ctx, "__metadata__ entry '%s' is not a string", a->key));
  fmtconv_attr_set (fmtconv_model_attrs (h->out), "metadata", metadata);
  return fmtconv_ctx_failed (h->ctx);
}

/* Returns whether an attribute is a non-negative integer. */
static int
is_count (const fmtconv_attr *a)
{
  return a && ((a->kind == FMTCONV_ATTR_INT && a->v.i >= 0) || a->kind == FMTCONV_ATTR_UINT);
}

/* Checks the dimensions of a tensor without elements: torch has no larger numbers. */
static int
check_empty (const struct header *h, const fmtconv_attr *entry, const uint64_t *shape, unsigned rank)
{
  for (unsigned i = 0; i < rank; i++)
    if (shape[i] > INT64_MAX)
      return fail (h, entry->key, "a dimension exceeds 63 bits");
  return 0;
}

static int
read_shape (const struct header *h, const fmtconv_attr *entry, uint64_t *shape, unsigned *rank,
            uint64_t *elements)
{
  fmtconv_attr *list = fmtconv_attr_get ((fmtconv_attr *) entry, "shape");
  *rank = 0;
  *elements = 1;
  if (!list || list->kind != FMTCONV_ATTR_ARRAY)
    return fail (h, entry->key, "the entry has no shape");
  if (list->len > FMTCONV_MAX_RANK)
    return fail (h, entry->key, "more than 8 dimensions");
  for (fmtconv_attr *d = list->first; d; d = d->next)
    {
      if (!is_count (d))
        return fail (h, entry->key, "a dimension is not a non-negative integer");
      shape[(*rank)++] = d->v.u;
    }
  for (unsigned i = 0; i < *rank; i++)
    if (shape[i] == 0)
      {
        *elements = 0;
        return check_empty (h, entry, shape, *rank);
      }
  for (unsigned i = 0; i < *rank; i++)
    if (__builtin_mul_overflow (*elements, shape[i], elements))
      return fail (h, entry->key, "the shape has more elements than a file can hold");
  return 0;
}

/* Reads the bytes [start, end) of the data section, which must have the size of the tensor. */
static int
read_range (const struct header *h, const fmtconv_attr *entry, uint64_t bytes, uint64_t *start)
{
  fmtconv_attr *list = fmtconv_attr_get ((fmtconv_attr *) entry, "data_offsets");
  const fmtconv_attr *first = list && list->kind == FMTCONV_ATTR_ARRAY && list->len == 2 ? list->first : NULL;
  if (!first || !is_count (first) || !is_count (first->next))
    return fail (h, entry->key, "data_offsets is not a pair of non-negative integers");
  uint64_t end = first->next->v.u;
  *start = first->v.u;
  if (*start > end || end > h->size)
    return fail (h, entry->key,
                 fmtconv_ctx_printf (
                     h->ctx, "data_offsets [%llu, %llu] are not within the %llu bytes of data",
                     (unsigned long long) *start, (unsigned long long) end, (unsigned long long) h->size));
  if (end - *start != bytes)
    return fail (h, entry->key,
                 fmtconv_ctx_printf (h->ctx, "the shape needs %llu bytes, but data_offsets give %llu",
                                     (unsigned long long) bytes, (unsigned long long) (end - *start)));
  return 0;
}

static int
read_tensor (const struct header *h, fmtconv_attr *entry)
{
  uint64_t shape[FMTCONV_MAX_RANK], elements, bytes, start = 0;
  unsigned rank;
  const char *dtype = fmtconv_attr_get_string (entry, "dtype", NULL);
  if (entry->kind != FMTCONV_ATTR_OBJECT || entry->len != 3 || !dtype)
    return fail (h, entry->key, "an entry must have dtype, shape and data_offsets, and nothing else");
  const fmtconv_dtype_name *type = fmtconv_dtype_table_by_name (safetensors_dtypes, dtype);
  if (!type)
    return fmtconv_fail_at (h->ctx, FMTCONV_E_UNSUPPORTED,
                            &(fmtconv_where){ .source = h->source, .offset = 8, .tensor = entry->key },
                            "the format has no data type '%s'", dtype);
  if (read_shape (h, entry, shape, &rank, &elements))
    return fmtconv_ctx_failed (h->ctx);
  const fmtconv_dtype_info *info = fmtconv_dtype_get (type->dtype);
  const uint64_t row = rank ? shape[rank - 1] : 1;
  if (row % info->block)
    return fail (h, entry->key,
                 fmtconv_ctx_printf (h->ctx, "rows of %llu elements of %s do not fill whole bytes",
                                     (unsigned long long) row, dtype));
  if (__builtin_mul_overflow (elements / info->block, (uint64_t) info->block_bytes, &bytes))
    return fail (h, entry->key, "the shape has more bytes than a file can hold");
  if (read_range (h, entry, bytes, &start))
    return fmtconv_ctx_failed (h->ctx);
  fmtconv_model_put (h->out, entry->key,
                     fmtconv_view_leaf (h->source, h->data + start, type->dtype, rank, shape, NULL));
  return fmtconv_ctx_failed (h->ctx);
}

static int
read_member (void *arg, fmtconv_attr *member)
{
  struct header *h = arg;
  return strcmp (member->key, SAFETENSORS_METADATA) ? read_tensor (h, member) : read_metadata (h, member);
}

static int
read_file (fmtconv_ctx *ctx, int aliases, fmtconv_input *in, fmtconv_model *out)
{
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (in));
  struct header h = { .ctx = ctx, .out = out, .source = c.source };
  uint64_t n;
  if (read_length (&c, &h, &n))
    return fmtconv_ctx_failed (ctx);
  fmtconv_cursor_take_members (&c, n, 4, read_member, &h);
  fmtconv_model_require_tiling (out, h.source, h.data, h.data + h.size, 1);
  fmtconv_attr *attrs = fmtconv_model_attrs (out), *metadata = fmtconv_attr_get (attrs, "metadata");
  if (metadata && !fmtconv_ctx_failed (ctx))
    fmtconv_attr_set (attrs, "metadata", index_take_aliases (ctx, aliases, metadata, out));
  return fmtconv_ctx_failed (ctx);
}

int
safetensors_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  const struct safetensors_read_params *p = params;
  return index_is_name (fmtconv_input_basename (in), ".safetensors")
             ? index_read (ctx, in, "torch", p->aliases, out)
             : read_file (ctx, p->aliases, in, out);
}

/* Recognizes an index by its name and a JSON object, a file by a header length within the limit and a JSON
 * object. */
int
safetensors_probe (const fmtconv_peek *peek)
{
  uint64_t n = 0;
  size_t at = 8;
  if (peek->is_folder || peek->head_len < 10)
    return 0;
  if (index_is_name (peek->base, ".safetensors"))
    return peek->head[0] == '{' ? 64 : 0;
  for (int i = 7; i >= 0; i--)
    n = n << 8 | peek->head[i];
  while (at < peek->head_len && strchr (" \t\r\n", peek->head[at]) && peek->head[at])
    at++;
  return n >= 2 && n <= SAFETENSORS_MAX_HEADER && at < peek->head_len && peek->head[at] == '{' ? 48 : 0;
}

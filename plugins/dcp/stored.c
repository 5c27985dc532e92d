/* plugins/dcp/stored.c: chunks in a safetensors file, which follows the other records of a rank's file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * torch's writer (torch/distributed/checkpoint/filesystem.py, SerializationFormat.SAFETENSORS) gives all tensors of a
 * file the offset where the safetensors file begins; each is in it under its name. */
#include "config.h"

#include "plugins/common/safetensors-types.h"
#include "plugins/dcp/dcp.h"

enum
{
  MAX_HEADER = 100000000, /* bytes; the official reader's limit */
  DEPTH = 4
};

/* Reads the header at the place of a chunk, once for each file: torch writes one safetensors file into it.  Returns 0 or an error code. */
static int
read_header (dcp_load *load, const dcp_item *item, const dcp_chunk *chunk)
{
  dcp_file *file = chunk->place->file;
  fmtconv_cursor c = fmtconv_cursor_start (file->source);
  if (file->header && file->header_at == chunk->place->at)
    return 0;
  if (file->header)
    {
      dcp_wrong (load, item, chunk, "its file has two safetensors files, where torch writes one");
      return fmtconv_ctx_failed (load->ctx);
    }
  c.pos = chunk->place->at;
  const uint64_t n = c.end - c.pos >= 8 ? fmtconv_cursor_take_le (&c, 8) : UINT64_MAX;
  const uint8_t *brace = n <= MAX_HEADER && n <= c.end - c.pos && n ? fmtconv_cursor_take (&c, 1) : NULL;
  if (!brace || *brace != '{')
    dcp_wrong (load, item, chunk, "at its place begins neither a torch.save nor a safetensors file");
  if (fmtconv_ctx_failed (load->ctx))
    return fmtconv_ctx_failed (load->ctx);
  c.pos--;
  file->header = fmtconv_cursor_take_json (&c, n, DEPTH);
  file->header_at = chunk->place->at;
  file->data = c.pos;
  return fmtconv_ctx_failed (load->ctx);
}

/* Returns whether the entry has the shape of the chunk. */
static bool
has_shape (fmtconv_attr *entry, const dcp_chunk *chunk, unsigned rank)
{
  fmtconv_attr *list = fmtconv_attr_get (entry, "shape");
  unsigned i = 0;
  if (!list || list->kind != FMTCONV_ATTR_ARRAY || list->len != rank)
    return false;
  for (fmtconv_attr *d = list->first; d; d = d->next)
    if ((d->kind != FMTCONV_ATTR_INT && d->kind != FMTCONV_ATTR_UINT) || d->v.u != chunk->size[i++])
      return false;
  return true;
}

/* Reads the bytes of an entry within the data.  Returns false if they are not two numbers. */
static bool
read_offsets (fmtconv_attr *entry, uint64_t *start, uint64_t *end)
{
  fmtconv_attr *list = fmtconv_attr_get (entry, "data_offsets");
  if (!list || list->kind != FMTCONV_ATTR_ARRAY || list->len != 2)
    return false;
  for (fmtconv_attr *a = list->first; a; a = a->next)
    if ((a->kind != FMTCONV_ATTR_INT && a->kind != FMTCONV_ATTR_UINT) || a->v.u > INT64_MAX)
      return false;
  *start = list->first->v.u;
  *end = list->last->v.u;
  return true;
}

fmtconv_view *
dcp_stored (dcp_load *load, const dcp_item *item, const dcp_chunk *chunk)
{
  uint64_t start, end;
  if (read_header (load, item, chunk))
    return NULL;
  const dcp_file *file = chunk->place->file;
  fmtconv_attr *entry = fmtconv_attr_get (file->header, item->name);
  const char *name = fmtconv_attr_get_string (entry, "dtype", NULL);
  const fmtconv_dtype_name *type = name ? fmtconv_dtype_table_by_name (safetensors_dtypes, name) : NULL;
  if (!entry)
    return dcp_wrong (load, item, chunk, "the safetensors file at its place does not have it");
  if (!type || type->dtype != item->dtype || !has_shape (entry, chunk, item->rank))
    return dcp_wrong (load, item, chunk,
                      "the safetensors file at its place says another shape or type of it");
  if (!read_offsets (entry, &start, &end) || end < start || end - start != chunk->place->bytes
      || end > fmtconv_source_size (file->source) - file->data)
    return dcp_wrong (load, item, chunk, "the safetensors file at its place has not %llu bytes of it",
                      (unsigned long long) chunk->place->bytes);
  fmtconv_source *bytes = fmtconv_source_window (file->source, file->data + start, end - start, item->name);
  return fmtconv_view_leaf (bytes, 0, item->dtype, item->rank, chunk->size, NULL);
}

/* plugins/dcp/chunks.c: reads the chunks of a tensor, and finds the record of each.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/dcp/dcp.h"
#include <string.h>

static int
wrong (const dcp_load *load, const dcp_item *item, const char *why)
{
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .source = load->meta.source,
                        .tensor = item->name,
                        .hint = "the metadata is incomplete, or of several saves; get a complete copy" },
      "%s", why);
}

/* Checks that a chunk is within its tensor. */
static int
check_bounds (const dcp_load *load, const dcp_item *item, const dcp_chunk *chunk)
{
  fmtconv_ctx *ctx = load->ctx;
  for (unsigned i = 0; i < item->rank; i++)
    if (chunk->at[i] > item->shape[i] || chunk->size[i] > item->shape[i] - chunk->at[i])
      return wrong (load, item,
                    fmtconv_ctx_printf (ctx, "its chunk of %s at %s reaches beyond its shape %s",
                                        dcp_box_text (ctx, chunk->size, item->rank),
                                        dcp_box_text (ctx, chunk->at, item->rank),
                                        dcp_box_text (ctx, item->shape, item->rank)));
  return 0;
}

static int
read_chunk (const dcp_load *load, const dcp_item *item, const fmtconv_value *value, dcp_chunk *chunk)
{
  unsigned ranks[2];
  *chunk = (dcp_chunk){ 0 };
  if (!fmtconv_value_shape (dcp_attribute (value, "ChunkStorageMetadata", "offsets"), chunk->at, &ranks[0])
      || !fmtconv_value_shape (dcp_attribute (value, "ChunkStorageMetadata", "sizes"), chunk->size,
                               &ranks[1]))
    return wrong (load, item, "a chunk of it has no offsets and sizes");
  if (ranks[0] != item->rank || ranks[1] != item->rank)
    return wrong (load, item,
                  fmtconv_ctx_printf (load->ctx, "it has %u dimensions, but a chunk of it %u", item->rank,
                                      ranks[0] != item->rank ? ranks[0] : ranks[1]));
  return check_bounds (load, item, chunk);
}

/* Returns the place of the chunk, among n places sorted by offset; NULL: it has none. */
static const dcp_place *
find_place (const dcp_place *places, size_t n, const dcp_chunk *chunk, unsigned rank)
{
  size_t from = 0, to = n;
  while (from < to)
    {
      size_t middle = from + (to - from) / 2;
      int order = places[middle].rank == rank ? 0 : places[middle].rank < rank ? -1 : 1;
      for (unsigned i = 0; !order && i < rank; i++)
        order = places[middle].offset[i] == chunk->at[i]  ? 0
                : places[middle].offset[i] < chunk->at[i] ? -1
                                                          : 1;
      if (!order)
        return &places[middle];
      if (order < 0)
        from = middle + 1;
      else
        to = middle;
    }
  return NULL;
}

/* Reads `most` chunks of a list, or as many as it has. */
static int
read_list (dcp_load *load, const dcp_item *item, const fmtconv_value *chunks, const dcp_place *places,
           size_t n_places, size_t most)
{
  load->chunks = fmtconv_scratch_alloc (load->ctx, most, sizeof *load->chunks);
  load->order = fmtconv_scratch_alloc (load->ctx, most, sizeof *load->order);
  if (!load->chunks || !load->order)
    return FMTCONV_E_NOMEM;
  for (size_t i = 0; i < most; i++)
    {
      dcp_chunk *chunk = &load->chunks[i];
      if (read_chunk (load, item, fmtconv_value_at (chunks, i), chunk))
        return fmtconv_ctx_failed (load->ctx);
      chunk->place = find_place (places, n_places, chunk, item->rank);
      if (!chunk->place)
        return wrong (load, item,
                      fmtconv_ctx_printf (load->ctx, "its chunk at %s is stored nowhere",
                                          dcp_box_text (load->ctx, chunk->at, item->rank)));
    }
  return 0;
}

/* A list can have one chunk many times, and many tensors can share it: no more chunks are read than places, and one more to
 * name a chunk without a place. */
int
dcp_read_chunks (dcp_load *load, const dcp_item *item)
{
  size_t n_places;
  const fmtconv_value *chunks = dcp_attribute (item->metadata, "TensorStorageMetadata", "chunks");
  const dcp_place *places = dcp_places_of (load, item, &n_places);
  const size_t n = fmtconv_value_count (chunks), most = n <= n_places ? n : n_places + 1;
  if (read_list (load, item, chunks, places, n_places, most))
    return fmtconv_ctx_failed (load->ctx);
  load->n_chunks = n;
  return n == n_places
             ? 0
             : wrong (load, item,
                      fmtconv_ctx_printf (load->ctx, "it has %zu chunks, but %zu are stored", n, n_places));
}

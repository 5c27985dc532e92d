/* plugins/dcp/places.c: where the records are: for each chunk a file, an offset and a length.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/dcp/dcp.h"
#include <stdlib.h>
#include <string.h>

enum
{
  SHOWN = 64 /* bytes of a wrong path in a message */
};

static int
wrong (const dcp_load *load, const dcp_place *place, const char *why)
{
  const char *name =
      place->item ? fmtconv_ctx_printf (load->ctx, "%.*s", (int) place->len, place->item) : NULL;
  return fmtconv_fail_at (load->ctx, FMTCONV_E_FORMAT,
                          &(fmtconv_where){ .source = load->meta.source, .tensor = name }, "%s", why);
}

static int
compare_text (const char *a, uint32_t n, const char *b, uint32_t m)
{
  return n != m ? (n < m ? -1 : 1) : memcmp (a, b, n);
}

static int
compare (const void *left, const void *right)
{
  const dcp_place *a = left, *b = right;
  int order = compare_text (a->item, a->len, b->item, b->len);
  if (order || a->rank != b->rank)
    return order ? order : a->rank < b->rank ? -1 : 1;
  for (unsigned i = 0; i < a->rank; i++)
    if (a->offset[i] != b->offset[i])
      return a->offset[i] < b->offset[i] ? -1 : 1;
  return 0;
}

/* Reads which chunk a place is of: a MetadataIndex. */
static int
read_index (const dcp_load *load, const pk_value *index, dcp_place *place)
{
  const pk_value *name = dcp_attribute (index, "MetadataIndex", "fqn");
  const pk_value *offset = dcp_attribute (index, "MetadataIndex", "offset");
  if (!name || name->kind != PK_STRING)
    return wrong (load, place, "the place of a record has no name");
  place->item = name->v.s;
  place->len = name->len;
  if (offset && offset->kind != PK_NONE && !dcp_numbers (offset, place->offset, &place->rank))
    return wrong (load, place, "the offset of a chunk is not a list of at most 8 numbers");
  return 0;
}

static const char *
transform_of (fmtconv_ctx *ctx, const pk_value *list)
{
  const pk_value *first = pk_is_container (list) && list->v.items->n ? list->v.items->at : NULL;
  return first && first->kind == PK_STRING ? fmtconv_ctx_printf (ctx, "'%.*s'", (int) first->len, first->v.s)
                                           : "an extension";
}

/* Reads where a record lies: a _StorageInfo. */
static int
read_info (const dcp_load *load, const pk_value *info, dcp_place *place)
{
  const pk_value *path = dcp_attribute (info, "_StorageInfo", "relative_path");
  const pk_value *at = dcp_attribute (info, "_StorageInfo", "offset");
  const pk_value *bytes = dcp_attribute (info, "_StorageInfo", "length");
  const pk_value *changed = dcp_attribute (info, "_StorageInfo", "transform_descriptors");
  if (!path || path->kind != PK_STRING || !at || at->kind != PK_INT || !bytes || bytes->kind != PK_INT
      || at->v.i < 0 || bytes->v.i < 0)
    return wrong (load, place, "the place of its record is not a file, an offset and a length");
  if (changed && changed->kind != PK_NONE && (!pk_is_container (changed) || changed->v.items->n))
    return fmtconv_fail_at (
        load->ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .source = load->meta.source,
                          .hint = "save it without extensions of the writer, or with torch.save" },
        "its records were changed by %s, which only the program that saved them undoes",
        transform_of (load->ctx, changed));
  place->path = path->v.s;
  place->path_len = path->len;
  place->at = (uint64_t) at->v.i;
  place->bytes = (uint64_t) bytes->v.i;
  return 0;
}

static int
check_unique (const dcp_load *load)
{
  const dcp_place *places = load->meta.places;
  for (size_t i = 1; i < load->meta.n_places; i++)
    if (!compare (&places[i - 1], &places[i]))
      return wrong (load, &places[i],
                    fmtconv_ctx_printf (load->ctx, "its chunk at %s is stored twice",
                                        dcp_box_text (load->ctx, places[i].offset, places[i].rank)));
  return 0;
}

/* ---- The files that places name */

static int
by_path (const void *left, const void *right)
{
  const dcp_place *a = *(const dcp_place *const *) left, *b = *(const dcp_place *const *) right;
  return compare_text (a->path, a->path_len, b->path, b->path_len);
}

/* Checks that a path is the name of a file in the folder itself. */
static int
check_path (const dcp_load *load, const dcp_place *place)
{
  const char *path = place->path;
  if (place->path_len && place->path_len <= 255 && *path != '.' && !memchr (path, '/', place->path_len)
      && !memchr (path, 0, place->path_len))
    return 0;
  return wrong (load, place,
                fmtconv_ctx_printf (load->ctx,
                                    "it is stored in '%.*s', which is not the plain name of a file",
                                    place->path_len < SHOWN ? (int) place->path_len : SHOWN, path));
}

static int
name_files (dcp_load *load)
{
  dcp_metadata *meta = &load->meta;
  dcp_place **order = fmtconv_ctx_alloc (load->ctx, meta->n_places + 1, sizeof *order);
  meta->files = fmtconv_ctx_alloc (load->ctx, meta->n_places + 1, sizeof *meta->files);
  if (!order || !meta->files)
    return FMTCONV_E_NOMEM;
  for (size_t i = 0; i < meta->n_places; i++)
    order[i] = &meta->places[i];
  qsort (order, meta->n_places, sizeof *order, by_path);
  for (size_t i = 0; i < meta->n_places; i++)
    {
      if (i == 0 || by_path (&order[i - 1], &order[i]))
        {
          if (check_path (load, order[i]))
            return fmtconv_ctx_failed (load->ctx);
          meta->files[meta->n_files++].name =
              fmtconv_ctx_printf (load->ctx, "%.*s", (int) order[i]->path_len, order[i]->path);
        }
      order[i]->file = &meta->files[meta->n_files - 1];
    }
  return fmtconv_ctx_failed (load->ctx);
}

int
dcp_read_places (dcp_load *load, const pk_value *data)
{
  dcp_metadata *meta = &load->meta;
  const pk_items *pairs = data->v.items;
  if (pairs->n / 2 > DCP_MAX_CHUNKS)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = meta->source },
                            "more than %d records", DCP_MAX_CHUNKS);
  meta->places = fmtconv_ctx_alloc (load->ctx, pairs->n / 2 + 1, sizeof *meta->places);
  for (uint32_t i = 0; meta->places && i + 1 < pairs->n; i += 2)
    {
      dcp_place *place = &meta->places[meta->n_places++];
      if (read_index (load, &pairs->at[i], place) || read_info (load, &pairs->at[i + 1], place))
        return fmtconv_ctx_failed (load->ctx);
    }
  if (!meta->places)
    return FMTCONV_E_NOMEM;
  qsort (meta->places, meta->n_places, sizeof *meta->places, compare);
  return check_unique (load) ? fmtconv_ctx_failed (load->ctx) : name_files (load);
}

dcp_place *
dcp_places_of (const dcp_load *load, const dcp_item *item, size_t *n)
{
  dcp_place *places = load->meta.places;
  size_t from = 0, to = load->meta.n_places;
  while (from < to)
    {
      size_t middle = from + (to - from) / 2;
      if (compare_text (places[middle].item, places[middle].len, item->name, (uint32_t) item->len) < 0)
        from = middle + 1;
      else
        to = middle;
    }
  for (*n = 0; from + *n < load->meta.n_places; ++*n)
    if (compare_text (places[from + *n].item, places[from + *n].len, item->name, (uint32_t) item->len))
      break;
  return places + from;
}

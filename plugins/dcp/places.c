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
compare_text (const char *a, size_t n, const char *b, size_t m)
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
read_index (const dcp_load *load, const fmtconv_value *index, dcp_place *place)
{
  const fmtconv_value *name = dcp_attribute (index, "MetadataIndex", "fqn");
  const fmtconv_value *offset = dcp_attribute (index, "MetadataIndex", "offset");
  if (fmtconv_value_kind (name) != FMTCONV_VALUE_STRING)
    return wrong (load, place, "the place of a record has no name");
  place->item = fmtconv_value_text (name, &place->len);
  if (offset && fmtconv_value_kind (offset) != FMTCONV_VALUE_NONE
      && !fmtconv_value_shape (offset, place->offset, &place->rank))
    return wrong (load, place, "the offset of a chunk is not a list of at most 8 numbers");
  return 0;
}

static const char *
transform_of (fmtconv_ctx *ctx, const fmtconv_value *list)
{
  size_t n;
  const fmtconv_value *first = fmtconv_value_at (list, 0);
  const char *text =
      fmtconv_value_kind (first) == FMTCONV_VALUE_STRING ? fmtconv_value_text (first, &n) : NULL;
  return text ? fmtconv_ctx_printf (ctx, "'%.*s'", (int) n, text) : "an extension";
}

/* Reads a number from 0 on.  Returns whether it is one. */
static bool
read_number (const fmtconv_value *value, uint64_t *to)
{
  int64_t number = -1;
  if (!fmtconv_value_int (value, &number) || number < 0)
    return false;
  *to = (uint64_t) number;
  return true;
}

/* Reads where a record lies: a _StorageInfo. */
static int
read_info (const dcp_load *load, const fmtconv_value *info, dcp_place *place)
{
  const fmtconv_value *path = dcp_attribute (info, "_StorageInfo", "relative_path");
  const fmtconv_value *changed = dcp_attribute (info, "_StorageInfo", "transform_descriptors");
  if (fmtconv_value_kind (path) != FMTCONV_VALUE_STRING
      || !read_number (dcp_attribute (info, "_StorageInfo", "offset"), &place->at)
      || !read_number (dcp_attribute (info, "_StorageInfo", "length"), &place->bytes))
    return wrong (load, place, "the place of its record is not a file, an offset and a length");
  const unsigned kind = fmtconv_value_kind (changed);
  const bool is_list = kind >= FMTCONV_VALUE_TUPLE && kind <= FMTCONV_VALUE_SET;
  if (changed && kind != FMTCONV_VALUE_NONE && (!is_list || fmtconv_value_count (changed)))
    return fmtconv_fail_at (
        load->ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .source = load->meta.source,
                          .hint = "save it without extensions of the writer, or with torch.save" },
        "its records were changed by %s, which only the program that saved them undoes",
        transform_of (load->ctx, changed));
  place->path = fmtconv_value_text (path, &place->path_len);
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

/* Returns the places sorted by their files, and the number of these in *files; NULL: out of memory. */
static dcp_place **
sort_by_file (const dcp_load *load, size_t *files)
{
  const dcp_metadata *meta = &load->meta;
  dcp_place **order = fmtconv_scratch_alloc (load->ctx, meta->n_places + 1, sizeof *order);
  for (size_t i = 0; order && i < meta->n_places; i++)
    order[i] = &meta->places[i];
  if (order)
    qsort (order, meta->n_places, sizeof *order, by_path);
  *files = 0;
  for (size_t i = 0; order && i < meta->n_places; i++)
    *files += i == 0 || by_path (&order[i - 1], &order[i]);
  return order;
}

static int
name_files (dcp_load *load)
{
  dcp_metadata *meta = &load->meta;
  size_t files;
  dcp_place **order = sort_by_file (load, &files);
  meta->files = order ? fmtconv_scratch_alloc (load->ctx, files + 1, sizeof *meta->files) : NULL;
  if (!meta->files)
    return FMTCONV_E_NOMEM;
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

/* Reads a place.  The parts of both objects end with it. */
static int
read_place (const dcp_load *load, const fmtconv_value *index, const fmtconv_value *info, dcp_place *place)
{
  fmtconv_scratch_begin (load->ctx);
  if (!read_index (load, index, place))
    read_info (load, info, place);
  fmtconv_scratch_end (load->ctx);
  return fmtconv_ctx_failed (load->ctx);
}

int
dcp_read_places (dcp_load *load, const fmtconv_value *data)
{
  dcp_metadata *meta = &load->meta;
  const size_t n = fmtconv_value_count (data);
  if (n > DCP_MAX_CHUNKS)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = meta->source },
                            "more than %d records", DCP_MAX_CHUNKS);
  meta->places = fmtconv_scratch_alloc (load->ctx, n + 1, sizeof *meta->places);
  for (size_t i = 0; meta->places && i < n; i++)
    if (read_place (load, fmtconv_value_key (data, i), fmtconv_value_at (data, i),
                    &meta->places[meta->n_places++]))
      return fmtconv_ctx_failed (load->ctx);
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
      if (compare_text (places[middle].item, places[middle].len, item->name, item->len) < 0)
        from = middle + 1;
      else
        to = middle;
    }
  for (*n = 0; from + *n < load->meta.n_places; ++*n)
    if (compare_text (places[from + *n].item, places[from + *n].len, item->name, item->len))
      break;
  return places + from;
}

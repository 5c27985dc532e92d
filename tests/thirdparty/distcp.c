/* tests/thirdparty/distcp.c: a plugin of others: reads tensors that torch.distributed.checkpoint saved.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A folder has the pickle .metadata and files of records, each of which is a file of torch.save.  The pickle says of each
 * tensor its shape and its chunks, and of each chunk where its record lies.  Chunks may divide one axis; tensors that
 * are divided along two axes, and records that an extension changed, are refused. */
#include <fmtconv/formats.h>
#include <fmtconv/pickle.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define METADATA ".metadata"
#define MODULE "torch.distributed.checkpoint.metadata"
#define HINT "the files are of several saves, or the copy is incomplete"

enum
{
  MAX_NAME = 4096 /* bytes */
};

/* Where a record lies: a key and a value of storage_data. */
struct place
{
  const char *name; /* of the tensor */
  uint64_t offset[FMTCONV_MAX_RANK];
  unsigned rank;
  const fmtconv_value *info;
};

struct chunk
{
  uint64_t offset[FMTCONV_MAX_RANK];
  uint64_t size[FMTCONV_MAX_RANK];
  unsigned axis; /* that is divided */
  fmtconv_view *view;
};

struct load
{
  fmtconv_ctx *ctx;
  fmtconv_input *folder;
  const fmtconv_pickle *pickle;
  struct place *places; /* sorted */
  size_t n_places;
};

static int
fail (const struct load *load, int code, const fmtconv_value *value, const char *name, const char *why)
{
  const fmtconv_where where = { .source = load->pickle->source,
                                .offset = fmtconv_value_offset (value),
                                .tensor = name,
                                .hint = code == FMTCONV_E_FORMAT ? HINT : NULL };
  return fmtconv_fail_at (load->ctx, code, &where, "%s", why);
}

/* Returns an attribute of an object of that class, or NULL. */
static const fmtconv_value *
get (const fmtconv_value *object, const char *class, const char *name)
{
  const fmtconv_global *made_by = fmtconv_value_global (object);
  return made_by && !strcmp (made_by->name, class) ? fmtconv_value_find (fmtconv_value_state (object), name)
                                                   : NULL;
}

/* Returns a STRING that can be a name, or NULL. */
static const char *
text_of (const struct load *load, const fmtconv_value *value)
{
  size_t n;
  const char *text =
      fmtconv_value_kind (value) == FMTCONV_VALUE_STRING ? fmtconv_value_text (value, &n) : NULL;
  return text && n && n <= MAX_NAME && !memchr (text, 0, n)
             ? fmtconv_ctx_printf (load->ctx, "%.*s", (int) n, text)
             : NULL;
}

/* Orders places by tensor and offset. */
static int
compare (const void *left, const void *right)
{
  const struct place *a = left, *b = right;
  int order = strcmp (a->name, b->name);
  if (!order)
    order = (a->rank > b->rank) - (a->rank < b->rank);
  for (unsigned i = 0; !order && i < a->rank; i++)
    order = (a->offset[i] > b->offset[i]) - (a->offset[i] < b->offset[i]);
  return order;
}

/* Reads storage_data: MetadataIndex → _StorageInfo. */
static int
read_places (struct load *load, const fmtconv_value *data)
{
  load->n_places = fmtconv_value_count (data);
  load->places = fmtconv_ctx_alloc (load->ctx, load->n_places + 1, sizeof *load->places);
  for (size_t i = 0; load->places && i < load->n_places; i++)
    {
      struct place *place = &load->places[i];
      const fmtconv_value *index = fmtconv_value_key (data, i),
                          *offset = get (index, "MetadataIndex", "offset");
      place->info = fmtconv_value_at (data, i);
      place->name = text_of (load, get (index, "MetadataIndex", "fqn"));
      if (!place->name)
        return fail (load, FMTCONV_E_FORMAT, index, NULL, "a record has no name");
      if (offset && fmtconv_value_kind (offset) != FMTCONV_VALUE_NONE
          && !fmtconv_value_shape (offset, place->offset, &place->rank))
        return fail (load, FMTCONV_E_FORMAT, index, place->name, "its record has no offset");
    }
  if (!load->places)
    return FMTCONV_E_NOMEM;
  qsort (load->places, load->n_places, sizeof *load->places, compare);
  for (size_t i = 1; i < load->n_places; i++)
    if (!compare (&load->places[i - 1], &load->places[i]))
      return fail (load, FMTCONV_E_FORMAT, load->places[i].info, load->places[i].name,
                   "a chunk of it is stored twice");
  return 0;
}

/* Returns whether the list of what changed a record is absent or empty; any other value may say that something did. */
static bool
is_unchanged (const fmtconv_value *changes)
{
  const unsigned kind = fmtconv_value_kind (changes);
  return !changes || kind == FMTCONV_VALUE_NONE
         || (kind >= FMTCONV_VALUE_TUPLE && kind <= FMTCONV_VALUE_SET && !fmtconv_value_count (changes));
}

/* Returns the tensor of a record; NULL: an error. */
static fmtconv_view *
open_record (struct load *load, const struct place *place, const struct chunk *chunk, uint32_t dtype)
{
  int64_t at = -1, bytes = -1;
  fmtconv_pickled found;
  const char *path = text_of (load, get (place->info, "_StorageInfo", "relative_path"));
  fmtconv_value_int (get (place->info, "_StorageInfo", "offset"), &at);
  fmtconv_value_int (get (place->info, "_StorageInfo", "length"), &bytes);
  if (!path || at < 0 || bytes < 0)
    fail (load, FMTCONV_E_FORMAT, place->info, place->name, "a record has no file, offset and length");
  else if (!is_unchanged (get (place->info, "_StorageInfo", "transform_descriptors")))
    fail (load, FMTCONV_E_UNSUPPORTED, place->info, place->name, "an extension changed its records");
  if (fmtconv_ctx_failed (load->ctx))
    return NULL;
  fmtconv_source *record =
      fmtconv_source_window (fmtconv_input_open (fmtconv_input_child (load->folder, path)), (uint64_t) at,
                             (uint64_t) bytes, place->name);
  const fmtconv_pickle *saved = fmtconv_pickle_open (record, 0);
  if (!saved)
    return NULL;
  if (fmtconv_pickle_tensor (saved, saved->value, &found) && found.dtype
      && (found.dtype != dtype || found.rank != place->rank
          || memcmp (found.shape, chunk->size, found.rank * sizeof *found.shape)))
    fail (load, FMTCONV_E_FORMAT, place->info, place->name, "a record has another shape or data type");
  return fmtconv_pickle_view (saved, saved->value, place->name);
}

static int
by_offset (const void *left, const void *right)
{
  const struct chunk *a = left, *b = right;
  return (a->offset[a->axis] > b->offset[a->axis]) - (a->offset[a->axis] < b->offset[a->axis]);
}

/* Returns the tensor that the chunks make, which must follow each other along one axis; NULL: an error. */
static fmtconv_view *
join (const struct load *load, const char *name, struct chunk *chunks, size_t n, unsigned rank,
      const uint64_t *shape)
{
  unsigned axis = 0;
  uint64_t end = 0;
  fmtconv_view **views = fmtconv_ctx_alloc (load->ctx, n, sizeof *views);
  while (rank && axis + 1 < rank && chunks[0].size[axis] == shape[axis])
    axis++;
  for (size_t i = 0; i < n; i++)
    chunks[i].axis = axis;
  if (rank)
    qsort (chunks, n, sizeof *chunks, by_offset);
  for (size_t i = 0; views && i < n; i++)
    {
      for (unsigned k = 0; k < rank; k++)
        if (k != axis && (chunks[i].offset[k] || chunks[i].size[k] != shape[k]))
          return fail (load, FMTCONV_E_UNSUPPORTED, NULL, name, "it is divided along two axes"), NULL;
      if (rank && (chunks[i].offset[axis] != end || chunks[i].size[axis] > shape[axis] - end))
        return fail (load, FMTCONV_E_FORMAT, NULL, name, "its chunks overlap, or one is missing"), NULL;
      end += rank ? chunks[i].size[axis] : 0;
      views[i] = chunks[i].view;
    }
  if (rank ? end != shape[axis] : n != 1)
    return fail (load, FMTCONV_E_FORMAT, NULL, name, "its last chunk is missing"), NULL;
  return !views || n == 1 ? chunks[0].view : fmtconv_view_concat (axis, n, views);
}

/* Returns the data type of a TensorProperties, which older releases keep in a tuple; 0: it has none. */
static uint32_t
dtype_of (const fmtconv_value *properties)
{
  const fmtconv_value *state = fmtconv_value_state (properties);
  const fmtconv_global *type = fmtconv_value_global (fmtconv_value_kind (state) == FMTCONV_VALUE_TUPLE
                                                         ? fmtconv_value_at (state, 0)
                                                         : fmtconv_value_find (state, "dtype"));
  return type ? type->dtype : 0;
}

static int
put_tensor (struct load *load, const char *name, const fmtconv_value *item, fmtconv_model *out)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  unsigned rank, ranks[2];
  const uint32_t dtype = dtype_of (get (item, "TensorStorageMetadata", "properties"));
  const fmtconv_value *list = get (item, "TensorStorageMetadata", "chunks");
  const size_t n = fmtconv_value_count (list);
  if (!dtype)
    return fail (load, FMTCONV_E_UNSUPPORTED, item, name, "its data type is not supported");
  if (!fmtconv_value_shape (get (item, "TensorStorageMetadata", "size"), shape, &rank) || !n
      || n > load->n_places)
    return fail (load, FMTCONV_E_FORMAT, item, name, "it has no shape, or no chunks");
  struct chunk *chunks = fmtconv_ctx_alloc (load->ctx, n, sizeof *chunks);
  for (size_t i = 0; chunks && i < n; i++)
    {
      const fmtconv_value *value = fmtconv_value_at (list, i);
      if (!fmtconv_value_shape (get (value, "ChunkStorageMetadata", "offsets"), chunks[i].offset, &ranks[0])
          || !fmtconv_value_shape (get (value, "ChunkStorageMetadata", "sizes"), chunks[i].size, &ranks[1])
          || ranks[0] != rank || ranks[1] != rank)
        return fail (load, FMTCONV_E_FORMAT, item, name, "a chunk of it has no offset and size");
      struct place wanted = { .name = name, .rank = rank };
      memcpy (wanted.offset, chunks[i].offset, sizeof wanted.offset);
      const struct place *place = bsearch (&wanted, load->places, load->n_places, sizeof wanted, compare);
      if (!place)
        return fail (load, FMTCONV_E_FORMAT, item, name, "a chunk of it is stored nowhere");
      chunks[i].view = open_record (load, place, &chunks[i], dtype);
      if (!chunks[i].view)
        return fmtconv_ctx_failed (load->ctx);
    }
  if (chunks)
    fmtconv_model_put (out, name, join (load, name, chunks, n, rank, shape));
  return fmtconv_ctx_failed (load->ctx);
}

static int
read_distcp (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  (void) params;
  struct load *load = fmtconv_ctx_alloc (ctx, 1, sizeof *load);
  if (!load)
    return FMTCONV_E_NOMEM;
  load->ctx = ctx;
  load->folder = fmtconv_input_is_folder (in) ? in : fmtconv_input_parent (in);
  load->pickle = fmtconv_pickle_load (fmtconv_input_open (fmtconv_input_child (load->folder, METADATA)));
  if (!load->pickle)
    return fmtconv_ctx_failed (ctx);
  const fmtconv_value *items = get (load->pickle->value, "Metadata", "state_dict_metadata");
  const fmtconv_value *data = get (load->pickle->value, "Metadata", "storage_data");
  if (fmtconv_value_kind (items) != FMTCONV_VALUE_DICT || fmtconv_value_kind (data) != FMTCONV_VALUE_DICT)
    return fail (load, FMTCONV_E_FORMAT, NULL, NULL, "it is not the metadata of a distributed checkpoint");
  if (read_places (load, data))
    return fmtconv_ctx_failed (ctx);
  for (size_t i = 0; i < fmtconv_value_count (items) && !fmtconv_ctx_failed (ctx); i++)
    {
      const fmtconv_value *item = fmtconv_value_at (items, i);
      const fmtconv_global *class = fmtconv_value_global (item);
      const char *name = text_of (load, fmtconv_value_key (items, i));
      if (!name || !class)
        return fail (load, FMTCONV_E_FORMAT, item, name, "an entry has no name, or is not an object");
      if (!strcmp (class->name, "TensorStorageMetadata"))
        put_tensor (load, name, item, out);
      else
        fmtconv_model_skip (out, name, 0, fmtconv_value_describe (ctx, item));
    }
  return fmtconv_ctx_failed (ctx);
}

/* The names of two files, or the name of the class at the beginning of the metadata. */
static int
probe_distcp (const fmtconv_peek *peek)
{
  int metadata = 0, records = 0;
  for (size_t i = 0; peek->is_folder && i < peek->n_entries; i++)
    {
      metadata = metadata || !strcmp (peek->entries[i], METADATA);
      records = records || !strcmp (peek->entries[i], "__0_0.distcp");
    }
  if (peek->is_folder)
    return metadata && records ? 176 : 0;
  for (size_t i = 0; i < 64 && i + sizeof MODULE <= peek->head_len && !strcmp (peek->base, METADATA); i++)
    if (!memcmp ((const char *) peek->head + i, MODULE, sizeof MODULE - 1))
      return 8 * (sizeof MODULE - 1);
  return 0;
}

FMTCONV_PLUGIN (distcp, .name = "distcp", .summary = "tensors of torch.distributed.checkpoint",
                .reader = FMTCONV_READER (.probe = probe_distcp, .read = read_distcp));

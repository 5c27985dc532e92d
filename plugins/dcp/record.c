/* plugins/dcp/record.c: makes views of records, each of which is a torch.save file or lies in a safetensors file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/dcp/dcp.h"
enum
{
  START = 0x04034b50, /* of a zip archive, little-endian: "PK\3\4" */
  END = 0x06054b50,   /* its last record: "PK\5\6" */
  END_BYTES = 22      /* of that, without a comment */
};

fmtconv_view *
dcp_fail_chunk (dcp_load *load, const dcp_item *item, const dcp_chunk *chunk, const char *why)
{
  fmtconv_fail_at (
      load->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){
          .source = chunk->place->file->source,
          .offset = chunk->place->at,
          .tensor = item->name,
          .hint = "the file is incomplete, or of another save than .metadata; get a complete copy" },
      "its chunk at %s: %s", dcp_box_text (load->ctx, chunk->at, item->rank), why);
  return NULL;
}

/* Opens the file of a chunk, in which the record must lie.  Returns 0 or an error code. */
static int
open_file (dcp_load *load, const dcp_item *item, const dcp_chunk *chunk)
{
  const dcp_place *place = chunk->place;
  if (!place->file->source)
    place->file->source = fmtconv_input_open (fmtconv_input_child (load->folder, place->file->name));
  if (!place->file->source)
    return fmtconv_ctx_failed (load->ctx);
  const uint64_t size = fmtconv_source_size (place->file->source);
  if (place->at > size || place->bytes > size - place->at)
    dcp_wrong (load, item, chunk, "%llu bytes from %llu on are its record, but the file ends after %llu",
               (unsigned long long) place->bytes, (unsigned long long) place->at, (unsigned long long) size);
  return fmtconv_ctx_failed (load->ctx);
}

/* Checks that a tensor is what the metadata says of the chunk. */
static int
check_form (dcp_load *load, const dcp_item *item, const dcp_chunk *chunk, const fmtconv_pickled *t)
{
  bool same = t->rank == item->rank;
  for (unsigned i = 0; same && i < t->rank; i++)
    same = t->shape[i] == chunk->size[i];
  if (!same)
    dcp_wrong (load, item, chunk, "the metadata says %s, but its record holds %s",
               dcp_box_text (load->ctx, chunk->size, item->rank),
               dcp_box_text (load->ctx, t->shape, t->rank));
  else if (t->dtype != item->dtype)
    dcp_wrong (load, item, chunk, "the metadata says %s, but its record holds %s",
               fmtconv_dtype_get (item->dtype)->name, fmtconv_dtype_get (t->dtype)->name);
  return fmtconv_ctx_failed (load->ctx);
}

/* Returns the tensor of a record that torch.save wrote; NULL: an error. */
static fmtconv_view *
read_saved (dcp_load *load, const dcp_item *item, const dcp_chunk *chunk, fmtconv_source *record)
{
  fmtconv_pickled t;
  const fmtconv_pickle *pickle = fmtconv_pickle_open (record, load->params->crc ? FMTCONV_ZIP_IGNORE_CRC : 0);
  if (!pickle)
    return NULL;
  if (!fmtconv_pickle_tensor (pickle, pickle->value, &t))
    return dcp_wrong (load, item, chunk, "its record holds a %s, not a tensor",
                      fmtconv_value_describe (load->ctx, pickle->value));
  if (t.dtype && check_form (load, item, chunk, &t))
    return NULL;
  return fmtconv_pickle_view (pickle, pickle->value, item->name);
}

/* Returns whether a record begins and ends as a zip archive does: it is whole, and not a part of another. */
static bool
is_archive (const dcp_place *place)
{
  fmtconv_cursor c = fmtconv_cursor_start (place->file->source);
  if (place->bytes < END_BYTES)
    return false;
  c.pos = place->at + place->bytes - END_BYTES;
  return fmtconv_cursor_take_le (&c, 4) == END;
}

fmtconv_view *
dcp_record (dcp_load *load, const dcp_item *item, const dcp_chunk *chunk)
{
  const dcp_place *place = chunk->place;
  if (open_file (load, item, chunk))
    return NULL;
  fmtconv_cursor head = fmtconv_cursor_start (place->file->source);
  head.pos = place->at;
  if (head.end - head.pos < 4 || fmtconv_cursor_take_le (&head, 4) != START)
    return dcp_stored (load, item, chunk);
  if (!is_archive (place))
    return dcp_wrong (load, item, chunk, "at its place is a part of a torch.save file, not a whole one");
  /* The archive and the pickle of a record end here: a checkpoint has as many as chunks. */
  fmtconv_scratch_begin (load->ctx);
  fmtconv_view *view =
      read_saved (load, item, chunk,
                  fmtconv_scratch_window (place->file->source, place->at, place->bytes,
                                          fmtconv_scratch_printf (load->ctx, "record of '%s'", item->name)));
  fmtconv_scratch_end (load->ctx);
  return view;
}

/* plugins/dcp/metadata.c: reads .metadata: names, data types, shapes and chunks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/keys.h"
#include "plugins/dcp/dcp.h"
#include <string.h>

static int
wrong (const dcp_load *load, const char *tensor, const char *why)
{
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .source = load->meta.source,
                        .tensor = tensor,
                        .hint = "the file is damaged, or another program wrote it; get a complete copy" },
      "%s", why);
}

/* Reads the data type of a tensor, the first of its properties. */
static int
read_dtype (const dcp_load *load, dcp_item *item, const fmtconv_value *metadata)
{
  const fmtconv_value *properties = dcp_attribute (metadata, "TensorStorageMetadata", "properties");
  const fmtconv_value *state = fmtconv_value_state (properties);
  const fmtconv_value *type = fmtconv_value_kind (state) == FMTCONV_VALUE_TUPLE
                                  ? fmtconv_value_at (state, 0)
                                  : dcp_attribute (properties, "TensorProperties", "dtype");
  const fmtconv_global *name =
      fmtconv_value_kind (type) == FMTCONV_VALUE_GLOBAL ? fmtconv_value_global (type) : NULL;
  if (!name || strcmp (name->module, "torch"))
    return wrong (load, item->name, "its properties do not begin with a data type");
  if (!name->dtype)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_UNSUPPORTED,
                            &(fmtconv_where){ .source = load->meta.source, .tensor = item->name },
                            "its element type is torch.%s, a type that only torch has", name->name);
  item->dtype = name->dtype;
  return 0;
}

/* Computes the size of a tensor, and checks that it fits 64 bits. */
static int
measure (const dcp_load *load, dcp_item *item)
{
  bool is_empty = false;
  for (unsigned i = 0; i < item->rank; i++)
    is_empty = is_empty || item->shape[i] == 0;
  item->bytes = is_empty ? 0 : fmtconv_dtype_get (item->dtype)->block_bytes;
  for (unsigned i = 0; i < item->rank && !is_empty; i++)
    if (__builtin_mul_overflow (item->bytes, item->shape[i], &item->bytes) || item->bytes > INT64_MAX)
      return wrong (load, item->name, "its shape exceeds 64 bits");
  return 0;
}

static int
read_tensor (const dcp_load *load, dcp_item *item, const fmtconv_value *metadata)
{
  item->is_tensor = true;
  item->metadata = metadata;
  if (read_dtype (load, item, metadata))
    return fmtconv_ctx_failed (load->ctx);
  if (!fmtconv_value_shape (dcp_attribute (metadata, "TensorStorageMetadata", "size"), item->shape,
                            &item->rank))
    return wrong (load, item->name, "its size is not a shape of at most 8 dimensions");
  if (fmtconv_value_kind (dcp_attribute (metadata, "TensorStorageMetadata", "chunks")) != FMTCONV_VALUE_LIST)
    return wrong (load, item->name, "it has no list of chunks");
  return measure (load, item);
}

/* Reads what an entry is: a tensor, or a value that was pickled into its record. */
static int
read_description (const dcp_load *load, dcp_item *item, const fmtconv_value *metadata)
{
  const fmtconv_global *class = fmtconv_value_state (metadata) ? fmtconv_value_global (metadata) : NULL;
  if (class && !strcmp (class->name, "BytesStorageMetadata"))
    return 0;
  if (!class || strcmp (class->name, "TensorStorageMetadata"))
    return wrong (load, item->name,
                  fmtconv_ctx_printf (load->ctx, "its description is a %s",
                                      fmtconv_value_describe (load->ctx, metadata)));
  return read_tensor (load, item, metadata);
}

/* Reads the name of an entry, and what it is. */
static int
read_item (const dcp_load *load, dcp_item *item, const fmtconv_value *name, const fmtconv_value *metadata)
{
  const char *text = fmtconv_value_text (name, &item->len);
  if (fmtconv_value_kind (name) != FMTCONV_VALUE_STRING || !item->len || !keys_is_name (name))
    return wrong (load, NULL, "a name in it is not a text");
  item->name = fmtconv_scratch_printf (load->ctx, "%.*s", (int) item->len, text);
  if (!item->name)
    return FMTCONV_E_NOMEM;
  fmtconv_scratch_begin (load->ctx); /* for the parts of the object */
  read_description (load, item, metadata);
  fmtconv_scratch_end (load->ctx);
  return fmtconv_ctx_failed (load->ctx);
}

static int
read_items (dcp_load *load, const fmtconv_value *dict)
{
  dcp_metadata *meta = &load->meta;
  meta->n = fmtconv_value_count (dict);
  if (meta->n > DCP_MAX_TENSORS)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = meta->source },
                            "more than %d entries", DCP_MAX_TENSORS);
  meta->items = fmtconv_scratch_alloc (load->ctx, meta->n + 1, sizeof *meta->items);
  for (size_t i = 0; meta->items && i < meta->n; i++)
    if (read_item (load, &meta->items[i], fmtconv_value_key (dict, i), fmtconv_value_at (dict, i)))
      return fmtconv_ctx_failed (load->ctx);
  return fmtconv_ctx_failed (load->ctx);
}

int
dcp_read_metadata (dcp_load *load, fmtconv_input *file)
{
  const fmtconv_pickle *pickle = fmtconv_pickle_load (fmtconv_input_open (file));
  if (!pickle)
    return fmtconv_ctx_failed (load->ctx);
  load->meta.source = pickle->source;
  const fmtconv_value *items = dcp_attribute (pickle->value, "Metadata", "state_dict_metadata");
  const fmtconv_value *data = dcp_attribute (pickle->value, "Metadata", "storage_data");
  if (fmtconv_value_kind (items) != FMTCONV_VALUE_DICT)
    return wrong (load, NULL, "it is not the metadata of a distributed checkpoint");
  if (fmtconv_value_kind (data) != FMTCONV_VALUE_DICT)
    return wrong (load, NULL, "it does not say where the tensors are stored");
  if (keys_unique (load->ctx, pickle, items, "state_dict_metadata") || read_items (load, items)
      || dcp_read_paths (load, dcp_attribute (pickle->value, "Metadata", "planner_data")))
    return fmtconv_ctx_failed (load->ctx);
  return dcp_read_places (load, data);
}

/* plugins/dcp/metadata.c: reads .metadata: names, data types, shapes and chunks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/keys.h"
#include "plugins/common/pickle/machine.h"
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
read_dtype (const dcp_load *load, dcp_item *item, const pk_value *metadata)
{
  const pk_value *properties = dcp_attribute (metadata, "TensorStorageMetadata", "properties");
  const pk_value *state = properties && properties->kind == PK_OBJECT ? &properties->v.object->state : NULL;
  const pk_value *type = !state                    ? NULL
                         : state->kind == PK_TUPLE ? state->v.items->n ? state->v.items->at : NULL
                         : state->kind == PK_DICT  ? dcp_attribute (properties, "TensorProperties", "dtype")
                                                   : NULL;
  if (!type || type->kind != PK_GLOBAL || type->v.global->role != ROLE_DTYPE)
    return wrong (load, item->name, "its properties do not begin with a data type");
  if (type->v.global->why)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_UNSUPPORTED,
                            &(fmtconv_where){ .source = load->meta.source, .tensor = item->name },
                            "its element type is torch.%s, %s", type->v.global->name, type->v.global->why);
  item->dtype = type->v.global->dtype;
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
read_tensor (const dcp_load *load, dcp_item *item, const pk_value *metadata)
{
  const pk_value *chunks = dcp_attribute (metadata, "TensorStorageMetadata", "chunks");
  item->is_tensor = true;
  if (read_dtype (load, item, metadata))
    return fmtconv_ctx_failed (load->ctx);
  if (!dcp_numbers (dcp_attribute (metadata, "TensorStorageMetadata", "size"), item->shape, &item->rank))
    return wrong (load, item->name, "its size is not a shape of at most 8 dimensions");
  if (!chunks || chunks->kind != PK_LIST)
    return wrong (load, item->name, "it has no list of chunks");
  item->chunks = chunks->v.items;
  return measure (load, item);
}

/* Reads an entry: a tensor, or a value that was pickled into its record. */
static int
read_item (const dcp_load *load, dcp_item *item, const pk_value *name, const pk_value *metadata)
{
  if (name->kind != PK_STRING || !name->len || !torch_key_is_name (name))
    return wrong (load, NULL, "a name in it is not a text");
  item->name = fmtconv_ctx_printf (load->ctx, "%.*s", (int) name->len, name->v.s);
  item->len = name->len;
  if (!item->name)
    return FMTCONV_E_NOMEM;
  const pk_global *class = metadata->kind == PK_OBJECT ? metadata->v.object->callee : NULL;
  if (class && !strcmp (class->name, "BytesStorageMetadata"))
    return 0;
  if (!class || strcmp (class->name, "TensorStorageMetadata"))
    return wrong (
        load, item->name,
        fmtconv_ctx_printf (load->ctx, "its description is a %s", pk_describe (load->ctx, metadata)));
  return read_tensor (load, item, metadata);
}

static int
read_items (dcp_load *load, const pk_value *dict)
{
  dcp_metadata *meta = &load->meta;
  if (dict->v.items->n / 2 > DCP_MAX_TENSORS)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = meta->source },
                            "more than %d entries", DCP_MAX_TENSORS);
  meta->n = dict->v.items->n / 2;
  meta->items = fmtconv_ctx_alloc (load->ctx, meta->n + 1, sizeof *meta->items);
  for (size_t i = 0; meta->items && i < meta->n; i++)
    if (read_item (load, &meta->items[i], &dict->v.items->at[2 * i], &dict->v.items->at[2 * i + 1]))
      return fmtconv_ctx_failed (load->ctx);
  return fmtconv_ctx_failed (load->ctx);
}

int
dcp_read_metadata (dcp_load *load, fmtconv_input *file)
{
  const uint8_t *bytes;
  pk_value top;
  load->meta.source = fmtconv_input_open (file);
  if (!load->meta.source || pk_load_source (load->ctx, load->meta.source, NULL, &bytes, &top))
    return fmtconv_ctx_failed (load->ctx);
  const pk_value *items = dcp_attribute (&top, "Metadata", "state_dict_metadata");
  const pk_value *data = dcp_attribute (&top, "Metadata", "storage_data");
  if (!items || items->kind != PK_DICT)
    return wrong (load, NULL, "it is not the metadata of a distributed checkpoint");
  if (!data || data->kind != PK_DICT)
    return wrong (load, NULL, "it does not say where the tensors are stored");
  if (torch_keys_unique (load->ctx, load->meta.source, items, "state_dict_metadata")
      || read_items (load, items))
    return fmtconv_ctx_failed (load->ctx);
  return dcp_read_paths (load, dcp_attribute (&top, "Metadata", "planner_data"))
             ? fmtconv_ctx_failed (load->ctx)
             : dcp_read_places (load, data);
}

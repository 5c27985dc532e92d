/* plugins/dcp/write-metadata.c: writes .metadata, the pickle of a torch.distributed.checkpoint.metadata.Metadata.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Its classes are dataclasses (torch/distributed/checkpoint/metadata.py, filesystem.py): an object without arguments, and a
 * dictionary of its fields, which BUILD sets. */
#include "config.h"

#include "plugins/dcp/write.h"
#include <string.h>

#define METADATA "torch.distributed.checkpoint.metadata"
#define STORAGE "torch.distributed.checkpoint.filesystem"

enum
{
  BATCH = 1000 /* entries of a dictionary between two marks */
};

/* The numbers of shared values. */
enum
{
  M_METADATA = TORCH_MEMO_OWN,
  M_TENSOR,
  M_PROPERTIES,
  M_ENCODING,
  M_CONTIGUOUS,
  M_CHUNK,
  M_INDEX,
  M_INFO,
  M_SIZE,
  M_LAYOUT,
  M_STRIDED,
  M_FIELD, /* of an object: a number for each word */
  M_ALL = M_FIELD + 14
};
_Static_assert((int) M_ALL <= (int) TORCH_MEMOS, "too many shared values");

enum
{
  PROPERTIES,
  SIZE,
  CHUNKS,
  OFFSETS,
  SIZES,
  FQN,
  OFFSET,
  INDEX,
  RELATIVE_PATH,
  LENGTH
};

static const char *const fields[] = { "properties", "size",   "chunks", "offsets",       "sizes",
                                      "fqn",        "offset", "index",  "relative_path", "length" };

/* Begins an object, whose fields follow. */
static void
begin (struct torch_pickle *p, unsigned memo, const char *module, const char *class)
{
  torch_pickle_global (p, memo, module, class);
  torch_pickle_byte (p, TORCH_OP_EMPTY_TUPLE);
  torch_pickle_byte (p, TORCH_OP_NEWOBJ);
  torch_pickle_byte (p, TORCH_OP_EMPTY_DICT);
  torch_pickle_byte (p, TORCH_OP_MARK);
}

static void
end (struct torch_pickle *p)
{
  torch_pickle_byte (p, TORCH_OP_SETITEMS);
  torch_pickle_byte (p, TORCH_OP_BUILD);
}

static void
put_field (struct torch_pickle *p, unsigned field)
{
  torch_pickle_word (p, M_FIELD + field, fields[field]);
}

/* Writes a torch.Size. */
static void
put_size (struct torch_pickle *p, unsigned rank, const uint64_t *size)
{
  torch_pickle_global (p, M_SIZE, "torch", "Size");
  torch_pickle_tuple (p, rank, size);
  torch_pickle_byte (p, TORCH_OP_TUPLE1);
  torch_pickle_byte (p, TORCH_OP_REDUCE);
}

/* Writes the only offset that there is. */
static void
put_zeros (struct torch_pickle *p, unsigned rank)
{
  static const uint64_t zeros[FMTCONV_MAX_RANK];
  put_size (p, rank, zeros);
}

/* Writes torch.strided and the encoding of torch.contiguous_format, as they are pickled. */
static void
put_layout (struct torch_pickle *p)
{
  if (torch_pickle_recall (p, M_STRIDED))
    return;
  torch_pickle_global (p, M_LAYOUT, "torch.serialization", "_get_layout");
  torch_pickle_text (p, "torch.strided", 13);
  torch_pickle_byte (p, TORCH_OP_TUPLE1);
  torch_pickle_byte (p, TORCH_OP_REDUCE);
  torch_pickle_remember (p, M_STRIDED);
}

static void
put_encoding (struct torch_pickle *p)
{
  if (torch_pickle_recall (p, M_CONTIGUOUS))
    return;
  torch_pickle_global (p, M_ENCODING, METADATA, "_MEM_FORMAT_ENCODING");
  torch_pickle_tuple (p, 1, (const uint64_t[]){ 0 });
  torch_pickle_byte (p, TORCH_OP_REDUCE);
  torch_pickle_remember (p, M_CONTIGUOUS);
}

/* Writes TensorProperties, whose state is a tuple: data type, layout, requires_grad, memory format, pin_memory. */
static void
put_properties (struct torch_pickle *p, uint32_t dtype)
{
  torch_pickle_global (p, M_PROPERTIES, METADATA, "TensorProperties");
  torch_pickle_byte (p, TORCH_OP_EMPTY_TUPLE);
  torch_pickle_byte (p, TORCH_OP_NEWOBJ);
  torch_pickle_byte (p, TORCH_OP_MARK);
  torch_pickle_dtype (p, dtype);
  put_layout (p);
  torch_pickle_byte (p, TORCH_OP_NEWFALSE);
  put_encoding (p);
  torch_pickle_byte (p, TORCH_OP_NEWFALSE);
  torch_pickle_byte (p, TORCH_OP_TUPLE);
  torch_pickle_byte (p, TORCH_OP_BUILD);
}

/* Writes the TensorStorageMetadata of a tensor that is one chunk. */
static void
put_tensor (struct torch_pickle *p, const fmtconv_tensor *t)
{
  begin (p, M_TENSOR, METADATA, "TensorStorageMetadata");
  put_field (p, PROPERTIES);
  put_properties (p, t->dtype);
  put_field (p, SIZE);
  put_size (p, t->rank, t->shape);
  put_field (p, CHUNKS);
  torch_pickle_byte (p, TORCH_OP_EMPTY_LIST);
  begin (p, M_CHUNK, METADATA, "ChunkStorageMetadata");
  put_field (p, OFFSETS);
  put_zeros (p, t->rank);
  put_field (p, SIZES);
  put_size (p, t->rank, t->shape);
  end (p);
  torch_pickle_byte (p, TORCH_OP_APPEND);
  end (p);
}

/* Writes the name of a tensor after the keys around it, joined by dots. */
static void
put_name (struct torch_pickle *p, const char *root, const fmtconv_tensor *t)
{
  const size_t before = root ? strlen (root) + 1 : 0, n = strlen (t->name);
  torch_pickle_begin_text (p, before + n);
  if (root)
    {
      torch_pickle_bytes (p, root, before - 1);
      torch_pickle_byte (p, '.');
    }
  torch_pickle_bytes (p, t->name, n);
}

/* Writes the keys on the way to a tensor, by which a load rebuilds the dictionaries. */
static void
put_path (struct torch_pickle *p, const char *root, const fmtconv_tensor *t)
{
  torch_pickle_byte (p, TORCH_OP_MARK);
  for (const char *key = root ? root : ""; *key;)
    {
      const size_t n = strcspn (key, ".");
      torch_pickle_text (p, key, n);
      key += n + (key[n] == '.');
    }
  torch_pickle_text (p, t->name, strlen (t->name));
  torch_pickle_byte (p, TORCH_OP_TUPLE);
}

/* Writes the key of a record, a MetadataIndex. */
static void
put_index (struct torch_pickle *p, const char *root, const fmtconv_tensor *t)
{
  begin (p, M_INDEX, METADATA, "MetadataIndex");
  put_field (p, FQN);
  put_name (p, root, t);
  put_field (p, OFFSET);
  put_zeros (p, t->rank);
  put_field (p, INDEX);
  torch_pickle_byte (p, TORCH_OP_NONE);
  end (p);
}

static void
put_place (struct torch_pickle *p, const struct dcp_record_place *place)
{
  begin (p, M_INFO, STORAGE, "_StorageInfo");
  put_field (p, RELATIVE_PATH);
  torch_pickle_text (p, place->file, strlen (place->file));
  put_field (p, OFFSET);
  torch_pickle_number (p, place->at);
  put_field (p, LENGTH);
  torch_pickle_number (p, place->size);
  end (p);
}

/* Writes an entry for each record to a dictionary; what: which one. */
static void
put_entry (struct torch_pickle *p, const char *root, const struct dcp_record_place *place, unsigned what)
{
  if (what == 2)
    put_index (p, root, place->tensor);
  else
    put_name (p, root, place->tensor);
  if (what == 0)
    put_tensor (p, place->tensor);
  else if (what == 1)
    put_path (p, root, place->tensor);
  else
    put_place (p, place);
}

size_t
dcp_put_metadata (const struct dcp_record_place *places, size_t n, const char *root, uint8_t *to)
{
  static const char *const dictionaries[] = { "state_dict_metadata", "planner_data", "storage_data" };
  struct torch_pickle p = torch_pickle_start (to);
  begin (&p, M_METADATA, METADATA, "Metadata");
  for (unsigned what = 0; what < 3; what++)
    {
      torch_pickle_text (&p, dictionaries[what], strlen (dictionaries[what]));
      torch_pickle_byte (&p, TORCH_OP_EMPTY_DICT);
      for (size_t i = 0; i < n; i++)
        {
          if (i % BATCH == 0)
            torch_pickle_byte (&p, TORCH_OP_MARK);
          put_entry (&p, root, &places[i], what);
          if (i + 1 == n || (i + 1) % BATCH == 0)
            torch_pickle_byte (&p, TORCH_OP_SETITEMS);
        }
    }
  torch_pickle_text (&p, "storage_meta", 12);
  torch_pickle_byte (&p, TORCH_OP_NONE);
  torch_pickle_text (&p, "version", 7);
  torch_pickle_text (&p, "1.0.0", 5);
  end (&p);
  return torch_pickle_end (&p);
}

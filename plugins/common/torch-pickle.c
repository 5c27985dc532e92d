/* plugins/common/torch-pickle.c: writes pickles of protocol 2, and tensors in them as torch.save does.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/torch-file.h"
#include <string.h>

enum
{
  OP_BINPUT = 'q',
  OP_BINGET = 'h',
  OP_BINPERSID = 'Q',
  OP_BININT1 = 'K',
  OP_BININT2 = 'M',
  OP_BININT = 'J',
  OP_LONG1 = 0x8a,
  OP_BINUNICODE = 'X'
};

/* The data types by their names in Python. */
static const fmtconv_dtype_name torch_dtype_names[] = {
  { FMTCONV_BOOL, "bool", 0 },
  { FMTCONV_U8, "uint8", 0 },
  { FMTCONV_I8, "int8", 0 },
  { FMTCONV_I16, "int16", 0 },
  { FMTCONV_I32, "int32", 0 },
  { FMTCONV_I64, "int64", 0 },
  { FMTCONV_F16, "float16", 0 },
  { FMTCONV_BF16, "bfloat16", 0 },
  { FMTCONV_F32, "float32", 0 },
  { FMTCONV_F64, "float64", 0 },
  { FMTCONV_C64, "complex64", 0 },
  { FMTCONV_C128, "complex128", 0 },
  { FMTCONV_U16, "uint16", 0 },
  { FMTCONV_U32, "uint32", 0 },
  { FMTCONV_U64, "uint64", 0 },
  { FMTCONV_C32, "complex32", 0 },
  { FMTCONV_F8_E4M3, "float8_e4m3fn", 0 },
  { FMTCONV_F8_E5M2, "float8_e5m2", 0 },
  { FMTCONV_F8_E4M3FNUZ, "float8_e4m3fnuz", 0 },
  { FMTCONV_F8_E5M2FNUZ, "float8_e5m2fnuz", 0 },
  { FMTCONV_F8_E8M0, "float8_e8m0fnu", 0 },
  { 0 },
};

/* The numbers of shared values, followed by those of the classes of data types. */
enum
{
  M_DICT,
  M_REBUILD_V2,
  M_REBUILD_V3,
  M_UNTYPED,
  M_STORAGE,
  M_CPU,
  M_TYPE,      /* classes of storages */
  M_DTYPE = 64 /* … below TORCH_MEMO_OWN */
};

static void
put (struct torch_pickle *p, const void *bytes, size_t n)
{
  if (p->to)
    memcpy (p->to + p->n, bytes, n);
  p->n += n;
}

void
torch_pickle_byte (struct torch_pickle *p, unsigned byte)
{
  put (p, &(uint8_t){ (uint8_t) byte }, 1);
}

/* Writes a little-endian number of `bytes` bytes. */
static void
put_le (struct torch_pickle *p, unsigned bytes, uint64_t number)
{
  for (; bytes > 0; bytes--, number >>= 8)
    torch_pickle_byte (p, number & 0xff);
}

void
torch_pickle_number (struct torch_pickle *p, uint64_t number)
{
  unsigned bytes = 4;
  if (number <= UINT8_MAX)
    {
      torch_pickle_byte (p, OP_BININT1);
      put_le (p, 1, number);
    }
  else if (number <= UINT16_MAX)
    {
      torch_pickle_byte (p, OP_BININT2);
      put_le (p, 2, number);
    }
  else if (number <= INT32_MAX)
    {
      torch_pickle_byte (p, OP_BININT);
      put_le (p, 4, number);
    }
  else
    {
      while (bytes < 8 && number >> (8 * bytes - 1))
        bytes++;
      bool sign = number >> 63; /* LONG1 is signed */
      torch_pickle_byte (p, OP_LONG1);
      torch_pickle_byte (p, bytes + sign);
      put_le (p, bytes, number);
      put_le (p, sign, 0);
    }
}

void
torch_pickle_begin_text (struct torch_pickle *p, size_t n)
{
  torch_pickle_byte (p, OP_BINUNICODE);
  put_le (p, 4, n);
}

void
torch_pickle_bytes (struct torch_pickle *p, const void *bytes, size_t n)
{
  put (p, bytes, n);
}

void
torch_pickle_text (struct torch_pickle *p, const char *text, size_t n)
{
  torch_pickle_begin_text (p, n);
  put (p, text, n);
}

bool
torch_pickle_recall (struct torch_pickle *p, unsigned what)
{
  if (!p->memo[what])
    return false;
  torch_pickle_byte (p, OP_BINGET);
  torch_pickle_byte (p, p->memo[what] - 1u);
  return true;
}

void
torch_pickle_remember (struct torch_pickle *p, unsigned what)
{
  torch_pickle_byte (p, OP_BINPUT);
  torch_pickle_byte (p, p->n_memos);
  p->memo[what] = ++p->n_memos;
}

void
torch_pickle_global (struct torch_pickle *p, unsigned what, const char *module, const char *name)
{
  if (torch_pickle_recall (p, what))
    return;
  torch_pickle_byte (p, TORCH_OP_GLOBAL);
  put (p, module, strlen (module));
  torch_pickle_byte (p, '\n');
  put (p, name, strlen (name));
  torch_pickle_byte (p, '\n');
  torch_pickle_remember (p, what);
}

void
torch_pickle_dtype (struct torch_pickle *p, uint32_t dtype)
{
  torch_pickle_global (p, M_DTYPE + dtype, "torch",
                       fmtconv_dtype_table_by_dtype (torch_dtype_names, dtype)->name);
}

void
torch_pickle_word (struct torch_pickle *p, unsigned what, const char *word)
{
  if (torch_pickle_recall (p, what))
    return;
  torch_pickle_text (p, word, strlen (word));
  torch_pickle_remember (p, what);
}

void
torch_pickle_ordered_dict (struct torch_pickle *p)
{
  torch_pickle_global (p, M_DICT, "collections", "OrderedDict");
  torch_pickle_byte (p, TORCH_OP_EMPTY_TUPLE);
  torch_pickle_byte (p, TORCH_OP_REDUCE);
}

void
torch_pickle_tuple (struct torch_pickle *p, unsigned n, const uint64_t *number)
{
  static const uint8_t close[] = { TORCH_OP_EMPTY_TUPLE, TORCH_OP_TUPLE1, TORCH_OP_TUPLE2, TORCH_OP_TUPLE3 };
  if (n > 3)
    torch_pickle_byte (p, TORCH_OP_MARK);
  for (unsigned i = 0; i < n; i++)
    torch_pickle_number (p, number[i]);
  torch_pickle_byte (p, n > 3 ? TORCH_OP_TUPLE : close[n]);
}

/* Writes ('storage', class, key, 'cpu', elements); for untyped storages the last is the number of bytes. */
static void
put_storage (struct torch_pickle *p, const struct torch_entry *e, const fmtconv_dtype_name *type)
{
  char key[24];
  size_t at = sizeof key, rest = e->storage;
  uint64_t item = type->id == TORCH_UNTYPED ? 1 : fmtconv_dtype_get (type->dtype)->block_bytes;
  do
    key[--at] = (char) ('0' + rest % 10);
  while (rest /= 10);
  torch_pickle_byte (p, TORCH_OP_MARK);
  torch_pickle_word (p, M_STORAGE, "storage");
  if (type->id == TORCH_UNTYPED)
    torch_pickle_global (p, M_UNTYPED, "torch.storage", "UntypedStorage");
  else
    torch_pickle_global (p, M_TYPE + type->dtype, "torch", type->name);
  torch_pickle_text (p, key + at, sizeof key - at);
  torch_pickle_word (p, M_CPU, "cpu");
  torch_pickle_number (p, e->tensor->bytes / item);
  torch_pickle_byte (p, TORCH_OP_TUPLE);
  torch_pickle_byte (p, OP_BINPERSID);
}

/* Computes strides like torch: an axis without elements counts as one. */
static void
find_strides (const fmtconv_tensor *t, uint64_t *stride)
{
  uint64_t step = 1;
  for (unsigned i = t->rank; i-- > 0;)
    {
      stride[i] = step;
      if (t->shape[i] > 1 && __builtin_mul_overflow (step, t->shape[i], &step))
        step = 1; /* only if the tensor has no elements */
    }
}

/* Writes _rebuild_tensor_v2 (storage, offset, size, stride, requires_grad, hooks); v3 adds the data type. */
void
torch_pickle_tensor (struct torch_pickle *p, const struct torch_entry *e)
{
  const fmtconv_tensor *t = e->tensor;
  const fmtconv_dtype_name *type = fmtconv_dtype_table_by_dtype (torch_dtypes, t->dtype);
  uint64_t stride[FMTCONV_MAX_RANK];
  find_strides (t, stride);
  if (type->id == TORCH_UNTYPED)
    torch_pickle_global (p, M_REBUILD_V3, "torch._utils", "_rebuild_tensor_v3");
  else
    torch_pickle_global (p, M_REBUILD_V2, "torch._utils", "_rebuild_tensor_v2");
  torch_pickle_byte (p, TORCH_OP_MARK);
  put_storage (p, e, type);
  torch_pickle_number (p, 0);
  torch_pickle_tuple (p, t->rank, t->shape);
  torch_pickle_tuple (p, t->rank, stride);
  torch_pickle_byte (p, TORCH_OP_NEWFALSE);
  torch_pickle_ordered_dict (p);
  if (type->id == TORCH_UNTYPED)
    torch_pickle_dtype (p, t->dtype);
  torch_pickle_byte (p, TORCH_OP_TUPLE);
  torch_pickle_byte (p, TORCH_OP_REDUCE);
}

struct torch_pickle
torch_pickle_start (uint8_t *to)
{
  struct torch_pickle p = { .to = to };
  torch_pickle_byte (&p, TORCH_OP_PROTO);
  torch_pickle_byte (&p, 2);
  return p;
}

size_t
torch_pickle_end (struct torch_pickle *p)
{
  torch_pickle_byte (p, TORCH_OP_STOP);
  return p->n;
}

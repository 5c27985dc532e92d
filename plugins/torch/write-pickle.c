/* plugins/torch/write-pickle.c: writes a state dictionary as a pickle of protocol 2, as torch.save does.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only values that all tensors share are put into the memo; Python's pickler memoizes everything. */
#include "config.h"
#include "plugins/torch/write.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  BATCH = 1000 /* entries of a dictionary between two marks */
};

enum
{
  OP_PROTO = 0x80,
  OP_STOP = '.',
  OP_MARK = '(',
  OP_BINPUT = 'q',
  OP_BINGET = 'h',
  OP_GLOBAL = 'c',
  OP_REDUCE = 'R',
  OP_BINPERSID = 'Q',
  OP_NEWFALSE = 0x89,
  OP_BININT1 = 'K',
  OP_BININT2 = 'M',
  OP_BININT = 'J',
  OP_LONG1 = 0x8a,
  OP_BINUNICODE = 'X',
  OP_EMPTY_TUPLE = ')',
  OP_TUPLE1 = 0x85,
  OP_TUPLE2 = 0x86,
  OP_TUPLE3 = 0x87,
  OP_TUPLE = 't',
  OP_EMPTY_DICT = '}',
  OP_SETITEM = 's',
  OP_SETITEMS = 'u'
};

/* The memoized values, followed by the classes of the data types. */
enum
{
  M_DICT,
  M_REBUILD_V2,
  M_REBUILD_V3,
  M_UNTYPED,
  M_STORAGE,
  M_CPU,
  M_TYPE,
  MEMOS = 128 /* few enough for BINPUT and BINGET */
};

/* The pickle in memory; without memory it is only measured. */
struct pickle
{
  uint8_t *to;
  size_t n;
  uint8_t memo[MEMOS]; /* memo index + 1, in order of use; 0: not in the memo */
  uint8_t n_memos;
};

static void
put (struct pickle *p, const void *bytes, size_t n)
{
  if (p->to)
    memcpy (p->to + p->n, bytes, n);
  p->n += n;
}

static void
put_byte (struct pickle *p, unsigned byte)
{
  put (p, &(uint8_t){ (uint8_t) byte }, 1);
}

/* Writes a little-endian number of `bytes` bytes. */
static void
put_le (struct pickle *p, unsigned bytes, uint64_t number)
{
  for (; bytes > 0; bytes--, number >>= 8)
    put_byte (p, number & 0xff);
}

/* Writes a number in the shortest of Python's forms; LONG1 is signed. */
static void
put_number (struct pickle *p, uint64_t number)
{
  unsigned bytes = 4;
  if (number <= UINT8_MAX)
    {
      put_byte (p, OP_BININT1);
      put_le (p, 1, number);
    }
  else if (number <= UINT16_MAX)
    {
      put_byte (p, OP_BININT2);
      put_le (p, 2, number);
    }
  else if (number <= INT32_MAX)
    {
      put_byte (p, OP_BININT);
      put_le (p, 4, number);
    }
  else
    {
      while (bytes < 8 && number >> (8 * bytes - 1))
        bytes++;
      bool sign = number >> 63;
      put_byte (p, OP_LONG1);
      put_byte (p, bytes + sign);
      put_le (p, bytes, number);
      put_le (p, sign, 0);
    }
}

static void
put_string (struct pickle *p, const char *s, size_t n)
{
  put_byte (p, OP_BINUNICODE);
  put_le (p, 4, n);
  put (p, s, n);
}

/* Writes a reference to the memo.  Returns false if the value is not in it: the caller puts and remembers it.
 * */
static bool
recall (struct pickle *p, unsigned what)
{
  if (!p->memo[what])
    return false;
  put_byte (p, OP_BINGET);
  put_byte (p, p->memo[what] - 1u);
  return true;
}

static void
remember (struct pickle *p, unsigned what)
{
  put_byte (p, OP_BINPUT);
  put_byte (p, p->n_memos);
  p->memo[what] = ++p->n_memos;
}

static void
put_global (struct pickle *p, unsigned what, const char *module, const char *name)
{
  if (recall (p, what))
    return;
  put_byte (p, OP_GLOBAL);
  put (p, module, strlen (module));
  put_byte (p, '\n');
  put (p, name, strlen (name));
  put_byte (p, '\n');
  remember (p, what);
}

static void
put_word (struct pickle *p, unsigned what, const char *word)
{
  if (recall (p, what))
    return;
  put_string (p, word, strlen (word));
  remember (p, what);
}

static void
put_dict (struct pickle *p)
{
  put_global (p, M_DICT, "collections", "OrderedDict");
  put_byte (p, OP_EMPTY_TUPLE);
  put_byte (p, OP_REDUCE);
}

static void
put_tuple (struct pickle *p, unsigned n, const uint64_t *number)
{
  static const uint8_t close[] = { OP_EMPTY_TUPLE, OP_TUPLE1, OP_TUPLE2, OP_TUPLE3 };
  if (n > 3)
    put_byte (p, OP_MARK);
  for (unsigned i = 0; i < n; i++)
    put_number (p, number[i]);
  put_byte (p, n > 3 ? OP_TUPLE : close[n]);
}

/* Writes ('storage', class, key, 'cpu', elements); for untyped storages the last is the number of bytes. */
static void
put_storage (struct pickle *p, const struct torch_entry *e, const fmtconv_dtype_name *type)
{
  char key[24];
  size_t at = sizeof key, rest = e->storage;
  uint64_t item = type->id == TORCH_UNTYPED ? 1 : fmtconv_dtype_get (type->dtype)->block_bytes;
  do
    key[--at] = (char) ('0' + rest % 10);
  while (rest /= 10);
  put_byte (p, OP_MARK);
  put_word (p, M_STORAGE, "storage");
  if (type->id == TORCH_UNTYPED)
    put_global (p, M_UNTYPED, "torch.storage", "UntypedStorage");
  else
    put_global (p, M_TYPE + type->dtype, "torch", type->name);
  put_string (p, key + at, sizeof key - at);
  put_word (p, M_CPU, "cpu");
  put_number (p, e->tensor->bytes / item);
  put_byte (p, OP_TUPLE);
  put_byte (p, OP_BINPERSID);
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
static void
put_tensor (struct pickle *p, const struct torch_entry *e)
{
  const fmtconv_tensor *t = e->tensor;
  const fmtconv_dtype_name *type = fmtconv_dtype_table_by_dtype (torch_dtypes, t->dtype);
  uint64_t stride[FMTCONV_MAX_RANK];
  find_strides (t, stride);
  if (type->id == TORCH_UNTYPED)
    put_global (p, M_REBUILD_V3, "torch._utils", "_rebuild_tensor_v3");
  else
    put_global (p, M_REBUILD_V2, "torch._utils", "_rebuild_tensor_v2");
  put_byte (p, OP_MARK);
  put_storage (p, e, type);
  put_number (p, 0);
  put_tuple (p, t->rank, t->shape);
  put_tuple (p, t->rank, stride);
  put_byte (p, OP_NEWFALSE);
  put_dict (p);
  if (type->id == TORCH_UNTYPED)
    put_global (p, M_TYPE + type->dtype, "torch", type->name);
  put_byte (p, OP_TUPLE);
  put_byte (p, OP_REDUCE);
}

static void
put_state (struct pickle *p, const struct torch_state *state)
{
  put_dict (p);
  for (size_t i = 0; i < state->n; i++)
    {
      const struct torch_entry *e = &state->entry[i];
      if (i % BATCH == 0)
        put_byte (p, OP_MARK);
      put_string (p, e->tensor->name, strlen (e->tensor->name));
      put_tensor (p, e);
      if (i + 1 == state->n || (i + 1) % BATCH == 0)
        put_byte (p, OP_SETITEMS);
    }
}

size_t
torch_put_pickle (const struct torch_state *state, const char *root, uint8_t *to)
{
  struct pickle p = { .to = to };
  size_t depth = 0;
  put_byte (&p, OP_PROTO);
  put_byte (&p, 2);
  for (const char *key = root && strcmp (root, ".") ? root : ""; *key; depth++)
    {
      size_t n = strcspn (key, ".");
      put_byte (&p, OP_EMPTY_DICT);
      put_string (&p, key, n);
      key += n + (key[n] == '.');
    }
  put_state (&p, state);
  for (; depth > 0; depth--)
    put_byte (&p, OP_SETITEM);
  put_byte (&p, OP_STOP);
  return p.n;
}

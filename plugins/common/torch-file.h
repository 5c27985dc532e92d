/* plugins/common/torch-file.h: what torch.save writes: a pickle, and an archive with it and the tensors' bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_FILE_H
#define TORCH_FILE_H

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <stdbool.h>

enum
{
  TORCH_ALIGNMENT = 64 /* of member data in the file, bytes */
};

/* The data types of torch.  name: the storage class in `torch` or, if id is TORCH_UNTYPED, the data type,
 * whose storages are untyped. */
enum
{
  TORCH_TYPED,
  TORCH_UNTYPED
};
extern const fmtconv_dtype_name torch_dtypes[];

/* A tensor and the number of its storage.  The first tensor of a storage provides the bytes; others are tied
 * to it. */
struct torch_entry
{
  const fmtconv_tensor *tensor;
  size_t storage;
  bool is_first;
};

struct torch_state
{
  struct torch_entry *entry; /* in the model's order */
  size_t n;
};

/* ---- The pickle, protocol 2.  Only values that many objects share are put into the memo; Python's pickler memoizes
 * everything. */

enum
{
  TORCH_MEMO_OWN = 120, /* the caller's numbers of shared values: from this one to … */
  TORCH_MEMOS = 160     /* … below this; few enough for one byte */
};

enum
{
  TORCH_OP_PROTO = 0x80,
  TORCH_OP_STOP = '.',
  TORCH_OP_MARK = '(',
  TORCH_OP_NONE = 'N',
  TORCH_OP_GLOBAL = 'c',
  TORCH_OP_REDUCE = 'R',
  TORCH_OP_BUILD = 'b',
  TORCH_OP_NEWOBJ = 0x81,
  TORCH_OP_NEWFALSE = 0x89,
  TORCH_OP_EMPTY_TUPLE = ')',
  TORCH_OP_TUPLE1 = 0x85,
  TORCH_OP_TUPLE2 = 0x86,
  TORCH_OP_TUPLE3 = 0x87,
  TORCH_OP_TUPLE = 't',
  TORCH_OP_EMPTY_LIST = ']',
  TORCH_OP_APPEND = 'a',
  TORCH_OP_EMPTY_DICT = '}',
  TORCH_OP_SETITEM = 's',
  TORCH_OP_SETITEMS = 'u'
};

/* A pickle in memory; without memory it is only measured. */
struct torch_pickle
{
  uint8_t *to; /* NULL: no memory */
  size_t n;
  uint8_t memo[TORCH_MEMOS]; /* memo index + 1, in order of use; 0: not in the memo */
  uint8_t n_memos;
};

/* Begins a pickle in `to`, or without memory. */
struct torch_pickle torch_pickle_start (uint8_t *to);

/* Ends it.  Returns its size in bytes. */
size_t torch_pickle_end (struct torch_pickle *p);

void torch_pickle_byte (struct torch_pickle *p, unsigned byte);

/* Writes a number in the shortest of Python's forms. */
void torch_pickle_number (struct torch_pickle *p, uint64_t number);

/* Writes a text of n bytes. */
void torch_pickle_text (struct torch_pickle *p, const char *text, size_t n);

/* Begins a text of n bytes, which torch_pickle_bytes appends. */
void torch_pickle_begin_text (struct torch_pickle *p, size_t n);
void torch_pickle_bytes (struct torch_pickle *p, const void *bytes, size_t n);

/* Writes a data type: torch.float32. */
void torch_pickle_dtype (struct torch_pickle *p, uint32_t dtype);

/* Writes a tuple of numbers. */
void torch_pickle_tuple (struct torch_pickle *p, unsigned n, const uint64_t *number);

/* Writes the class `name` of a module, or what of it the memo has.  memo: the number of the shared value. */
void torch_pickle_global (struct torch_pickle *p, unsigned memo, const char *module, const char *name);

/* Writes a text that is shared. */
void torch_pickle_word (struct torch_pickle *p, unsigned memo, const char *word);

/* Writes what the memo has for a number.  Returns false if it has nothing: the caller writes the value, and then calls
 * torch_pickle_remember. */
bool torch_pickle_recall (struct torch_pickle *p, unsigned memo);
void torch_pickle_remember (struct torch_pickle *p, unsigned memo);

/* Writes an empty OrderedDict. */
void torch_pickle_ordered_dict (struct torch_pickle *p);

/* Writes a tensor as a part of the storage of its entry. */
void torch_pickle_tensor (struct torch_pickle *p, const struct torch_entry *e);

/* ---- The archive */

/* Describes an archive at the end of `file`, as torch.save writes it: all members in the folder `folder`, the pickle of n
 * bytes, and the storages of the state, whose tensors are emitted in its order; is_small: without the members that
 * torch.load does without.  Returns 0 or a code. */
int torch_put_archive (fmtconv_ctx *ctx, fmtconv_file *file, const char *folder, const void *pickle, size_t n,
                       const struct torch_state *state, bool is_small);

#endif

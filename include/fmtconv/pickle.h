/* fmtconv/pickle.h: reads Python's pickles, and the files of torch.save, as data.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pickle is a program for a small machine.  This one only records: no class is looked up, no function is called.  A call
 * becomes an object that says which function would have been called, with which arguments.  Opcodes that plain data does
 * not need are refused with their offset.  Protocols 1 to 5, in their binary forms; at most 512 MiB.
 *
 * A value may be referred to from several places, and may contain itself: follow values to a depth that the format has,
 * or keep a mark for each node (fmtconv_value_node).  A small file can refer to one value from a million places: bound
 * the work by the size of the pickle.
 *
 * Calls that ask about a value take NULL, and values of any kind, and answer NULL or 0, so that a path is one expression:
 * fmtconv_value_find (fmtconv_value_state (value), "size") is NULL if `value` is not an object, or has no such attribute.
 */
#ifndef FMTCONV_PICKLE_H
#define FMTCONV_PICKLE_H

#include <fmtconv/plugin.h>

FMTCONV_BEGIN_DECLS

/* Kinds of values. */
enum fmtconv_value_kind
{
  FMTCONV_VALUE_ABSENT, /* NULL */
  FMTCONV_VALUE_NONE,
  FMTCONV_VALUE_BOOL,
  FMTCONV_VALUE_INT,
  FMTCONV_VALUE_LONG, /* an integer of more than 64 bits, whose value is not kept */
  FMTCONV_VALUE_FLOAT,
  FMTCONV_VALUE_STRING,
  FMTCONV_VALUE_BYTES, /* bytes, bytearray */
  FMTCONV_VALUE_TUPLE,
  FMTCONV_VALUE_LIST,
  FMTCONV_VALUE_DICT,   /* dict, collections.OrderedDict, collections.defaultdict */
  FMTCONV_VALUE_SET,    /* set, frozenset */
  FMTCONV_VALUE_GLOBAL, /* a class or function, by name */
  FMTCONV_VALUE_OBJECT, /* the result of a call */
  FMTCONV_VALUE_STORAGE /* the bytes of a tensor, outside the pickle: a persistent id of torch.save */
};

/* A value of a pickle.  It lives until the reader that opened the pickle returns, or until the scratch that it was opened in ends
 * (fmtconv_scratch_begin); outside of both, as long as the context.  Views of tensors and sources are not part of it.
 *
 * What is inside of an OBJECT, its arguments, its state and its items, may be made when it is asked for: it lives until the scratch
 * ends that is the innermost then, and is made again when it is asked for later.  A reader of many objects begins a scratch for
 * each, and keeps the OBJECT, not what is in it.  fmtconv_value_node is the same every time. */
typedef struct fmtconv_value fmtconv_value;

/* A pickle.  The core makes it; new fields come at the end. */
typedef struct fmtconv_pickle
{
  fmtconv_source *source;     /* its bytes, and only these: for messages, fmtconv_value_offset */
  const fmtconv_value *value; /* what it describes */
  uint32_t nodes;             /* containers, objects and storages in it, see fmtconv_value_node */
} fmtconv_pickle;

/* ---- Files */

/* Returns the pickle that fills `source` from its first to its last byte.
 * Errors: E_FORMAT, E_UNSUPPORTED, E_LIMIT, E_IO.  Thread: context.  Since: 0.1. */
const fmtconv_pickle *fmtconv_pickle_load (fmtconv_source *source);

/* Returns the pickle that begins at the cursor, which is moved after it.  Other bytes may follow it.
 * Errors: E_FORMAT, E_UNSUPPORTED, E_LIMIT, E_IO.  Thread: context.  Since: 0.1. */
const fmtconv_pickle *fmtconv_cursor_take_pickle (fmtconv_cursor *cursor);

/* Returns the pickle of a file of torch.save, which fills `source`: a zip archive, the format before torch 1.6, or a
 * pickle alone.  The tensors in it have their elements in the file.
 *   flags  0 or FMTCONV_ZIP_IGNORE_CRC (fmtconv/formats.h)
 * Errors: E_FORMAT, E_UNSUPPORTED (TorchScript, older formats), E_LIMIT, E_IO.  Thread: context.  Since: 0.1. */
const fmtconv_pickle *fmtconv_pickle_open (fmtconv_source *source, unsigned flags);

/* ---- Values */

/* Returns the kind of a value, enum fmtconv_value_kind.
 * Errors: none.  Thread: any.  Since: 0.1. */
unsigned fmtconv_value_kind (const fmtconv_value *value);

/* Stores the number of an INT, or 0 or 1 for a BOOL, in `*number`.  Returns 1; or 0 for other values, and stores
 * nothing.
 * Errors: none.  Thread: any.  Since: 0.1. */
int fmtconv_value_int (const fmtconv_value *value, int64_t *number);

/* Stores the number of a FLOAT in `*number`, which may be infinite or NaN.  Returns 1; or 0 for other values, and stores
 * nothing.
 * Errors: none.  Thread: any.  Since: 0.1. */
int fmtconv_value_float (const fmtconv_value *value, double *number);

/* Returns the bytes of a STRING (in UTF-8, unless the file is malformed) or BYTES, and their number in `*size`.  They are not
 * NUL-terminated, and may hold NULs: fmtconv_ctx_printf (ctx, "%.*s", (int) size, text) makes a C string of a short text.
 * NULL and 0 for other values.
 * Errors: none.  Thread: any.  Since: 0.1. */
const char *fmtconv_value_text (const fmtconv_value *value, size_t *size);

/* Returns 1 if a value is the STRING `text`.
 * Errors: none.  Thread: any.  Since: 0.1. */
int fmtconv_value_is (const fmtconv_value *value, const char *text);

/* Reads a shape: a torch.Size, TUPLE or LIST of at most FMTCONV_MAX_RANK numbers from 0 on.  Returns 1, their number in
 * `*rank` and the numbers in `shape`, which has room for FMTCONV_MAX_RANK; or 0 for other values.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
int fmtconv_value_shape (const fmtconv_value *value, uint64_t *shape, unsigned *rank);

/* Returns a short description for messages: "list of 5", "object of argparse.Namespace", "tensor".
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
const char *fmtconv_value_describe (fmtconv_ctx *ctx, const fmtconv_value *value);

/* ---- Containers.  An OBJECT has the items that the pickle added to it, as an object of a class derived from list or
 * dict; a STORAGE the parts of its persistent id. */

/* Returns the number of items: of a DICT, of pairs; 0 for values that are not containers.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
size_t fmtconv_value_count (const fmtconv_value *value);

/* Return the i-th item, of a DICT the i-th value; and the i-th key of a DICT.  NULL if there are fewer, and for other
 * values.  The items have the order of the file; a DICT has the keys of the file, which may be equal.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
const fmtconv_value *fmtconv_value_at (const fmtconv_value *value, size_t i);
const fmtconv_value *fmtconv_value_key (const fmtconv_value *value, size_t i);

/* Returns the value of the key `text` of a DICT, the last one as in Python, or the item of another container that is
 * the STRING `text`; NULL if there is none.  The search is fast in large containers too.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
const fmtconv_value *fmtconv_value_find (const fmtconv_value *value, const char *text);

/* ---- Globals and objects */

/* The name of a class or function.  The core makes it; new fields come at the end. */
typedef struct fmtconv_global
{
  const char *module; /* "torch._utils" */
  const char *name;   /* "_rebuild_tensor_v2" */
  uint32_t
      dtype; /* of a data type of torch, such as torch.float32; 0: another global, or a type that is not supported */
} fmtconv_global;

/* Returns the name of a GLOBAL, or of what an OBJECT is a call of; NULL for other values.
 * Errors: none.  Thread: any.  Since: 0.1. */
const fmtconv_global *fmtconv_value_global (const fmtconv_value *value);

/* Returns the arguments of the call that an OBJECT is: a TUPLE.  NULL for other values.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
const fmtconv_value *fmtconv_value_args (const fmtconv_value *value);

/* Returns the state of an OBJECT, as a rule the DICT of its attributes, or NONE; NULL for other values.  An object that was
 * made with keyword arguments (the opcode NEWOBJ_EX) and was not given a state has the DICT of these.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
const fmtconv_value *fmtconv_value_state (const fmtconv_value *value);

/* Returns the number of a container, OBJECT or STORAGE in its pickle, below fmtconv_pickle.nodes: equal for two references
 * to one value, and different for others.  UINT32_MAX for other values.
 * Errors: none.  Thread: any.  Since: 0.1. */
uint32_t fmtconv_value_node (const fmtconv_value *value);

/* Returns the offset in its pickle of the opcode that made a container, OBJECT or STORAGE; 0 for other values.
 * Errors: none.  Thread: any.  Since: 0.1. */
uint64_t fmtconv_value_offset (const fmtconv_value *value);

/* ---- Tensors of torch, and arrays of numpy */

/* What the description of a tensor says. */
typedef struct fmtconv_pickled
{
  uint32_t dtype; /* 0: it cannot be read, fmtconv_pickle_view says why */
  uint32_t rank;
  uint64_t shape[FMTCONV_MAX_RANK];
  uint64_t bytes; /* of all elements */
} fmtconv_pickled;

/* Returns 1 and the description in `*tensor` if a value is a tensor of torch, a parameter, or an array of numbers of
 * numpy; or 0 for other values.  A tensor that cannot be read is not an error here.
 * Errors: E_IO, E_NOMEM.  Thread: context.  Since: 0.1. */
int fmtconv_pickle_tensor (const fmtconv_pickle *pickle, const fmtconv_value *value, fmtconv_pickled *tensor);

/* Returns the elements of such a value of `pickle`, which lie in the file of torch.save or in the pickle itself.
 *   name  of the tensor, for messages
 * Elements that overlap (stride 0) are repeated; those of all pickles of a context may add 1 GiB to the bytes of the files.
 * Errors: E_FORMAT (it is not a tensor; storage that is absent or of another size), E_UNSUPPORTED (sparse and quantized
 * tensors, data types that only torch has), E_LIMIT, E_IO.  Thread: context.  Since: 0.1. */
fmtconv_view *fmtconv_pickle_view (const fmtconv_pickle *pickle, const fmtconv_value *value,
                                   const char *name);

FMTCONV_END_DECLS

#endif

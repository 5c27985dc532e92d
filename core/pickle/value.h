/* core/pickle/value.h: the values of a pickle: small tagged values that refer to shared nodes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_VALUE_H
#define FCI_PICKLE_VALUE_H

#include <fmtconv/pickle.h>
#include <stdbool.h>

typedef struct fci_pickle_items fci_pickle_items;
typedef struct fci_pickle_global fci_pickle_global;
typedef struct fci_pickle_object fci_pickle_object;
typedef struct fci_pickle_parts fci_pickle_parts;
typedef struct fci_pickle_memory fci_pickle_memory;
typedef struct fci_pickle_machine fci_pickle_machine;

/* One value.  Copying it copies a reference: containers and objects are shared, and may be cyclic. */
struct fmtconv_value
{
  uint32_t kind; /* enum fmtconv_value_kind; ABSENT: an empty slot of the memo */
  uint32_t len;  /* STRING, BYTES: bytes */
  union
  {
    int64_t i;                       /* BOOL, INT */
    double f;                        /* FLOAT */
    const char *s;                   /* STRING, BYTES: inside the pickle, not NUL-terminated */
    fci_pickle_items *items;         /* TUPLE, LIST, DICT, SET */
    const fci_pickle_global *global; /* GLOBAL */
    fci_pickle_object *object;       /* OBJECT, STORAGE */
  } v;
};

/* The items of a container; of a DICT: key, value, key, value … */
struct fci_pickle_items
{
  fmtconv_value *at;
  uint32_t n;
  uint32_t cap;
  uint32_t node;   /* number in the pickle */
  uint32_t offset; /* of the opcode that made it */
  bool is_shared;  /* the memo refers to it, so that others may */
};

/* The meaning of a global.  The pickle machine itself treats only FCI_ROLE_DICT specially. */
typedef enum fci_pickle_role
{
  FCI_ROLE_OPAQUE,
  FCI_ROLE_DICT,
  FCI_ROLE_SIZE,
  FCI_ROLE_DTYPE,    /* a data type */
  FCI_ROLE_STORAGE,  /* a storage class; dtype: of its elements */
  FCI_ROLE_UNTYPED,  /* a storage that counts bytes */
  FCI_ROLE_TYPED,    /* a storage with the element type that the tensor names */
  FCI_ROLE_BYTES,    /* makes a storage of bytes */
  FCI_ROLE_ENCODE,   /* makes bytes of a text */
  FCI_ROLE_NO_BYTES, /* makes bytes of nothing */
  FCI_ROLE_NUMPY_DTYPE,
  FCI_ROLE_ARRAY,  /* makes a numpy array, whose state says what is in it */
  FCI_ROLE_BUFFER, /* makes a numpy array of bytes */
  FCI_ROLE_TENSOR, /* this and all following roles make a tensor */
  FCI_ROLE_TENSOR_V2,
  FCI_ROLE_TENSOR_V3,
  FCI_ROLE_PARAMETER,
  FCI_ROLE_PARAMETER_STATE,
  FCI_ROLE_NN_PARAMETER,
  FCI_ROLE_FROM_TYPE,
  FCI_ROLE_REFUSED /* makes a tensor that is not a dense array of stored elements */
} fci_pickle_role;

struct fci_pickle_global
{
  fmtconv_global public; /* its data type only if that is supported */
  const char *why;       /* FCI_ROLE_REFUSED and unsupported types: the reason */
  fci_pickle_role role;
  uint32_t dtype; /* FCI_ROLE_DTYPE, and of the elements of a FCI_ROLE_STORAGE */
};

/* A call.  Its parts are given back when it is folded: core/pickle/memory.h. */
struct fci_pickle_object
{
  const fci_pickle_global *callee; /* NULL: STORAGE, which is not folded */
  union
  {
    fci_pickle_parts *parts;
    fci_pickle_memory *memory; /* is_folded */
  } at;
  uint32_t node; /* number in the pickle */
  union
  {
    uint32_t offset;   /* of the opcode that made it */
    uint32_t memoized; /* is_folded: slots of the memo in use before its first opcode */
  } u;
  uint32_t start : 29; /* is_folded: of its first opcode */
  uint32_t is_folded : 1;
  uint32_t is_shared : 1; /* the memo refers to it, so that others may */
  uint32_t is_bare : 1;   /* is_folded: it has neither a state nor items */
  /* is_folded: */
  uint32_t length : 12; /* bytes of its opcodes */
  uint32_t made : 12;   /* of these, before the opcode that made it */
  uint32_t before : 8;  /* nodes in it that were made before it */
};

struct fci_pickle_parts
{
  fmtconv_value args;     /* TUPLE */
  fmtconv_value state;    /* set by BUILD; before, the keyword arguments of NEWOBJ_EX, or NONE */
  fci_pickle_items *more; /* added by APPEND(S), SETITEM(S), ADDITEMS; NULL: none */
  union
  {
    const struct fci_torch_inner *inner; /* FCI_ROLE_BYTES: the storage; NULL: not read yet */
    fmtconv_source *decoded;             /* FCI_ROLE_ENCODE: the bytes; NULL: not decoded yet */
  } kept;                                /* in the memory of the pickle, as others may ask for it */
  fci_pickle_memory *memory;             /* of the pickle */
  uint32_t more_kind;                    /* LIST, DICT or SET, by the opcodes that added `more` */
};

/* Returns a container with copies of `n` values; NULL: out of memory. */
fci_pickle_items *fci_pickle_items_new (fci_pickle_machine *m, const fmtconv_value *values, uint32_t n);

/* Appends copies of `n` values.  Returns 0 or E_NOMEM. */
int fci_pickle_items_add (fci_pickle_machine *m, fci_pickle_items *items, const fmtconv_value *values,
                          uint32_t n);

/* Gives back the array of a container that ends. */
void fci_pickle_items_give_array (fci_pickle_memory *memory, const fci_pickle_items *items);

/* fold.c: returns the parts of an object.  Those of a folded one are made, and last until the innermost scratch ends.
 * NULL: an error. */
fci_pickle_parts *fci_pickle_parts_of (fci_pickle_object *object);

/* Returns the offset of the opcode that made an object. */
static inline uint32_t
fci_pickle_offset_of (const fci_pickle_object *object)
{
  return object->is_folded ? object->start + object->made : object->u.offset;
}

/* Returns the arguments of a call, or the parts of a storage's id; NULL: an error. */
static inline const fci_pickle_items *
fci_pickle_args_of (fci_pickle_object *object)
{
  const fci_pickle_parts *parts = fci_pickle_parts_of (object);
  return parts ? parts->args.v.items : NULL;
}

static inline fmtconv_value
fci_pickle_int (int64_t i)
{
  return (fmtconv_value){ .kind = FMTCONV_VALUE_INT, .v.i = i };
}

static inline fmtconv_value
fci_pickle_container (enum fmtconv_value_kind kind, fci_pickle_items *items)
{
  return (fmtconv_value){ .kind = kind, .v.items = items };
}

static inline bool
fci_pickle_is_container (const fmtconv_value *value)
{
  return value->kind >= FMTCONV_VALUE_TUPLE && value->kind <= FMTCONV_VALUE_SET;
}

/* Returns whether the value is the result of calling a global with that role. */
static inline bool
fci_pickle_has_role (const fmtconv_value *value, fci_pickle_role role)
{
  return value->kind == FMTCONV_VALUE_OBJECT && value->v.object->callee->role == role;
}

/* Returns whether the value makes a tensor, readable or not.  An array of numbers is one, an array of texts or objects
 * is not. */
bool fci_pickle_is_tensor (const fmtconv_value *value);

/* Sets role, dtype and why of a global from its module and name. */
void fci_torch_global_know (fci_pickle_global *global);

#endif

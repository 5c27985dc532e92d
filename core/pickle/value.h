/* core/pickle/value.h: the values of a pickle: small tagged values that refer to shared nodes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_VALUE_H
#define FCI_PICKLE_VALUE_H

#include <fmtconv/pickle.h>
#include <stdbool.h>

typedef struct fci_pickle_items fci_pickle_items;
typedef struct fci_pickle_global fci_pickle_global;
typedef struct fci_pickle_object fci_pickle_object;

/* One value.  Copying it copies a reference: containers and objects are shared, and may be cyclic. */
struct fmtconv_value
{
  uint32_t kind; /* enum fmtconv_value_kind; ABSENT: an empty slot of the memo */
  uint32_t len;  /* STRING, BYTES: bytes */
  union
  {
    int64_t i;                 /* BOOL, INT */
    double f;                  /* FLOAT */
    const char *s;             /* STRING, BYTES: inside the pickle, not NUL-terminated */
    fci_pickle_items *items;   /* TUPLE, LIST, DICT, SET */
    fci_pickle_global *global; /* GLOBAL */
    fci_pickle_object *object; /* OBJECT, STORAGE */
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

struct fci_pickle_object
{
  const fci_pickle_global *callee; /* NULL: STORAGE */
  fmtconv_value args;              /* TUPLE */
  fmtconv_value state;             /* set by BUILD; before, the keyword arguments of NEWOBJ_EX, or NONE */
  fci_pickle_items *more;          /* added by APPEND(S), SETITEM(S), ADDITEMS; NULL: none */
  uint32_t more_kind;              /* LIST, DICT or SET, by these opcodes */
  uint32_t node;                   /* number in the pickle */
  uint32_t offset;                 /* of the opcode that made it */
  union
  {
    const struct fci_torch_inner *inner; /* FCI_ROLE_BYTES: the storage; NULL: not read yet */
    fmtconv_source *decoded;             /* FCI_ROLE_ENCODE: the bytes; NULL: not decoded yet */
  } kept;
};

/* Returns a container with copies of `n` values; NULL: out of memory. */
fci_pickle_items *fci_pickle_items_new (fmtconv_ctx *ctx, const fmtconv_value *values, uint32_t n);

/* Appends copies of `n` values.  Returns 0 or E_NOMEM. */
int fci_pickle_items_add (fmtconv_ctx *ctx, fci_pickle_items *items, const fmtconv_value *values, uint32_t n);

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

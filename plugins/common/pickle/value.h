/* plugins/common/pickle/value.h: the values of a pickle: small tagged values that refer to shared nodes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_VALUE_H
#define TORCH_VALUE_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

typedef enum pk_kind
{
  PK_ABSENT, /* an empty slot of the memo */
  PK_NONE,
  PK_BOOL,
  PK_INT,
  PK_LONG, /* an integer of more than 64 bits; its value is not needed */
  PK_FLOAT,
  PK_STRING,
  PK_BYTES,
  PK_TUPLE,
  PK_LIST,
  PK_DICT, /* items: key, value, key, value … */
  PK_SET,
  PK_GLOBAL, /* module.name */
  PK_OBJECT, /* the result of calling a global */
  PK_STORAGE /* a persistent id: bytes outside the pickle */
} pk_kind;

typedef struct pk_items pk_items;
typedef struct pk_global pk_global;
typedef struct pk_object pk_object;

/* One value.  Copying it copies a reference: containers and objects are shared, and may be cyclic. */
typedef struct pk_value
{
  uint32_t kind; /* pk_kind */
  uint32_t len;  /* STRING, BYTES: bytes */
  union
  {
    int64_t i;         /* BOOL, INT */
    double f;          /* FLOAT */
    const char *s;     /* STRING, BYTES: inside the pickle, not NUL-terminated */
    pk_items *items;   /* TUPLE, LIST, DICT, SET */
    pk_global *global; /* GLOBAL */
    pk_object *object; /* OBJECT, STORAGE */
  } v;
} pk_value;

/* The marks that walks leave on a node. */
typedef struct pk_mark
{
  uint8_t seen;       /* number of the last walk that visited it */
  uint8_t open : 1;   /* the walk is inside it */
  uint8_t holds : 1;  /* it contains a tensor at some depth */
  uint8_t cyclic : 1; /* it is in, or leads to, a cycle of containers */
  uint8_t unique : 1; /* its keys are known to differ */
  uint8_t shaped : 1; /* it contains, at some depth, a tensor that is not a single number */
  uint8_t direct : 1; /* one of its values is such a tensor */
  uint8_t module : 2; /* of a state: PK_STATE_… */
} pk_mark;

/* Whether a dictionary is the state of a torch.nn.Module. */
enum
{
  PK_STATE_UNKNOWN,
  PK_STATE_OTHER,
  PK_STATE_MODULE
};

struct pk_items
{
  pk_value *at;
  uint32_t n;
  uint32_t cap;
  pk_mark mark;
};

/* The meaning of a global.  The pickle machine itself treats only ROLE_DICT specially. */
typedef enum pk_role
{
  ROLE_OPAQUE,
  ROLE_DICT,
  ROLE_SIZE,
  ROLE_DTYPE,    /* a data type */
  ROLE_STORAGE,  /* a storage class; dtype: of its elements */
  ROLE_UNTYPED,  /* a storage that counts bytes */
  ROLE_TYPED,    /* a storage with the element type that the tensor names */
  ROLE_BYTES,    /* makes a storage of bytes */
  ROLE_ENCODE,   /* makes bytes of a text */
  ROLE_NO_BYTES, /* makes bytes of nothing */
  ROLE_NUMPY_DTYPE,
  ROLE_ARRAY,  /* makes a numpy array, whose state says what is in it */
  ROLE_BUFFER, /* makes a numpy array of bytes */
  ROLE_TENSOR, /* this and all following roles make a tensor */
  ROLE_TENSOR_V2,
  ROLE_TENSOR_V3,
  ROLE_PARAMETER,
  ROLE_PARAMETER_STATE,
  ROLE_NN_PARAMETER,
  ROLE_FROM_TYPE,
  ROLE_REFUSED /* makes a tensor that is not a dense array of stored elements */
} pk_role;

struct pk_global
{
  const char *module;
  const char *name;
  const char *why; /* ROLE_REFUSED and unsupported types: the reason */
  pk_role role;
  uint32_t dtype;
};

struct pk_object
{
  const pk_global *callee; /* NULL: PK_STORAGE */
  pk_items *args;
  pk_value state; /* set by BUILD */
  pk_items *more; /* added by APPEND(S), SETITEM(S), ADDITEMS; NULL: none */
  uint32_t at;    /* offset of the opcode that made it */
  pk_mark mark;
  const struct torch_inner *inner; /* ROLE_BYTES: the storage; NULL: not read yet */
  const char *inner_why;           /* ROLE_BYTES: the reason that it cannot be read; NULL: none yet */
  fmtconv_source *decoded;         /* ROLE_ENCODE: the bytes; NULL: not decoded yet */
};

/* Makes room for one more element after `n` elements of `size` bytes.  Returns the array itself or a copy of
 * twice the capacity; NULL: out of memory. */
void *pk_grow (fmtconv_ctx *ctx, void *array, uint32_t n, uint32_t *cap, size_t size);

/* Returns a container with copies of `n` values; NULL: out of memory. */
pk_items *pk_items_new (fmtconv_ctx *ctx, const pk_value *values, uint32_t n);

/* Appends copies of `n` values.  Returns 0 or E_NOMEM. */
int pk_items_add (fmtconv_ctx *ctx, pk_items *items, const pk_value *values, uint32_t n);

static inline pk_value
pk_int (int64_t i)
{
  return (pk_value){ .kind = PK_INT, .v.i = i };
}

static inline pk_value
pk_container (pk_kind kind, pk_items *items)
{
  return (pk_value){ .kind = kind, .v.items = items };
}

static inline bool
pk_is_container (const pk_value *value)
{
  return value->kind >= PK_TUPLE && value->kind <= PK_SET;
}

/* Returns whether the value is the result of calling a global with that role. */
static inline bool
pk_has_role (const pk_value *value, pk_role role)
{
  return value->kind == PK_OBJECT && value->v.object->callee->role == role;
}

/* Returns whether the value makes a tensor, readable or not.  An array of numbers is one, an array of texts or objects
 * is not. */
bool pk_is_tensor (const pk_value *value);

/* Returns whether the value is the string `text`. */
bool pk_is (const pk_value *value, const char *text);

/* Returns whether both values are strings with the same bytes. */
bool pk_same_text (const pk_value *a, const pk_value *b);

/* Reads the i-th child of a container or object.  Returns false if it has fewer. */
bool pk_child (const pk_value *value, uint32_t i, pk_value *child);

/* Returns the marks of a container or object; NULL: another kind of value. */
pk_mark *pk_mark_of (const pk_value *value);

/* Returns a description for messages: "list of 5", "object of argparse.Namespace".  Not escaped. */
const char *pk_describe (fmtconv_ctx *ctx, const pk_value *value);

/* Returns the value of a key in a dictionary; NULL: no such key. */
const pk_value *pk_get (const pk_value *dict, const char *key);

/* Sets role, dtype and why of a global from its module and name. */
void torch_global_know (pk_global *global);

#endif

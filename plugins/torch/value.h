/* plugins/torch/value.h: what a pickle can hold, as data: small tagged values that refer to shared nodes.
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
  PK_LONG, /* an integer beyond 64 bits; nothing here needs its value */
  PK_FLOAT,
  PK_STRING,
  PK_BYTES,
  PK_TUPLE,
  PK_LIST,
  PK_DICT, /* items: key, value, key, value … */
  PK_SET,
  PK_GLOBAL, /* module.name */
  PK_OBJECT, /* what calling a global would make */
  PK_STORAGE /* a persistent id: bytes that lie beside the pickle */
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
    const char *s;     /* STRING, BYTES: inside the pickle, no NUL behind */
    pk_items *items;   /* TUPLE, LIST, DICT, SET */
    pk_global *global; /* GLOBAL */
    pk_object *object; /* OBJECT, STORAGE */
  } v;
} pk_value;

/* What walks remember of a node. */
typedef struct pk_mark
{
  uint8_t seen;       /* by the walk of that number */
  uint8_t open : 1;   /* the walk stands inside it */
  uint8_t holds : 1;  /* a tensor is somewhere below */
  uint8_t cyclic : 1; /* containers alone lead from it to one that contains it */
  uint8_t unique : 1; /* its keys are known to differ */
} pk_mark;

struct pk_items
{
  pk_value *at;
  uint32_t n;
  uint32_t cap;
  pk_mark mark;
};

/* What is known of a global.  The pickle machine treats all but ROLE_DICT alike. */
typedef enum pk_role
{
  ROLE_OPAQUE,
  ROLE_DICT,
  ROLE_SIZE,
  ROLE_DTYPE,   /* dtype: which */
  ROLE_STORAGE, /* dtype: of its elements */
  ROLE_UNTYPED, /* a storage that counts bytes */
  ROLE_TYPED,   /* a storage whose elements the tensor names */
  ROLE_BYTES,   /* makes a storage of bytes */
  ROLE_TENSOR,  /* from here on: makes a tensor */
  ROLE_TENSOR_V2,
  ROLE_TENSOR_V3,
  ROLE_PARAMETER,
  ROLE_PARAMETER_STATE,
  ROLE_NN_PARAMETER,
  ROLE_FROM_TYPE,
  ROLE_REFUSED /* makes a tensor that is no dense array of stored elements */
} pk_role;

struct pk_global
{
  const char *module;
  const char *name;
  const char *why; /* ROLE_REFUSED, and types without an equal here: what it is */
  pk_role role;
  uint32_t dtype;
};

struct pk_object
{
  const pk_global *callee; /* NULL: a storage */
  pk_items *args;
  pk_value state; /* of BUILD */
  pk_items *more; /* of APPEND(S), SETITEM(S), ADDITEMS; NULL: none */
  uint32_t at;    /* byte of the opcode that made it */
  pk_mark mark;
  const struct torch_inner *inner; /* ROLE_BYTES: the storage, once it was looked at */
};

/* Room for one more of `n` elements of `size` bytes: the array itself or a copy of twice the size.  NULL:
 * out of memory. */
void *pk_grow (fmtconv_ctx *ctx, void *array, uint32_t n, uint32_t *cap, size_t size);

/* An empty container; one with copies of `n` values.  NULL: out of memory. */
pk_items *pk_items_new (fmtconv_ctx *ctx, const pk_value *values, uint32_t n);

/* Append `n` values.  0 or E_NOMEM. */
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

/* Is it what a tensor is made of, whether or not we can read it? */
static inline bool
pk_is_tensor (const pk_value *value)
{
  return value->kind == PK_OBJECT && value->v.object->callee->role >= ROLE_TENSOR;
}

/* Is it that text?  No strings but exact ones are equal. */
bool pk_is (const pk_value *value, const char *text);

/* The i-th value below a container or object; false: there are no more. */
bool pk_child (const pk_value *value, uint32_t i, pk_value *child);

/* What walks note on a container or object; NULL: it has none. */
pk_mark *pk_mark_of (const pk_value *value);

/* A value for people: "list of 5", "object of argparse.Namespace".  Not escaped. */
const char *pk_describe (fmtconv_ctx *ctx, const pk_value *value);

/* The value of a key in a dictionary; NULL: none. */
const pk_value *pk_get (const pk_value *dict, const char *key);

/* The plugin's knowledge of a global; `global` has its module and name. */
void torch_global_know (pk_global *global);

#endif

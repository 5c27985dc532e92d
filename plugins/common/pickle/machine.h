/* plugins/common/pickle/machine.h: the state of the pickle machine: stack, marks and memo.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_MACHINE_H
#define TORCH_MACHINE_H

#include "plugins/common/pickle/value.h"

enum
{
  PK_MAX_BYTES = 512 << 20,
  PK_MAX_STRING = 16 << 20,
  PK_MAX_GLOBAL = 255, /* bytes of a global's module, and of its name */
  PK_MAX_OPCODES = 64 << 20,
  PK_MAX_STACK = 1 << 20,
  PK_MAX_MARKS = 64 << 10,
  PK_MAX_MEMO = 16 << 20,
  PK_MEMO_BLOCK = 64 /* memo slots allocated together: a tensor alone needs a few */
};

typedef struct pk_opcode pk_opcode;

typedef struct pk_machine
{
  fmtconv_ctx *ctx;
  fmtconv_source *source; /* the pickle, for messages */
  const uint8_t *bytes;
  uint32_t size;
  uint32_t pos;        /* next byte */
  uint32_t at;         /* offset of the running opcode */
  const pk_opcode *op; /* the running opcode */
  uint32_t opcodes;    /* executed so far */
  pk_value *stack;
  uint32_t n;
  uint32_t cap;
  uint32_t floor; /* position of the topmost mark; values below it cannot be popped */
  uint32_t *marks;
  uint32_t n_marks;
  uint32_t cap_marks;
  pk_value **memo;    /* in blocks, because the arena cannot free a grown array; NULL: empty */
  uint32_t memoized;  /* slots in use */
  pk_items *storages; /* every persistent id */
  uint64_t paired;    /* pairs copied from lists into dictionaries */
  uint64_t encoded;   /* bytes of the texts that stand for bytes */
  bool stopped;
} pk_machine;

/* The argument of an opcode. */
typedef struct pk_arg
{
  uint64_t number;
  const char *text; /* a string, or a global's module */
  uint32_t len;
  const char *name; /* a global's name */
  uint32_t name_len;
} pk_arg;

struct pk_opcode
{
  const char *name;
  uint8_t arg;                                   /* PK_ARG_… */
  int (*run) (pk_machine *m, const pk_arg *arg); /* NULL: refused */
};

enum
{
  PK_ARG_NONE,
  PK_ARG_U1,
  PK_ARG_U2,
  PK_ARG_U4,
  PK_ARG_U8,
  PK_ARG_STRING1, /* a length of 1, 4 or 8 bytes, then the bytes */
  PK_ARG_STRING4,
  PK_ARG_STRING8,
  PK_ARG_LINES /* two lines */
};

/* One entry for every byte; .name is NULL if the byte is not an opcode. */
extern const pk_opcode pk_opcodes[256];

/* Reports an error of the running opcode and returns the code. */
#define pk_refuse(m, code, format, ...)                                                          \
  fmtconv_fail_at ((m)->ctx, code, &(fmtconv_where){ .source = (m)->source, .offset = (m)->at }, \
                   "pickle opcode %s: " format, (m)->op->name, ##__VA_ARGS__)

/* Pushes a value.  Returns 0, E_LIMIT or E_NOMEM. */
int pk_push (pk_machine *m, pk_value value);

/* Pops the topmost value above the topmost mark.  Returns 0 or E_FORMAT. */
int pk_pop (pk_machine *m, pk_value *value);

/* Puts a mark on the top of the stack.  Returns 0, E_LIMIT or E_NOMEM. */
int pk_mark_here (pk_machine *m);

/* Pops the topmost mark and the n values above it, which stay readable until the next push.  under: if not
 * NULL, receives the value below the mark, which stays on the stack.  Returns 0 or E_FORMAT. */
int pk_pop_mark (pk_machine *m, const pk_value **values, uint32_t *n, pk_value *under);

/* Reads the topmost value without popping it.  Returns 0 or E_FORMAT. */
int pk_top (pk_machine *m, pk_value *value);

/* Stores the topmost value in memo slot `index`.  Returns 0 or an error code. */
int pk_memo_put (pk_machine *m, uint64_t index);

/* Pushes the value of memo slot `index`.  Returns 0 or an error code. */
int pk_memo_get (pk_machine *m, uint64_t index);

/* Builds the value that a pickle describes, without executing anything.  `bytes` must outlive the
 * value.  Returns 0 or an error code. */
int pk_load (fmtconv_ctx *ctx, fmtconv_source *source, const void *bytes, uint64_t size, pk_value *value);

/* Same as pk_load, but other bytes may follow the pickle.  *used: length of the pickle.  storages: collects
 * every persistent id; may be NULL. */
int pk_load_next (fmtconv_ctx *ctx, fmtconv_source *source, const void *bytes, uint64_t size,
                  pk_items *storages, uint64_t *used, pk_value *value);

/* Same as pk_load for the whole of a source, whose bytes are read to *bytes. */
int pk_load_source (fmtconv_ctx *ctx, fmtconv_source *source, pk_items *storages, const uint8_t **bytes,
                    pk_value *value);

/* measure.c: returns the offset after the pickle that begins at `start`, or after its first invalid opcode.
 * */
uint64_t pk_measure (fmtconv_source *source, uint64_t start);

#endif

/* plugins/torch/machine.h: the pickle machine's stack, marks and memo.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_MACHINE_H
#define TORCH_MACHINE_H

#include "plugins/torch/value.h"

enum
{
  PK_MAX_BYTES = 512 << 20,
  PK_MAX_STRING = 16 << 20,
  PK_MAX_GLOBAL = 255, /* bytes of a global's module, and of its name */
  PK_MAX_OPCODES = 64 << 20,
  PK_MAX_STACK = 1 << 20,
  PK_MAX_MARKS = 64 << 10,
  PK_MAX_MEMO = 16 << 20,
  PK_MEMO_BLOCK = 4096 /* slots of the memo that are made together */
};

typedef struct pk_opcode pk_opcode;

typedef struct pk_machine
{
  fmtconv_ctx *ctx;
  fmtconv_source *source; /* the pickle, for messages */
  const uint8_t *bytes;
  uint32_t size;
  uint32_t pos;        /* next byte */
  uint32_t at;         /* byte of the running opcode */
  const pk_opcode *op; /* the running opcode */
  uint32_t opcodes;    /* run so far */
  pk_value *stack;
  uint32_t n;
  uint32_t cap;
  uint32_t floor; /* the topmost mark: nothing below is popped */
  uint32_t *marks;
  uint32_t n_marks;
  uint32_t cap_marks;
  pk_value **memo;    /* in blocks, as an array that grows leaves its copies behind; NULL: none yet */
  uint32_t memoized;  /* slots in use */
  pk_items *storages; /* gets every persistent id; NULL: nobody asked */
  uint64_t paired;    /* pairs copied from lists into dictionaries */
  bool stopped;
} pk_machine;

/* What stands behind an opcode. */
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
  uint8_t arg;                                   /* how its argument is read: PK_ARG_… */
  int (*run) (pk_machine *m, const pk_arg *arg); /* NULL: refused */
};

enum
{
  PK_ARG_NONE,
  PK_ARG_U1,
  PK_ARG_U2,
  PK_ARG_U4,
  PK_ARG_U8,
  PK_ARG_STRING1, /* a length of 1, 4 or 8 bytes, and the bytes */
  PK_ARG_STRING4,
  PK_ARG_STRING8,
  PK_ARG_LINES /* two lines */
};

/* All 256; .name is NULL where there is no such opcode. */
extern const pk_opcode pk_opcodes[256];

/* Record what is wrong with the running opcode, and return the code. */
#define pk_refuse(m, code, format, ...)                                                          \
  fmtconv_fail_at ((m)->ctx, code, &(fmtconv_where){ .source = (m)->source, .offset = (m)->at }, \
                   "pickle opcode %s: " format, (m)->op->name, ##__VA_ARGS__)

int pk_push (pk_machine *m, pk_value value);
int pk_pop (pk_machine *m, pk_value *value);
int pk_mark_here (pk_machine *m);

/* The values above the topmost mark; both go from the stack, and stay readable until the next push.
 * under: where not NULL, the value below the mark, which stays. */
int pk_pop_mark (pk_machine *m, const pk_value **values, uint32_t *n, pk_value *under);

/* The topmost value, which stays. */
int pk_top (pk_machine *m, pk_value *value);

/* Remember the topmost value; bring one back. */
int pk_memo_put (pk_machine *m, uint64_t index);
int pk_memo_get (pk_machine *m, uint64_t index);

/* The value a pickle describes, without running anything.  `bytes` must outlive it.  0 or an error. */
int pk_load (fmtconv_ctx *ctx, fmtconv_source *source, const void *bytes, uint64_t size, pk_value *value);

/* The same where other bytes may follow; *used: length of the pickle.  storages: every persistent id is added
 * to it; may be NULL. */
int pk_load_next (fmtconv_ctx *ctx, fmtconv_source *source, const void *bytes, uint64_t size,
                  pk_items *storages, uint64_t *used, pk_value *value);

/* The pickle that a source is, from its first to its last byte, which are read to *bytes. */
int pk_load_source (fmtconv_ctx *ctx, fmtconv_source *source, pk_items *storages, const uint8_t **bytes,
                    pk_value *value);

/* measure.c: the first byte behind the pickle that begins at `start`, or behind what makes it none. */
uint64_t pk_measure (fmtconv_source *source, uint64_t start);

#endif

/* core/pickle/machine.h: the state of the pickle machine: stack, marks and memo.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_MACHINE_H
#define FCI_PICKLE_MACHINE_H

#include "core/base/ctx.h"
#include "core/pickle/memory.h"
#include "core/pickle/value.h"

enum
{
  FCI_PICKLE_MAX_BYTES = 512 << 20,
  FCI_PICKLE_MAX_STRING = 16 << 20,
  FCI_PICKLE_MAX_GLOBAL = 255, /* bytes of a global's module, and of its name */
  FCI_PICKLE_MAX_OPCODES = 128 << 20,
  FCI_PICKLE_MAX_STACK = 1 << 20,
  FCI_PICKLE_MAX_MARKS = 64 << 10,
  FCI_PICKLE_MAX_MEMO = FCI_PICKLE_MAX_OPCODES /* each sets one slot, or none */
};

/* The opcodes of the memo. */
enum
{
  FCI_PICKLE_BINGET = 'h',
  FCI_PICKLE_LONG_BINGET = 'j',
  FCI_PICKLE_BINPUT = 'q',
  FCI_PICKLE_LONG_BINPUT = 'r',
  FCI_PICKLE_MEMOIZE = 0x94
};

enum
{
  FCI_PICKLE_RECENT = 16 /* globals that are found again */
};

typedef struct fci_pickle_opcode fci_pickle_opcode;

/* Where the opcodes of a value begin. */
typedef struct fci_pickle_start
{
  uint32_t pos;
  uint32_t nodes; /* that were made before */
} fci_pickle_start;

typedef struct fci_pickle_mark
{
  uint32_t n; /* values below it */
  fci_pickle_start start;
} fci_pickle_mark;

/* A persistent id: the bytes of tensors, outside the pickle. */
typedef struct fci_pickle_storage
{
  const char *key;
  uint32_t key_len;
  uint32_t offset; /* of the opcode that made it */
  const fci_pickle_global *class;
  int64_t count; /* of elements */
} fci_pickle_storage;

typedef struct fci_pickle_storages
{
  fci_pickle_storage *at;
  uint32_t n;
  uint32_t cap;
} fci_pickle_storages;

struct fci_pickle_machine
{
  fmtconv_ctx *ctx;
  fmtconv_source *source; /* the pickle, for messages */
  fci_arena own;          /* stack and marks, which end with the machine */
  bool is_second;         /* it makes the parts of a folded object: all is in the innermost scratch */
  fci_pickle_memory *memory;
  const uint8_t *bytes;
  uint32_t size;
  uint32_t pos;                /* next byte */
  uint32_t at;                 /* offset of the running opcode */
  const fci_pickle_opcode *op; /* the running opcode */
  uint32_t opcodes;            /* executed so far */
  fci_pickle_start
      start; /* of the value that is pushed next: its own opcode, or the lowest value that it popped */
  fmtconv_value *stack;
  fci_pickle_start *starts; /* of the values on the stack */
  uint32_t n;
  uint32_t cap;
  uint32_t cap_starts;
  uint32_t floor; /* position of the topmost mark; values below it cannot be popped */
  fci_pickle_mark *marks;
  uint32_t n_marks;
  uint32_t cap_marks;
  uint32_t memoized;             /* slots in use */
  uint32_t pinned;               /* what begins before this offset is not folded */
  fci_pickle_storages *storages; /* every persistent id; NULL: the second run, which has them all */
  const fci_pickle_global *recent[FCI_PICKLE_RECENT]; /* by a hash of their names */
  uint32_t nodes;                                     /* containers, objects and storages so far */
  uint64_t paired;                                    /* pairs copied from lists into dictionaries */
  uint64_t encoded;                                   /* bytes of the texts that stand for bytes */
  bool stopped;
};

/* The argument of an opcode. */
typedef struct fci_pickle_arg
{
  uint64_t number;
  const char *text; /* a string, or a global's module */
  uint32_t len;
  const char *name; /* a global's name */
  uint32_t name_len;
} fci_pickle_arg;

struct fci_pickle_opcode
{
  const char *name;
  uint8_t arg;                                                   /* FCI_PICKLE_ARG_… */
  int (*run) (fci_pickle_machine *m, const fci_pickle_arg *arg); /* NULL: refused */
};

enum
{
  FCI_PICKLE_ARG_NONE,
  FCI_PICKLE_ARG_U1,
  FCI_PICKLE_ARG_U2,
  FCI_PICKLE_ARG_U4,
  FCI_PICKLE_ARG_U8,
  FCI_PICKLE_ARG_STRING1, /* a length of 1, 4 or 8 bytes, then the bytes */
  FCI_PICKLE_ARG_STRING4,
  FCI_PICKLE_ARG_STRING8,
  FCI_PICKLE_ARG_LINES /* two lines */
};

/* One entry for every byte; .name is NULL if the byte is not an opcode. */
extern const fci_pickle_opcode fci_pickle_opcodes[256];

/* Reports an error of the running opcode and returns the code. */
#define fci_pickle_refuse(m, code, format, ...)                                                  \
  fmtconv_fail_at ((m)->ctx, code, &(fmtconv_where){ .source = (m)->source, .offset = (m)->at }, \
                   "pickle opcode %s: " format, (m)->op->name, ##__VA_ARGS__)

/* Pushes a value.  Returns 0, E_LIMIT or E_NOMEM. */
int fci_pickle_push (fci_pickle_machine *m, fmtconv_value value);

/* Returns n zeroed objects of `size` bytes, at most 4 GiB together, that end with the machine; NULL: out of memory. */
void *fci_pickle_allocate (fci_pickle_machine *m, size_t n, size_t size);

/* Returns n zeroed bytes for a value; NULL: out of memory. */
void *fci_pickle_take (fci_pickle_machine *m, size_t n);

/* Makes room for one more element after `n` elements of `size` bytes.  Returns the array itself or a copy of twice the
 * capacity; NULL: out of memory. */
void *fci_pickle_grow (fci_pickle_machine *m, void *array, uint32_t n, uint32_t *cap, size_t size);

/* Returns whether an opcode puts the topmost value into the memo. */
static inline bool
fci_pickle_is_put (uint8_t byte)
{
  return byte == FCI_PICKLE_BINPUT || byte == FCI_PICKLE_LONG_BINPUT || byte == FCI_PICKLE_MEMOIZE;
}

/* Pops the topmost value above the topmost mark.  Returns 0 or E_FORMAT. */
int fci_pickle_pop (fci_pickle_machine *m, fmtconv_value *value);

/* Puts a mark on the top of the stack.  Returns 0, E_LIMIT or E_NOMEM. */
int fci_pickle_mark_here (fci_pickle_machine *m);

/* Pops the topmost mark and the n values above it, which stay readable until the next push.  under: if not
 * NULL, receives the value below the mark, which stays on the stack.  Returns 0 or E_FORMAT. */
int fci_pickle_pop_mark (fci_pickle_machine *m, const fmtconv_value **values, uint32_t *n,
                         fmtconv_value *under);

/* Reads the topmost value without popping it.  Returns 0 or E_FORMAT. */
int fci_pickle_top (fci_pickle_machine *m, fmtconv_value *value);

/* Stores the topmost value in memo slot `index`.  Returns 0 or an error code. */
int fci_pickle_memo_put (fci_pickle_machine *m, uint64_t index);

/* Pushes the value of memo slot `index`.  Returns 0 or an error code. */
int fci_pickle_memo_get (fci_pickle_machine *m, uint64_t index);

/* container.c: returns a container with the next node number and copies of `n` values; NULL: out of memory. */
fci_pickle_items *fci_pickle_new_node (fci_pickle_machine *m, const fmtconv_value *values, uint32_t n);

/* What a pickle describes. */
typedef struct fci_pickle_loaded
{
  fmtconv_source *source; /* its bytes */
  const uint8_t *bytes;   /* the same in memory */
  fmtconv_value top;
  uint32_t nodes;
} fci_pickle_loaded;

/* run.c: builds the value that the pickle at the start of `bytes` describes, without executing anything.  Other bytes may
 * follow it.  `bytes` must outlive the value.  *used: length of the pickle.  storages: collects every persistent id, in
 * the innermost scratch; may be NULL.  Returns 0 or an error code. */
int fci_pickle_load_next (fmtconv_ctx *ctx, const void *bytes, uint64_t size, fci_pickle_storages *storages,
                          uint64_t *used, fci_pickle_loaded *loaded);

/* Same for the pickle that fills a source. */
int fci_pickle_load_source (fmtconv_ctx *ctx, fmtconv_source *source, fci_pickle_storages *storages,
                            fci_pickle_loaded *loaded);

/* Runs the opcodes from `start` to before `end` again, which make an object.  memoized: slots of the memo in use at the start.
 * Returns the object, in the innermost scratch; NULL: an error. */
const fci_pickle_object *fci_pickle_run_again (fci_pickle_memory *memory, fci_pickle_start start,
                                               uint32_t memoized, uint32_t end);

/* storages.c: adds a persistent id that has been checked.  Returns 0 or E_NOMEM. */
int fci_pickle_storages_add (fci_pickle_machine *m, const fci_pickle_items *id);

/* Moves the ids that the caller wants from the machine's memory to the innermost scratch.  Returns 0 or E_NOMEM. */
int fci_pickle_storages_keep (fci_pickle_machine *m);

/* measure.c: returns the offset after the pickle that begins at the cursor, or after its first invalid
 * opcode.  The cursor stays. */
uint64_t fci_pickle_measure (const fmtconv_cursor *cursor);

#endif

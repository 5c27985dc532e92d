/* core/pickle/memory.h: the memory of a pickle's values: what is used again, what is given back, and what is made anew.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pickle of 100 000 tensors is a tree of millions of values, of which readers look at one tensor at a time.  So a finished
 * object that nothing else refers to is folded: its arguments, its state and all that is in them are given back, and the machine
 * runs over their opcodes again when somebody asks for them.  A folded object takes 32 bytes.
 *
 * What makes that exact: values are shared only through the memo, and a survey of the opcodes before the machine runs tells
 * which of its slots are fetched.  A value in such a slot stays; any other has one reference, from the container or object that
 * it is in.  The second run takes the values that stay, and numbers all others as the first did. */
#ifndef FCI_PICKLE_MEMORY_H
#define FCI_PICKLE_MEMORY_H

#include "core/pickle/value.h"

enum
{
  FCI_PICKLE_MAX_FOLD =
      4095, /* bytes of opcodes that a fold may stand for: the most that is run again for a question */
  FCI_PICKLE_MAX_FOLDED = 255, /* nodes in it, which bound the depth */
  FCI_PICKLE_GIVEN = 64        /* sizes of memory that is used again, in steps of 16 bytes */
};

/* What the opcodes do with the memo. */
typedef struct fci_pickle_survey
{
  uint64_t *fetched; /* a bit for each slot: it is fetched after it was set */
  uint32_t n;        /* words of 64 bits */
  bool is_repeated;  /* a slot is set twice, as no pickler does */
} fci_pickle_survey;

struct fci_pickle_memory
{
  fmtconv_ctx *ctx;
  struct fci_scratch *scratch; /* that the values are in; NULL: the context's arena */
  fmtconv_source *source;      /* the pickle, for messages */
  const uint8_t *bytes;
  uint32_t size;
  fci_pickle_survey memo;
  uint32_t *before;        /* fetched slots before each word */
  fmtconv_value *values;   /* of the fetched slots; ABSENT: not set yet */
  fci_pickle_items *empty; /* the empty tuple, which Python has once; NULL: none yet */
  void *given[FCI_PICKLE_GIVEN];
};

/* survey.c: finds which slots of the memo the opcodes of a pickle fetch, up to the first that the machine refuses.  The words
 * are in `arena`.  Returns 0 or E_NOMEM. */
int fci_pickle_survey_memo (fmtconv_ctx *ctx, fci_arena *arena, const uint8_t *bytes, uint32_t size,
                            fci_pickle_survey *survey);

/* Returns how many of the opcodes in [from, to), which have been run, put a value into the memo. */
uint32_t fci_pickle_count_puts (const uint8_t *bytes, uint32_t from, uint32_t to);

/* Prepares the memory of the pickle `bytes` in the innermost scratch, whose memo has been surveyed.  NULL: out of memory. */
fci_pickle_memory *fci_pickle_memory_new (fmtconv_ctx *ctx, fmtconv_source *source, const uint8_t *bytes,
                                          uint32_t size, const fci_pickle_survey *survey);

/* Returns the value of a slot of the memo that is fetched; NULL: it is not. */
fmtconv_value *fci_pickle_memory_slot (const fci_pickle_memory *memory, uint64_t index);

/* Returns n zeroed bytes that were given back, or of the scratch; NULL: out of memory. */
void *fci_pickle_memory_take (fci_pickle_memory *memory, size_t n);

/* Gives back n bytes. */
void fci_pickle_memory_give (fci_pickle_memory *memory, void *piece, size_t n);

/* Gives back what an object consists of, with all values in it that have no other reference. */
void fci_pickle_memory_give_parts (fci_pickle_memory *memory, const fci_pickle_object *object);

#endif

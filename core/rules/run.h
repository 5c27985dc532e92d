/* core/rules/run.h: the state of applying a compiled table to a model. A run collects all problems before it
 * changes the output. It has separate memory.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_RUN_H
#define FCI_RULES_RUN_H

#include "core/base/ctx.h"
#include "core/rules/shortlist.h"
#include "core/rules/table.h"

/* A hash table of numbers, at most half full; hashes are seeded by the context. */
typedef struct fci_rule_index
{
  size_t capacity; /* a power of two */
  size_t n;
  struct fci_rule_index_slot
  {
    uint32_t hash;
    uint32_t id; /* + 1; 0: free */
  } * slot;
} fci_rule_index;

/* The tensors that agree in all captures except lists. */
struct fci_site
{
  fci_family *family;
  uint32_t first;     /* the first tensor */
  fci_value *value;   /* by slot; of lists: unused */
  uint32_t tensors[]; /* by combination of the lists; FCI_RULE_NONE: absent */
};

/* One tensor of the output. */
typedef struct fci_element_bytes
{
  const fci_rule *rule; /* NULL: kept unchanged */
  const fci_site *site;
  uint32_t combo; /* of the lists in the output; fused lists count as 0 */
  uint32_t part;  /* of a split */
  uint32_t first; /* the first tensor that it is made of */
  const char *name;
  struct fci_element_bytes *next_pick; /* in reverse: the next part of the same pick */
  int64_t *key;                        /* for the order */
  unsigned n_key;
  const fci_tensor_dims
      *whole; /* in reverse, of tables with conditions: the shape of the tensor; NULL: not known */
} fci_element_bytes;

enum
{
  FCI_MAX_FINDS = 16 /* calls of has() and shape() whose tensors are remembered */
};

/* The first tensor that the pattern of a call matches. */
typedef struct fci_rule_find
{
  const fci_expr *call;
  size_t found; /* the number of tensors: none */
} fci_rule_find;

typedef enum fci_rule_problem
{
  FCI_PROBLEM_SHAPE,
  FCI_PROBLEM_NAME,
  FCI_PROBLEM_MISSING,
  FCI_PROBLEM_UNKNOWN,
  FCI_PROBLEM_CONDITION,
  FCI_PROBLEM_CONFIG, /* the input's config.json does not fit the tensors */
  FCI_PROBLEMS
} fci_rule_problem;

/* What has no value: an attribute of the output, or a name in .let that a shape or a condition needs.  Texts are in the
 * memory of the context. */
typedef struct fci_no_value
{
  const char *place; /* "FILE:LINE:COLUMN"; NULL: not known */
  const char *what;  /* the attribute, its expression and the reason; NULL: everything has a value */
  const char *hint;  /* NULL: none */
} fci_no_value;

typedef struct fci_rule_run
{
  fci_arena arena;
  fci_table table;
  fmtconv_ctx *ctx;
  const fmtconv_model *in;
  fmtconv_model *out;
  const struct fmtconv_weight *weights; /* that are named anew; NULL: the tensors of `in` are */
  bool silent;
  int code; /* out of memory */
  size_t n_tensors;
  const fci_pattern *prefix; /* the prefix in use; NULL: not chosen yet */
  fci_shortlists lists;      /* for this prefix */
  uint32_t *taken;           /* by tensor: number of its family, or FCI_RULE_NONE */
  const char **spare; /* by tensor: why it is left out for another one that becomes the same; NULL: none is */
  fci_rule_index sites;
  fci_site **site; /* in source order */
  size_t n_sites;
  size_t site_capacity;
  size_t claimed;
  uint64_t bytes;
  const char *first;
  fci_element_bytes **item;
  size_t n_items;
  size_t problems[FCI_PROBLEMS];
  fci_rule_find find[FCI_MAX_FINDS];
  unsigned n_finds;
  fmtconv_attr *attributes; /* of the output, as .attributes says; NULL: none */
  bool has_keys;            /* .attributes has the keys of a GGUF file */
  bool keeps;               /* forward: tensors keep the names of .from, and their values */
  bool is_for_comfy; /* the output has the names of .from, and is stored as .attributes says for ComfyUI */
  bool bound;        /* every shape variable that gets a value has it */
  char reason[192];  /* why the last expression without a value has none */
  fci_no_value no_value;  /* the first of these */
  const fci_let *bad_let; /* the first name in .let that cannot be computed; NULL: none */
} fci_rule_run;

/* Counts a problem and lists it with the final error unless the run is silent: (run, kind, format, …). */
#define fci_rule_run_problem(run, kind, ...) \
  ((run)->problems[kind]++, (run)->silent ? (void) 0 : fmtconv_detail ((run)->ctx, __VA_ARGS__))

#endif

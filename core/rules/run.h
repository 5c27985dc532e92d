/* core/rules/run.h: a compiled table meets a model.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A run collects every problem before anything is put into the output.  Its memory is its own.
 */
#ifndef FCI_RULES_RUN_H
#define FCI_RULES_RUN_H

#include "core/base/ctx.h"
#include "core/rules/table.h"

/* A hash table of numbers that stand for something; hashes are the context's. */
typedef struct fci_index
{
  size_t room; /* a power of two */
  struct fci_index_slot
  {
    uint32_t hash;
    uint32_t id; /* + 1; 0: free */
  } * slot;
} fci_index;

/* The tensors that agree in all captures but lists. */
struct fci_site
{
  fci_family *family;
  uint32_t first;     /* the first tensor */
  fci_value *value;   /* by slot; of lists: unused */
  uint32_t tensors[]; /* by combination of the lists; FCI_NONE: not there */
};

/* One tensor of the output. */
typedef struct fci_item
{
  const fci_rule *rule; /* NULL: kept as it is */
  const fci_site *site;
  uint32_t combo; /* of the lists that stay; those that are fused at 0 */
  uint32_t part;  /* of a split */
  uint32_t first; /* the first tensor it is made of */
  const char *name;
  struct fci_item *mate; /* in reverse: the next part of the same pick */
  int64_t *key;          /* for the order */
  unsigned n_key;
} fci_item;

typedef enum fci_problem
{
  FCI_WRONG_SHAPE,
  FCI_BAD_NAME,
  FCI_MISSING,
  FCI_UNKNOWN,
  FCI_PROBLEMS
} fci_problem;

typedef struct fci_run
{
  fci_arena arena;
  fci_table table;
  fmtconv_ctx *ctx;
  const fmtconv_model *in;
  fmtconv_model *out;
  bool silent;
  int code; /* out of memory */
  size_t n_tensors;
  const fci_pattern *prefix; /* the one in use */
  uint32_t *taken;           /* by tensor: number of its family, or FCI_NONE */
  fci_index sites;
  fci_site **site; /* in source order */
  size_t n_sites;
  size_t claimed;
  uint64_t bytes;
  const char *first;
  fci_item **item;
  size_t n_items;
  size_t problems[FCI_PROBLEMS];
} fci_run;

/* n zeroed objects of the run's own; NULL: out of memory, noted in run->code. */
void *fci_run_alloc (fci_run *run, size_t n, size_t size);

/* A problem, listed with the error at the end unless the run is silent: (run, kind, format, …). */
#define fci_run_problem(run, kind, ...) \
  ((run)->problems[kind]++, (run)->silent ? (void) 0 : fmtconv_detail ((run)->ctx, __VA_ARGS__))

/* Room for n numbers; then: the one with that hash for which `same (arg, id)`, or FCI_NONE; and add. */
bool fci_index_make (fci_run *run, fci_index *index, size_t n);
uint32_t fci_index_find (const fci_index *index, uint64_t hash, bool (*same) (const void *arg, uint32_t id),
                         const void *arg);
void fci_index_add (fci_index *index, uint64_t hash, uint32_t id);

/* ---- The steps, in this order; each looks at run->code. */

/* Choose the prefix and let every tensor find its family and site. */
void fci_run_match (fci_run *run);

/* Is `capture` to be dense, and so nearly dense that what is missing can be listed? */
bool fci_run_dense (const fci_run *run, const fci_capture *capture);

/* Find what is missing, and what nobody took. */
void fci_run_complete (fci_run *run);
void fci_run_unmatched (fci_run *run);

/* Name everything that comes out, and bind the shape variables. */
void fci_run_items (fci_run *run);
void fci_run_shapes (fci_run *run);

/* Put and drop, in order. */
void fci_run_sort (fci_run *run);
void fci_run_emit (fci_run *run);

/* ---- Helpers of several steps. */

/* Open the site: values of its captures by number of the capture, the lists as `combo` says. */
uint64_t fci_site_bind (const fci_site *site, uint32_t combo, fci_value *bound);
void fci_site_add (fci_run *run, fci_family *family, const fci_value *values, uint32_t tensor);
void fci_combo_bind (const fci_family *family, uint32_t combo, fci_value *bound, uint64_t *known);

/* The name that a pattern prints, with the prefix before it if `prefixed`, in the run's memory. */
const char *fci_run_name (fci_run *run, const fci_pattern *pattern, bool prefixed, const fci_value *bound,
                          uint64_t known);

/* Shapes of one part of an item between the operations, with all variables bound: by[k] before operation
 * k, by[n_ops] the last.  In reverse only for rules that hide their shape behind a reshape.  false:
 * something does not fit. */
bool fci_item_shapes (fci_run *run, const fci_item *item, fci_dims *by);
bool fci_rule_hides (const fci_rule *rule);

/* The k-th tensor that is fused. */
const fmtconv_tensor *fci_item_tensor (const fci_run *run, const fci_item *item, unsigned k);

#endif

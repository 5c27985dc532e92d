/* core/rules/rename.h: names of single weights by the rules of their model, without the model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_RENAME_H
#define FCI_RULES_RENAME_H

#include "core/base/map.h"
#include "core/rules/run.h"
#include <fmtconv/formats.h>

/* A weight of the other side, as one rule makes it. */
typedef struct fci_new_weight
{
  const char *name;
  const fci_rule *rule;
  uint32_t part;  /* of a split */
  uint32_t first; /* a weight that it is made of */
  uint32_t *from; /* by part of what is fused: number of a weight; FCI_RULE_NONE: not given */
  struct fci_new_weight *next_pick; /* in reverse: the same weight, by another rule that picks from it */
} fci_new_weight;

/* How the weights are named anew. */
typedef struct fci_rename
{
  fci_rule_run run;
  const fmtconv_weight *given;
  fmtconv_weight *
      stored; /* with a configuration: the given ones in the shapes that the model stores; is_module: transposed */
  size_t n_given;
  bool is_kept;       /* names of the `in` side are only written out */
  bool has_config;    /* the configuration of the model is known: conditions and all of a rule count */
  const char **exact; /* by weight: its name with all dots; NULL: no rule takes it */
  fci_map *names;
  fci_new_weight **made;
  size_t n, capacity;
} fci_rename;

/* What became of the weights. */
typedef struct fci_renamed
{
  size_t lost;  /* weights that no rule takes */
  size_t wrong; /* other problems: shapes, rules that do more than moving rows */
  bool
      is_other; /* of a configuration: the conditions do not hold for it, or the rules cannot be used with it */
  size_t n;
  fmtconv_new_weight *weight;
} fci_renamed;

/* Names the weights of the `in` side anew.
 *   reverse  `in` is the second side
 *   keep     give them no names of the other side: only find the dots in flat names, and check shapes
 *   silent   do not list problems
 * Returns 0, or the code of an error that does not concern the weights. */
int fci_rules_rename (fmtconv_ctx *ctx, const fmtconv_rules *rules, const fmtconv_weight *weights, size_t n,
                      bool reverse, bool keep, bool silent, fci_renamed *out);

/* The same for weights of the first side of a model whose configuration is known, with all that its rules do. */
int fci_rules_rename_by_config (fmtconv_ctx *ctx, const fmtconv_rules *rules, fmtconv_attr *config,
                                const fmtconv_weight *weights, size_t n, bool silent, fci_renamed *out);

/* Binds shape variables and checks the shapes of all new weights. */
void fci_rename_shapes (fci_rename *r);

/* Returns the number of rows of the k-th part of what a rule fuses.  0: not known. */
uint64_t fci_rename_part_rows (fci_rename *r, const fci_new_weight *w, unsigned k);

/* Sets what the rule of a new weight does after its rows are put together (rename-ops.c).  rows: their number.  What does not
 * fit is a problem. */
void fci_rename_set_ops (fci_rename *r, const fci_new_weight *w, uint64_t rows, fmtconv_new_weight *out);

/* Copies the new weights, with the rows that they are made of, to the context. */
void fci_rename_put (fci_rename *r, fci_renamed *out);

#endif

/* tests/unit/rules-help.h: models written in one line, and results of rules as text.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RULES_HELP_H
#define RULES_HELP_H

#include "core/base/ctx.h"
#include "core/model/model.h"
#include "core/rules/rules.h"
#include "core/view/view.h"

typedef struct world
{
  fmtconv_ctx *ctx;
  fmtconv_source *source; /* a sparse file of 64 TiB */
  uint64_t at;            /* offset of the next leaf */
  int code;               /* of the error that was reported */
  char said[8192];        /* the error and its details, one per line */
} world;

/* Rules with a table inline. */
#define RULES(...) ((const fmtconv_rule[]){ __VA_ARGS__, { 0 } })

world *world_new (void);
void world_free (world *w);

/* Appends an f16 leaf after all others to a model. */
void put_leaf (world *w, fmtconv_model *model, const char *name, unsigned rank, const uint64_t *shape);

/* Returns a frozen model: "a.b:2,3 c:4 scalar:". */
fmtconv_model *model_of (world *w, const char *tensors);

/* Returns the model that the rules make, frozen unless they failed. */
fmtconv_model *apply_rules (const fmtconv_rules *rules, const fmtconv_model *in);
fmtconv_model *reverse_rules (const fmtconv_rules *rules, const fmtconv_model *in);

/* Returns "name:2,3 other:4", in order. */
const char *names_of (const fmtconv_model *model);

/* Returns the view of one tensor as text: "f16[1,4] = box …". */
const char *value_of (const fmtconv_model *model, const char *name);

/* Applies the rules to the tensors. Returns the resulting model as text, or the error. */
const char *outcome (world *w, const fmtconv_rules *rules, const char *tensors);

/* Checks that reverse (apply (m)) = m: all tensors, at the same positions of the file. */
void check_law (world *w, const fmtconv_rules *rules, const char *tensors);

#endif

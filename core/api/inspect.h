/* core/api/inspect.h: what the files of fmtconv_inspect share: the inspection, and its steps.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_INSPECT_H
#define FCI_API_INSPECT_H

#include "core/api/describe.h"
#include "core/convert/link.h"
#include "core/convert/recognize.h"
#include "core/model/model.h"
#include <fmtconv/fmtconv.h>
#include <stdbool.h>

enum
{
  FCI_INSPECT_NEEDS = 1024 /* capacity of a text, bytes */
};

typedef struct fci_inspection
{
  fmtconv_ctx *ctx;
  const char *path;
  fci_link reader;
  const char *typed;              /* the given reader; NULL: detected */
  const fmtconv_model *stages[2]; /* the input; the result of the transform, or NULL */
  fci_claims claims;              /* transforms that recognize the model */
  bool is_near;                   /* a transform would recognize it, except for a few tensors */
  const fmtconv_model *origin;    /* what it was made of, if the rules say whose names there are */
  bool is_made;                   /* they recognize it in reverse: it is their output */
  fci_claims others;              /* in the other direction than `claims` */
  const char **commands;          /* one for each transform, then for others */
  size_t n_commands;
  fci_described described; /* by transforms that recognize it without rules, unless rules recognize it */
  const char *whole;       /* command that converts or copies the whole model; NULL: none */
  char needs[FCI_INSPECT_NEEDS]; /* the parameter that the first transform lacks; "": none */
} fci_inspection;

/* Returns whether the input is a bundle, whose components have been reported separately. */
bool fci_inspect_is_bundle (const fci_inspection *s);

/* Returns whether the input is a folder of a component of diffusers or transformers. */
bool fci_inspect_has_config (const fmtconv_model *model);

/* Returns the model that a transform makes of it. Messages are suppressed, because a parameter may be
 * missing. NULL: it is, or the transform, and `needs` names it. */
const fmtconv_model *fci_inspect_try_claim (const fci_inspection *s, size_t i, const char *params,
                                            char needs[FCI_INSPECT_NEEDS]);

/* Returns the rules of the first transform that recognizes the model, if they say whose names there are; or NULL. */
const fmtconv_rules *fci_inspect_rules_with_sides (const fci_inspection *s);

/* Finds the transforms that recognize the model, or that make such a model. Title and parts come from the
 * result of the first one that recognizes it. Returns 0 or an error code. */
int fci_inspect_recognize (fci_inspection *s);

/* Makes one command for each transform that recognizes the model, and one that takes it as it is. Returns 0 or an error code. */
int fci_inspect_commands (fci_inspection *s);

/* Returns the inspection as attributes; NULL: an error was recorded. */
fmtconv_attr *fci_inspect_result (const fci_inspection *s);

#endif

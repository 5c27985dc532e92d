/* core/convert/recognize.h: finds the transforms that match a model, by running their rules silently.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_RECOGNIZE_H
#define FCI_CONVERT_RECOGNIZE_H

#include "core/model/model.h"
#include "core/plugin/registry.h"
#include "core/rules/rules.h"

/* A transform whose rules claim tensors of a model. */
typedef struct fci_claim
{
  const fmtconv_plugin *plugin; /* of a module that is not installed or refused: what the index says of it */
  fci_recognition found;
  fci_module *module;
  const char *params; /* that it gets if it is chosen; NULL: none */
  bool is_for_writer; /* it takes the whole model for the writer that is named, and for no other */
} fci_claim;

/* The transforms that match a model: complete matches, then near matches with few missing or unknown
 * tensors; each ordered by precedence, then by name. Matches of a few common names are omitted, and near matches of tensors that
 * are a complete match of the same kind.  Of matches with equal precedence, one that takes the whole model for the named writer
 * leaves only its like. */
typedef struct fci_claims
{
  const fci_claim *claim;
  size_t n;
  size_t complete; /* number of complete matches */
  size_t first;    /* number of complete matches that share the highest precedence */
} fci_claims;

#define FCI_ANY_WRITER "*"

/* Finds the matches among n_modules modules, without transforms that are for another writer than the one named (NULL: for
 * any one writer; FCI_ANY_WRITER: with all). What the index says of a transform decides whether it is loaded; then its own
 * rules decide. Those of a transform that is not installed are those of the index. Returns 0 or an error code. */
int fci_claims_make (fmtconv_ctx *ctx, fci_module *modules, size_t n_modules, const fmtconv_model *model,
                     const char *writer, fci_claims *out);

/* Returns the parameters that a transform gets for the writer of that name; NULL: it is not for the writer. */
const char *fci_transform_for_writer (const fmtconv_transform *transform, const char *writer);

/* Finds the installed transforms that produce such a model: their reversed rules match it completely. Returns 0 or
 * an error code. */
int fci_claims_reverse (fmtconv_ctx *ctx, fci_module *modules, size_t n_modules, const fmtconv_model *model,
                        fci_claims *out);

/* Finds those of them that are only for the writer of that name, and make a configuration. Returns 0 or an error code. */
int fci_claims_of_writer (fmtconv_ctx *ctx, fci_module *modules, size_t n_modules, const fmtconv_model *model,
                          const char *writer, fci_claims *out);

#endif

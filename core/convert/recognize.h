/* core/convert/recognize.h: which transforms know a model, by running their rules silently.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_RECOGNIZE_H
#define FCI_CONVERT_RECOGNIZE_H

#include "core/model/model.h"
#include "core/plugin/registry.h"
#include "core/rules/rules.h"

/* A transform whose rules claim tensors of a model. */
typedef struct fci_claim
{
  const fmtconv_plugin *plugin;
  fci_recognition found;
} fci_claim;

/* What transforms know of a model: those that recognize it, then those that nearly do, because little is missing or
 * strange; each in the order of their precedence, then of their names.  Transforms that know a few common names
 * only are not among them. */
typedef struct fci_claims
{
  const fci_claim *claim;
  size_t n;
  size_t complete; /* that recognize it */
  size_t first;    /* of those: that share the highest precedence */
} fci_claims;

/* 0, or the code of an error. */
int fci_claims_make (fmtconv_ctx *ctx, const fci_module *modules, size_t n_modules,
                     const fmtconv_model *model, fci_claims *out);

/* The transforms that make such a model: their rules in reverse know all of it. */
int fci_claims_reverse (fmtconv_ctx *ctx, const fci_module *modules, size_t n_modules,
                        const fmtconv_model *model, fci_claims *out);

#endif

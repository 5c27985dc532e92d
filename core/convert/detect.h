/* core/convert/detect.h: bids of readers and recognition by transforms, over any list of modules.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_DETECT_H
#define FCI_CONVERT_DETECT_H

#include "core/convert/pipeline.h"
#include "core/plugin/registry.h"
#include "core/rules/rules.h"

/* Bits of what was peeked at that the reader verified; 0: not its own. */
int fci_bid (const fmtconv_reader *reader, const fmtconv_peek *peek);

/* Does the name end in one of the suffixes (".npy .npz"), in any case? */
bool fci_has_suffix (const char *name, const char *suffixes);

/* 0, or an error that says what the file is: empty, a pointer of Git LFS, a web page. */
int fci_refuse_stand_in (fmtconv_ctx *ctx, const fmtconv_peek *peek);

/* As the functions of pipeline.h, which pass all modules of the context. */
const fmtconv_plugin *fci_pick_reader (fmtconv_ctx *ctx, const fci_module *modules, size_t n,
                                       const fmtconv_peek *peek);
const fmtconv_plugin *fci_pick_writer (fmtconv_ctx *ctx, const fci_module *modules, size_t n,
                                       const char *output);

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

/* Several that recognize it, each a component of its own: then a folder can hold them all. */
bool fci_claims_are_components (const fci_claims *claims);

#endif

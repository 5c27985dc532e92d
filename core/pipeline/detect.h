/* core/pipeline/detect.h: bids of readers and recognition by transforms, over any list of modules.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_DETECT_H
#define FCI_DETECT_H

#include "core/model/rules.h"
#include "core/pipeline/pipeline.h"
#include "core/plugin/registry.h"

/* Bits of what was peeked at that the reader verified; 0: not its own. */
int fci_bid (const fmtconv_reader *reader, const fmtconv_peek *peek);

/* Does the name end in one of the suffixes (".npy .npz"), in any case? */
bool fci_has_suffix (const char *name, const char *suffixes);

/* As the functions of pipeline.h, which pass all modules of the context. */
const fmtconv_plugin *fci_pick_reader (fmtconv_ctx *ctx, const fci_module *modules, size_t n,
                                       const fmtconv_peek *peek);
const fmtconv_plugin *fci_pick_writer (fmtconv_ctx *ctx, const fci_module *modules, size_t n,
                                       const char *output);

/* A transform whose rules claim tensors of a model; missing == 0: they recognise it. */
typedef struct fci_claim
{
  const fmtconv_plugin *plugin;
  fci_recognition found;
} fci_claim;

/* All claims, complete ones first, each in the order of the modules.  *n: how many; *complete: how many of
 * them are.  NULL: an error. */
const fci_claim *fci_claims (fmtconv_ctx *ctx, const fci_module *modules, size_t n_modules,
                             const fmtconv_model *model, size_t *n, size_t *complete);

#endif

/* core/convert/choose-private.h: what the files that choose transforms share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_CHOOSE_PRIVATE_H
#define FCI_CONVERT_CHOOSE_PRIVATE_H

#include "core/convert/convert.h"
#include "core/convert/recognize.h"
#include "core/plugin/registry.h"

/* ---- Matches (choose-claims.c) */

/* Returns whether a kind that is nearly recognized has the precedence of the recognized ones. */
bool fci_claims_are_doubtful (const fci_claims *claims);

/* Reports complete matches of which none comes first: of different tensors, or of the same. Returns the error code. */
int fci_claims_fail_several (const fci_conversion *c, const fci_claims *claims);

/* ---- Lists of commands (choose-list.c) */

/* Returns a name for the output of one part: "out-vae.safetensors" for "out.safetensors", "out-vae/" for "out/". */
const char *fci_choose_output (const fci_conversion *c, const char *kind);

/* Lists the matches from number `from` on: the kind of each, and the command that converts it. */
void fci_choose_list (const fci_conversion *c, const fci_claims *claims, size_t from);

/* ---- Links (choose-links.c) */

/* Adds the transform of a module.  Fails if it is not installed, or refused: to go on without it would make something
 * else. Returns 0 or an error code. */
int fci_choose_add (fmtconv_ctx *ctx, fci_links *links, fci_module *module, const char *component,
                    const char *params);

/* Returns all modules, of which none that the index does not know is refused.  NULL: an error was recorded. */
fci_module *fci_choose_modules (fmtconv_ctx *ctx, size_t *n);

/* ---- What the writer can store (choose-for-writer.c) */

/* Returns the name of the writer; NULL: the model has no output. */
const char *fci_choose_writer_name (const fci_conversion *c);

/* Returns whether the writer can store several components, with its parameters. */
bool fci_choose_writes_components (const fci_conversion *c);

/* Adds the only match, and notes whether it is for the writer, which wants other transforms around it. Returns 0 or an error
 * code. */
int fci_choose_add_for_writer (fci_conversion *c, const fci_claim *claim, fci_links *links);

/* Chooses the transform that makes one model of the components, if the output stores one and one transform can. Returns 0 or an
 * error code. */
int fci_choose_one_file (fci_conversion *c, const fmtconv_model *bundle, fci_links *links);

/* Chooses for a model with quantized values and scales what the writer wants, if it does not store them. Returns 0 or an error
 * code. */
int fci_choose_decoded (fci_conversion *c, const fmtconv_model *model, fci_links *links);

/* Chooses the transform that made the model for the writer that this one undoes, in reverse, those around it, and one that
 * decodes blocks.  Returns whether there is one. */
bool fci_choose_back (fci_conversion *c, const fmtconv_model *model, fci_module *modules, size_t n_modules,
                      fci_links *links);

#endif

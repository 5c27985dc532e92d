/* core/rules/rope.h: the factors by which Llama 3 stretches its rotary embedding, and back.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_ROPE_H
#define FCI_RULES_ROPE_H

#include <fmtconv/model.h>

/* Makes an array of size / 2 numbers: what a position is divided by, for each pair of a head's elements.
 *   config   of the model, for rope_theta
 *   scaling  of the kind llama3, as transformers names its entries
 * Returns NULL, or the reason why there are none. */
const char *fci_rope_factors (fmtconv_ctx *ctx, fmtconv_attr *config, fmtconv_attr *scaling, int64_t size,
                              const fmtconv_attr **out);

/* Makes the entries rope_scaling of transformers' config.json from a model that was read from a GGUF file.  base: rope_theta.  *out
 * is NULL if the embedding is not stretched.  Returns NULL, or the reason why there are none. */
const char *fci_rope_scaling (const fmtconv_model *in, double base, const fmtconv_attr **out);

#endif

/* core/convert/stage.h: what surrounds every callback of a plugin, and what a writer can represent.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_STAGE_H
#define FCI_CONVERT_STAGE_H

#include "core/convert/pipeline.h"

/* Why a transform does not run in reverse; NULL: it does, or an error. */
const char *fci_one_way (fmtconv_ctx *ctx, const fmtconv_plugin *plugin);

/* E_UNSUPPORTED where the model has features that are not in `understands`; every tied tensor is listed. */
int fci_features_check (fmtconv_ctx *ctx, const char *owner, unsigned understands,
                        const fmtconv_model *model);

/* E_UNSUPPORTED where the model does not fit the writer's limits, which its parameters may move; every offender
 * is listed. */
int fci_limits_check (fmtconv_ctx *ctx, const fmtconv_plugin *writer, const void *params,
                      const fmtconv_model *model);

/* Warns of the model's files that the writer leaves behind, by name: a transform keeps them, whether it knows of them or
 * not.  Returns 0 or a code. */
int fci_files_warn (fmtconv_ctx *ctx, const fmtconv_plugin *writer, const void *params,
                    const fmtconv_model *model);

/* Note what the writer has no place for of what was read beside the tensors, and is still there; and warn of scaled
 * tensors that lost their scales.  0 or a code. */
int fci_left_note (fmtconv_ctx *ctx, const fmtconv_plugin *writer, const fmtconv_model *read,
                   const fmtconv_model *model);

#endif

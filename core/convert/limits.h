/* core/convert/limits.h: refuses a model that the next stage cannot represent, with every offender.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_LIMITS_H
#define FCI_CONVERT_LIMITS_H

#include "core/model/model.h"
#include <fmtconv/plugin.h>

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

#endif

/* core/convert/limits.h: refuses a model that the next stage cannot represent, listing every offending tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_LIMITS_H
#define FCI_CONVERT_LIMITS_H

#include "core/model/model.h"
#include <fmtconv/plugin.h>

/* Fails with FMTCONV_E_UNSUPPORTED, listing the tensors, if the model has features that are not in
 * `understands`. Returns 0 or an error code. */
int fci_features_check (fmtconv_ctx *ctx, const char *owner, unsigned understands,
                        const fmtconv_model *model);

/* Fails with FMTCONV_E_UNSUPPORTED, listing every offending tensor, if the model exceeds the writer's
 * limits, which depend on its parameters. Returns 0 or an error code. */
int fci_limits_check (fmtconv_ctx *ctx, const fmtconv_plugin *writer, const void *params,
                      const fmtconv_model *model);

/* Warns, by name, of the model's files that the writer drops. Returns 0 or an error code. */
int fci_files_warn (fmtconv_ctx *ctx, const fmtconv_plugin *writer, const void *params,
                    const fmtconv_model *model);

#endif

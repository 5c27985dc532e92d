/* core/plugin/model-pipeline.h: what model files of pipelines need besides those of one model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_MODEL_PIPELINE_H
#define FCI_PLUGIN_MODEL_PIPELINE_H

#include "core/rules/file.h"
#include <fmtconv/plugin.h>
#include <stdbool.h>

/* Finds the rules of the components, which are those of other model files.  Returns false if those of one are missing:
 * *error is the reason, or an error was recorded. */
bool fci_pipeline_link (fmtconv_ctx *ctx, const fci_rules_file *read, const char **error);

/* Adds a parameter for each component of files, at most FCI_MAX_FOLDERS; the first is at `offset` of the parameters.
 * Returns 0 or the code of an error. */
int fci_pipeline_params (fmtconv_ctx *ctx, const fmtconv_rules *rules, size_t offset, fmtconv_param *out);

/* Attaches the files of the folders that the user named to their components, and notes which components have none.
 * Returns 0 or the code of an error. */
int fci_pipeline_attach (fmtconv_ctx *ctx, const fmtconv_rules *rules, fmtconv_input *const *folders,
                         fmtconv_model *out);

/* Sets entries of the configurations of components: "scheduler.prediction_type".  Returns 0 or the code of an error. */
int fci_pipeline_set (fmtconv_ctx *ctx, const fmtconv_pairs *set, fmtconv_model *out);

#endif

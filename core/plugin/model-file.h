/* core/plugin/model-file.h: model files: transforms that are data.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_MODEL_FILE_H
#define FCI_PLUGIN_MODEL_FILE_H

#include "core/plugin/search.h"
#include <fmtconv/plugin.h>

/* Finds the model files: in FMTCONV_MODEL_PATH, in the user's folder, and the installed ones.  None is read.  Returns 0 or
 * the code of an error. */
int fci_model_files_find (fmtconv_ctx *ctx, fci_files *out);

/* Returns the descriptor of the transform that a model file is.  NULL: it is refused, and *error is the reason, with line
 * and column. */
const fmtconv_plugin *fci_model_file_open (fmtconv_ctx *ctx, const fci_file *file, const char **error);

#endif

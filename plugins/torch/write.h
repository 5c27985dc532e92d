/* plugins/torch/write.h: the writer of files that torch.load opens.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_WRITE_H
#define TORCH_WRITE_H

#include "plugins/common/torch-file.h"

struct torch_write_params
{
  const char *root;
};

extern const fmtconv_param torch_write_params_table[];

int torch_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

#endif

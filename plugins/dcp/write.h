/* plugins/dcp/write.h: the writer of folders that torch.distributed.checkpoint loads.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DCP_WRITE_H
#define DCP_WRITE_H

#include "plugins/common/torch-file.h"

struct dcp_write_params
{
  const char *root;
  uint64_t max_shard_size; /* bytes of tensors in a file */
};

extern const fmtconv_param dcp_write_params[];

/* Where the record of a tensor lies. */
struct dcp_record_place
{
  const fmtconv_tensor *tensor;
  const char *file;
  uint64_t at;   /* first byte … */
  uint64_t size; /* … and how many */
};

/* Writes the pickle `.metadata` of n records to `to`, unless that is NULL.  root: keys around the tensors, joined by dots;
 * NULL: none.  Returns its size in bytes. */
size_t dcp_put_metadata (const struct dcp_record_place *places, size_t n, const char *root, uint8_t *to);

int dcp_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out);

#endif

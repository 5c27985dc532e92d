/* plugins/torch/archive.h: the zip archive of a torch.save file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_ARCHIVE_H
#define TORCH_ARCHIVE_H

#include "plugins/torch/tensor.h"

struct torch_archive
{
  fmtconv_ctx *ctx;
  fmtconv_zip *zip;
  const char *root; /* "NAME/" */
};

/* Open the archive that `file` is, and check that it is one we read.  ignore_crc: checksums that do not
 * match are no error.  0 or an error. */
int torch_archive_open (fmtconv_ctx *ctx, fmtconv_source *file, bool ignore_crc, torch_archive *archive);

/* Its pickle. */
fmtconv_source *torch_archive_pickle (const torch_archive *archive);

/* Does a file that begins so come from torch.save before 1.6? */
bool torch_is_legacy (const uint8_t *head, size_t n);

#endif

/* plugins/torch/archive.h: the file around a pickle: a zip archive, torch.save's old format, or nothing.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_ARCHIVE_H
#define TORCH_ARCHIVE_H

#include "plugins/torch/legacy.h"

/* A file of torch.save: a zip archive, or as it was before torch 1.6; or a pickle that holds all itself. */
struct torch_archive
{
  fmtconv_ctx *ctx;
  fmtconv_source *file;
  fmtconv_zip *zip;     /* NULL: no archive */
  const char *root;     /* of the archive: "NAME/" */
  torch_legacy *legacy; /* NULL: not of that kind */
  bool big_endian;      /* the storages beside the pickle */
};

/* The pickle of the object that was saved. */
typedef struct torch_pickle
{
  fmtconv_source *source;
  const uint8_t *bytes;
  pk_value top;
} torch_pickle;

/* Open what `file` is, and check that it is something we read.  ignore_crc: checksums that do not
 * match are no error.  0 or an error. */
int torch_archive_open (fmtconv_ctx *ctx, fmtconv_source *file, bool ignore_crc, torch_archive *archive);

/* What was saved.  0 or an error. */
int torch_archive_load (torch_archive *archive, torch_pickle *pickle);

#endif

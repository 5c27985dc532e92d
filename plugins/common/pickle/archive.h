/* plugins/common/pickle/archive.h: the container of a pickle: a zip archive, the legacy format, or a bare pickle.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_ARCHIVE_H
#define TORCH_ARCHIVE_H

#include "plugins/common/pickle/legacy.h"

/* A torch.save file: a zip archive, the legacy format (before torch 1.6), or a bare pickle. */
struct torch_archive
{
  fmtconv_ctx *ctx;
  fmtconv_source *file;
  fmtconv_zip *zip;     /* NULL: not a zip archive */
  const char *root;     /* folder of all members: "NAME/" */
  torch_legacy *legacy; /* NULL: not the legacy format */
  bool big_endian;      /* byte order of the storages outside the pickle */
};

/* The pickle of the saved object. */
typedef struct torch_pickle
{
  fmtconv_source *source;
  const uint8_t *bytes;
  pk_value top;
} torch_pickle;

/* Opens `file` as one of the supported containers.  ignore_crc: checksum mismatches are not an error.
 * Returns 0 or an error code. */
int torch_archive_open (fmtconv_ctx *ctx, fmtconv_source *file, bool ignore_crc, torch_archive *archive);

/* Loads the saved object into `pickle`.  Returns 0 or an error code. */
int torch_archive_load (torch_archive *archive, torch_pickle *pickle);

#endif

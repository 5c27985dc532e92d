/* core/pickle/archive.h: the container of a pickle: a zip archive, the legacy format, or a bare pickle.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_ARCHIVE_H
#define FCI_PICKLE_ARCHIVE_H

#include "core/pickle/legacy.h"

/* A torch.save file: a zip archive, the legacy format (before torch 1.6), or a bare pickle. */
struct fci_torch_archive
{
  fmtconv_ctx *ctx;
  fmtconv_source *file;
  fmtconv_zip *zip;         /* NULL: not a zip archive */
  const char *root;         /* folder of all members: "NAME/" */
  fci_torch_legacy *legacy; /* NULL: not the legacy format */
  bool big_endian;          /* byte order of the storages outside the pickle */
};

/* Opens `file` as one of the supported containers.  flags: enum fmtconv_zip_flag.
 * Returns 0 or an error code. */
int fci_torch_archive_open (fmtconv_ctx *ctx, fmtconv_source *file, unsigned flags,
                            fci_torch_archive *archive);

/* Loads the saved object into `loaded`.  Returns 0 or an error code. */
int fci_torch_archive_load (fci_torch_archive *archive, fci_pickle_loaded *loaded);

#endif

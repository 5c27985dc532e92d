/* core/source/tar.h: the members of a tar archive, by their places in the file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_TAR_H
#define FCI_SOURCE_TAR_H

#include "core/source/source.h"

/* A regular file in an archive. */
typedef struct fci_tar_member
{
  const char *path; /* without "./" in front: "model_weights/0.distcp" */
  uint64_t start;   /* of its bytes in the archive */
  uint64_t size;
} fci_tar_member;

typedef struct fci_tar
{
  fmtconv_source *source;
  fci_tar_member *member; /* in the order of the archive */
  size_t n;
  struct fci_map *files;   /* path to the number of the member */
  struct fci_map *folders; /* paths of all folders above them, which end with '/' */
} fci_tar;

/* Reads all headers of an archive: ustar, with the extensions of POSIX (pax) and GNU for long names and sizes.  Paths are
 * UTF-8, and lead nowhere else.  Refused are links, devices and sparse files, a path twice, what has no end, and other bytes after
 * the end.  NULL: an error. */
const fci_tar *fci_tar_read (fmtconv_source *source);

#endif

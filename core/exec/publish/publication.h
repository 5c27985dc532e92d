/* core/exec/publish/publication.h: an output on its way to its name: the types that its steps share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_PUBLICATION_H
#define FCI_EXEC_PUBLISH_PUBLICATION_H

#include "core/exec/worker/io.h"
#include "core/layout/layout.h"

typedef struct fci_target fci_target;

/* A folder that files are written into. */
typedef struct fci_out_dir
{
  const char *name;    /* as in names of files, without a slash at the end; "": the uppermost */
  const char *base;    /* its last component */
  const char *display; /* its path, for messages */
  int above;           /* number of the place it lies in; -1: the uppermost */
  int fd;
  bool made; /* by us */
} fci_out_dir;

typedef struct fci_publication
{
  fmtconv_ctx *ctx;
  const struct fci_io *io;
  const fmtconv_layout *layout;
  const char *output;
  const char *folder_path; /* of `folder`, without a trailing slash, but "/" */
  int folder;              /* where files or a whole folder get their names; -1: closed */
  const char
      *temporary_folder;   /* temporary name of a new folder, published as a whole; NULL: files one by one */
  const char *top_path;    /* of places[0]: folder_path, or that of the temporary folder */
  const char *top_display; /* the same, as it will be called */
  bool published;
  fci_out_dir *places; /* n_places; the first is the uppermost */
  size_t n_places;
  fci_target *targets; /* n_files */
  int *fds;
  const char **display; /* paths of the files, for messages */
  const char **paths;   /* of the temporaries */
} fci_publication;

#endif

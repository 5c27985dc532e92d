/* core/exec/publish/target.h: one file on its way from a temporary name to its own.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_TARGET_H
#define FCI_EXEC_PUBLISH_TARGET_H

#include "core/exec/publish/publication.h"

typedef enum fci_target_state
{
  FCI_TARGET_WRITTEN,  /* under its temporary name */
  FCI_TARGET_NEW,      /* has its name, which nothing had before */
  FCI_TARGET_SWAPPED,  /* has its name, and the old file has the temporary one */
  FCI_TARGET_REPLACED, /* has its name, and the old file is gone */
} fci_target_state;

struct fci_target
{
  const fmtconv_file *file;
  const fci_out_dir *place;
  const char *display;   /* its path, for messages */
  const char *temporary; /* name in the place; in a new folder that of the file */
  int fd;                /* -1: closed */
  bool exists;           /* there is a file to be replaced … */
  mode_t mode;           /* … with these permissions */
  fci_target_state state;
};

#endif

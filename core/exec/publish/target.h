/* core/exec/publish/target.h: the state of one output file during publication.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_TARGET_H
#define FCI_EXEC_PUBLISH_TARGET_H

#include "core/exec/publish/publication.h"

typedef enum fci_target_state
{
  FCI_TARGET_WRITTEN,  /* under its temporary name */
  FCI_TARGET_NEW,      /* has its name; no file had it before */
  FCI_TARGET_SWAPPED,  /* has its name, and the old file has the temporary one */
  FCI_TARGET_REPLACED, /* has its name, and the old file is gone */
} fci_target_state;

struct fci_target
{
  const fmtconv_file *file;
  const fci_out_dir *dir;
  const char *display;   /* its path, for messages */
  const char *temporary; /* temporary name in `dir`; in a new folder: the final name */
  int fd;                /* -1: closed */
  bool exists;           /* an old file will be replaced … */
  mode_t mode;           /* … with these permissions */
  fci_target_state state;
};

#endif

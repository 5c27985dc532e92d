/* core/exec/publish/target.h: the state of one output file during publication.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_TARGET_H
#define FCI_EXEC_PUBLISH_TARGET_H

#include "core/exec/publish/publication.h"

struct fci_target
{
  const fmtconv_file *file;
  const fci_out_dir *dir;
  const char *display;   /* its path, for messages */
  const char *temporary; /* temporary name in `dir`; in a new folder: the final name */
  int fd;                /* -1: closed */
  bool is_left;          /* of an earlier run, which is continued */
  bool exists;           /* an old file will be replaced */
  mode_t mode;           /* of the new file: that of the old one, else what the umask leaves */
  fci_move_state state;
};

#endif

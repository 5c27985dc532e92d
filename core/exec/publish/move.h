/* core/exec/publish/move.h: one change of a name during publication: done, and undone.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_MOVE_H
#define FCI_EXEC_PUBLISH_MOVE_H

#include "core/exec/publish/publication.h"

/* A temporary file or folder gets its final name, in the same folder. */
typedef struct fci_move
{
  int folder;
  const char *path; /* of the folder */
  const char *from;
  const char *to;
  const char *display; /* final path, for messages */
  bool is_folder;
  bool replaces; /* something has the final name, and gets the temporary one */
  fci_move_state *state;
} fci_move;

/* Gives the final name.  Returns 0, or -1 with errno; EEXIST: something has the name and is not to be replaced. */
int fci_move_do (const struct fci_io *io, const fci_move *move);

/* Gives the temporary name back.  Returns false if that fails or is not possible. */
bool fci_move_undo (const struct fci_io *io, const fci_move *move);

#endif

/* core/exec/publish/move.c: one change of a name during publication: done, and undone.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/exec/publish/move.h"
#include <errno.h>

/* Exchanges the names, so that the step can be undone; without that in the file system, the old file is lost. */
static int
replace (const struct fci_io *io, const fci_move *m)
{
  if (io->rename (m->folder, m->from, m->to, FCI_RENAME_EXCHANGE) == 0)
    *m->state = FCI_MOVE_SWAPPED;
  else if (errno == ENOENT && io->rename (m->folder, m->from, m->to, FCI_RENAME_NOREPLACE) == 0)
    *m->state = FCI_MOVE_NEW;
  else if (errno == EINVAL && io->rename (m->folder, m->from, m->to, 0) == 0)
    *m->state = FCI_MOVE_REPLACED;
  else
    return -1;
  return 0;
}

int
fci_move_do (const struct fci_io *io, const fci_move *m)
{
  if (m->replaces)
    return replace (io, m);
  if (io->rename (m->folder, m->from, m->to, FCI_RENAME_NOREPLACE) != 0)
    return -1;
  *m->state = FCI_MOVE_NEW;
  return 0;
}

bool
fci_move_undo (const struct fci_io *io, const fci_move *m)
{
  if ((*m->state == FCI_MOVE_SWAPPED && io->rename (m->folder, m->from, m->to, FCI_RENAME_EXCHANGE) == 0)
      || (*m->state == FCI_MOVE_NEW && io->rename (m->folder, m->to, m->from, 0) == 0))
    *m->state = FCI_MOVE_PENDING;
  return *m->state == FCI_MOVE_PENDING;
}

/* core/exec/publish/lock.h: how a temporary file or folder is named, locked and given its mode.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_LOCK_H
#define FCI_EXEC_PUBLISH_LOCK_H

#include <fmtconv/types.h>
#include <stdbool.h>
#include <sys/types.h>

/* ".NAME.fmtconv-0123abcd.tmp"; the same plan gives the same name, so that what a killed run left is found. */
const char *fci_temporary_name (fmtconv_ctx *ctx, const char *name, uint64_t digest);

/* Lock an open file or folder; where the file system has no locks, only what we made is ours. */
bool fci_lock (int fd, bool made);

enum
{
  FCI_TRIES = 8 /* to create or take over a temporary that others remove meanwhile */
};

/* fchmod, where the file system has permissions. */
int fci_set_mode (int fd, mode_t mode);

#endif

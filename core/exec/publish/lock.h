/* core/exec/publish/lock.h: names, locks and modes of temporary files and folders.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_LOCK_H
#define FCI_EXEC_PUBLISH_LOCK_H

#include <fmtconv/types.h>
#include <stdbool.h>
#include <sys/types.h>

/* Returns ".NAME.fmtconv-0123abcd.tmp".  The same plan gives the same name, so that the temporaries of a
 * killed run are found. */
const char *fci_temporary_name (fmtconv_ctx *ctx, const char *name, uint64_t digest);

/* Returns the name in the name of a temporary, which fci_temporary_is_for compares, or NULL if `entry` is not one. */
const char *fci_temporary_target (fmtconv_ctx *ctx, const char *entry);

/* Returns whether a text that fci_temporary_target returned stands for the file `name`: it may be a long one, cut. */
bool fci_temporary_is_for (const char *target, const char *name);

/* Returns the name of the work map of a conversion to a file or folder `output`: a temporary's name.  shares: 0: of the
 * whole conversion, else of share number `share`; share 0: the file
 * that tells one set of temporaries from another. */
const char *fci_work_map_name (fmtconv_ctx *ctx, const char *output, uint64_t digest, unsigned share,
                               unsigned shares);

/* Returns whether a text that fci_temporary_target returned stands for a work map of `output`, and sets its share. */
bool fci_work_map_is_for (const char *target, const char *output, unsigned *share, unsigned *shares);

/* Returns whether it is one. */
bool fci_is_temporary (const char *entry);

/* Locks an open file or folder, also if another process looks at it for a moment.  Returns true if this process holds the lock; on a file system without locks, if it
 * made the file (`made`). */
bool fci_lock (int fd, bool made);

/* Returns whether the open file or folder still has that name, belongs to this user, and, of a file, has no other name. */
bool fci_is_own (int folder, const char *name, int fd);

/* Creates and locks a file; one that a killed run left is replaced.  *mode: the mode that the umask leaves it.  Returns a
 * descriptor, or -1 with errno; EWOULDBLOCK: another process uses it. */
int fci_open_locked (int folder, const char *name, mode_t *mode);

/* Opens a file for one process of several that write it, or creates it, and locks it for all of them.  *made: this process
 * created it.  Returns a descriptor, or -1 with errno; EWOULDBLOCK: another process has it alone. */
int fci_open_shared (int folder, const char *name, bool *made);

/* Opens and locks a file of `size` bytes (UINT64_MAX: any) that a killed run left.  Returns a descriptor, or -1 with errno;
 * ENOENT: there is none, or one of another size or user; EWOULDBLOCK: another process uses it; EEXIST: the file system has
 * no locks, which would tell. */
int fci_open_left (int folder, const char *name, uint64_t size);

enum
{
  FCI_TRIES = 8,      /* attempts to create or take over a temporary while others remove it */
  FCI_LOCK_LOOKS = 20 /* … and looks for what another process does in a moment, with a pause after each */
};

/* Waits for 5 ms. */
void fci_lock_pause (void);

/* Sets the mode as fchmod does, and succeeds on a file system without permissions. */
int fci_set_mode (int fd, mode_t mode);

#endif

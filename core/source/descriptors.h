/* core/source/descriptors.h: the descriptors of open files, of which the process has a limited number.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file that a reader found in a folder can be opened again by its name there.  If the process has nearly as many
 * descriptors as it may (RLIMIT_NOFILE), the one that was not read for the longest time is closed for the next.  A file that
 * is opened again must be the same, by device, inode, size and time of change.  Other files keep their descriptors until the
 * context is freed.  Neither these files nor outputs take the last descriptors, which the rest of the program uses. */
#ifndef FCI_SOURCE_DESCRIPTORS_H
#define FCI_SOURCE_DESCRIPTORS_H

#include "core/source/disk.h"

/* Lets the file be closed and opened again by `name`, one plain component, in `folder`, or, if `folder` is NULL, by the
 * path `name`; both are referenced.  At most once for a file; before it is read by other threads. */
void fci_disk_reopens (fci_disk_file *disk, const fmtconv_input *folder, const char *name);

/* Replaces the descriptor of an output by a lower one of the same open file, for which files that were not read for the
 * longest time are closed, if it is one of the last.  Returns whether it is none of the last now; else errno is EMFILE. */
bool fci_sources_settle (struct fci_sources *all, int *fd);

/* Closes some files that were not read for the longest time, if errno says that the process has too many open files.
 * Returns whether the call that failed may be tried again; errno is unchanged.  NULL: false. */
bool fci_sources_relieve (struct fci_sources *all);

/* Sets *fd to the descriptor of the file, which stays open until fci_disk_release, after which another file may have its
 * number.  Opens the file if it was closed.  Returns 0, an errno, or FCI_READ_CHANGED; then nothing is to be released.
 * Thread: any. */
int fci_disk_acquire (fci_disk_file *disk, int *fd);

/* Ends the use of a descriptor; errno is unchanged.  Thread: any. */
void fci_disk_release (fci_disk_file *disk);

/* Lets the bytes of all open files leave the memory of the system.  NULL: nothing.  Thread: any. */
void fci_sources_drop_cache (struct fci_sources *all, void (*drop) (int fd));

/* Returns whether both are the same file with the same size and time of change.  A file that lost its last name since `a`
 * was replaced or removed: other files of its set, opened later, may be of another set. */
bool fci_disk_unchanged (const struct stat *a, const struct stat *b);

#endif

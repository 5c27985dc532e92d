/* core/exec/publish/output-dirs.h: the folders that output files are written into.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_OUTPUT_DIRS_H
#define FCI_EXEC_PUBLISH_OUTPUT_DIRS_H

#include "core/exec/publish/publication.h"

/* Open the output's folders, and make those that are not there: all of it is undone by
 * fci_publication_drop. */
int fci_out_dirs_open (fci_publication *publication, uint64_t digest);

/* The place of a file, which was opened. */
const fci_out_dir *fci_out_dir_of (const fci_publication *publication, const fmtconv_file *file);

/* Give a new folder its mode, and what is in it to the disk. */
int fci_out_dirs_finish (fci_publication *publication, mode_t mask);

/* The names of files in these folders, or in one of them, to the disk. */
int fci_out_dirs_sync (const fci_publication *publication);
int fci_out_dir_sync (const fci_publication *publication, int fd, const char *display);

/* Remove what was made and not published; close all. */
void fci_out_dirs_drop (fci_publication *publication);

#endif

/* core/exec/publish/output-dirs.h: opens, creates and syncs the folders of output files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_OUTPUT_DIRS_H
#define FCI_EXEC_PUBLISH_OUTPUT_DIRS_H

#include "core/exec/publish/publication.h"

/* Opens the output's folders and creates missing folders; fci_publication_drop undoes it.  Returns 0 or a
 * code. */
int fci_out_dirs_open (fci_publication *publication, uint64_t digest);

/* Returns the open folder of a file. */
const fci_out_dir *fci_out_dir_of (const fci_publication *publication, const fmtconv_file *file);

/* Returns the open folder with a name like "" or "vae/"; NULL: not open. */
const fci_out_dir *fci_out_dir_named (const fci_publication *publication, const char *name);

/* Sets the mode of new folders and syncs their entries to disk.  Returns 0 or a code. */
int fci_out_dirs_finish (fci_publication *publication);

/* Syncs the names of folders that were created in an existing folder to disk.  Returns 0 or a code. */
int fci_out_dirs_sync_made (const fci_publication *publication);

/* Removes folders that were created and not published, and closes all. */
void fci_out_dirs_drop (fci_publication *publication);

#endif

/* core/exec/publish/leftover.h: temporaries that killed runs left next to an output.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_LEFTOVER_H
#define FCI_EXEC_PUBLISH_LEFTOVER_H

#include "core/layout/layout.h"

#define FCI_PROBE ".fmtconv.probe" /* a file that exists while the file system is tried */

/* Removes a temporary or replaced folder: the output's files, and other files that `twin`, an open folder, has too (-1:
 * none).  All else stays, with the folders that hold it.  Works after an error. */
void fci_leftover_empty (const fmtconv_layout *layout, int folder, const char *name, int twin);

/* Removes the temporary files and folders of earlier runs to this output from an open folder, and notes them.  A run that
 * holds its lock keeps its temporaries; in a folder, files that are not of this output stay.
 *   within  the folder, as in names of the layout: "" or "vae/"; NULL: the folder that holds the output, a folder
 * Returns 0 or a code, also if --verify could not list the folder later. */
int fci_leftovers_remove (fmtconv_ctx *ctx, const fmtconv_layout *layout, int folder, const char *path,
                          const char *within);

/* Calls `found` with the names of the temporaries and journals of interrupted runs in a folder, and in those below it down to
 * `depth`: "vae/.config.json.fmtconv-0123abcd.tmp".  A folder that does not
 * exist has none; one that cannot be listed is an error, which is recorded.  Returns how many. */
size_t fci_leftovers_find (fmtconv_ctx *ctx, const char *path, unsigned depth,
                           void (*found) (void *arg, const char *name), void *arg);

/* Notes the temporaries and the journal of interrupted runs in a folder.  Returns 0 or a code. */
int fci_leftovers_note (fmtconv_ctx *ctx, const char *path);

#endif

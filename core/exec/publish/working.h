/* core/exec/publish/working.h: whether processes work in a folder.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_WORKING_H
#define FCI_EXEC_PUBLISH_WORKING_H

#include <fmtconv/types.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Lists the working folders of all processes, once for the context: a process in a sandbox cannot see those of others
 * later.  Returns 0 or a code. */
int fci_working_list (fmtconv_ctx *ctx);

/* Returns whether a folder is in the list, which is made now if it was not before.  Errors are recorded. */
bool fci_working_has (fmtconv_ctx *ctx, const struct stat *folder);

#endif

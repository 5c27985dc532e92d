/* core/exec/publish/recover.h: finishes or undoes a publication whose process was killed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_RECOVER_H
#define FCI_EXEC_PUBLISH_RECOVER_H

#include <fmtconv/types.h>

/* Finishes or undoes the publication whose journal is in an open folder, in all its folders, and notes it.  Waits up to a
 * minute for one that another process still performs.  A dry run changes nothing.  Returns 0 (also without a journal)
 * or a code. */
int fci_recover (fmtconv_ctx *ctx, int folder, const char *path);

#endif

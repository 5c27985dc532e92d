/* core/exec/publish/check.h: checks an output before any work is done.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_CHECK_H
#define FCI_EXEC_PUBLISH_CHECK_H

#include "core/layout/layout.h"

/* Returns 0, or a code if OUTPUT exists (without FORCE; a folder: if it is not empty), is an input or a
 * folder, if its folder is missing or not writable, if older files that it replaces exist (without FORCE) or
 * are inputs, or if the file system is too full.  Serves dry runs and layouts that are not frozen, too. */
int fci_publish_check (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output);

/* Removes what interrupted runs left, where fci_publish_check did not because this run continues one of them (RESUME).
 * Returns 0 or a code. */
int fci_publish_clean (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output);

/* Finishes what an interrupted run left of a file, as fci_publish_check does first, and checks nothing.  Returns 0 or a
 * code. */
int fci_publish_repair (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output);

/* Returns 0, or a code if the file system of the open folder `fd` has less than `size` bytes free. */
int fci_space_check (fmtconv_ctx *ctx, uint64_t size, const char *folder, int fd);

#endif

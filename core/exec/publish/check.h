/* core/exec/publish/check.h: what can be refused about an output before any work.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_CHECK_H
#define FCI_EXEC_PUBLISH_CHECK_H

#include "core/layout/layout.h"

/* Refuse before any work what can be known: OUTPUT exists (without FORCE; a folder: with something in it), is
 * an input, is a folder, its folder is missing or not writable, older files that it replaces are there
 * (without FORCE) or are inputs, free space.  Also the check of a dry run, and of a layout that is not
 * complete. */
int fci_publish_check (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output);

/* Has the file system of an open folder room for so many bytes? */
int fci_space_check (fmtconv_ctx *ctx, uint64_t size, const char *folder, int fd);

#endif

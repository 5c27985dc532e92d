/* core/source/within.h: tests whether a folder is inside another.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_WITHIN_H
#define FCI_SOURCE_WITHIN_H

#include <fmtconv/types.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Returns whether `folder` is the folder of `wanted` or is inside it at any depth; false also if it does not exist, or
 * after an error, E_IO, which is recorded then. */
bool fci_output_is_within (fmtconv_ctx *ctx, const char *folder, const struct stat *wanted);

/* Returns 1 if an open folder is inside that folder, else 0; -1: it cannot be found out, and errno is set. */
int fci_folder_is_within (int folder, const struct stat *wanted);

/* Returns 1 if `blobs` is the folder of files of the Hugging Face cache that `snapshot` is in (REPO/blobs, for a
 * folder inside REPO/snapshots), else 0; -1: it cannot be found out, and errno is set. */
int fci_folder_is_cache_of (int blobs, int snapshot);

#endif

/* core/source/within.h: tests whether a folder is inside another.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_WITHIN_H
#define FCI_SOURCE_WITHIN_H

#include <stdbool.h>
#include <sys/stat.h>

/* Returns whether `folder` is the folder of `wanted` or is inside it at any depth; false also if it cannot
 * be opened. */
bool fci_path_is_within (const char *folder, const struct stat *wanted);

/* Returns the same for an open folder. */
bool fci_folder_is_within (int folder, const struct stat *wanted);

/* Returns whether `blobs` is the folder of files of the Hugging Face cache that `snapshot` is in: REPO/blobs, for a
 * folder inside REPO/snapshots. */
bool fci_folder_is_cache_of (int blobs, int snapshot);

#endif

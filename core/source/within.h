/* core/source/within.h: tests whether a folder is inside another.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_WITHIN_H
#define FCI_SOURCE_WITHIN_H

#include <stdbool.h>
#include <sys/stat.h>

/* Returns whether `folder` is the folder of `wanted` or is inside it at any depth; false also if it cannot
 * be opened. */
bool fci_path_is_within (const char *folder, const struct stat *wanted);

#endif

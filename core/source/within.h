/* core/source/within.h: does a folder lie within another?
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_WITHIN_H
#define FCI_SOURCE_WITHIN_H

#include <stdbool.h>
#include <sys/stat.h>

/* Is the folder the one of `wanted`, or does it lie in it, however deep?  false, too, where it cannot be opened. */
bool fci_path_is_within (const char *folder, const struct stat *wanted);

#endif

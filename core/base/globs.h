/* core/base/globs.h: several globs in one text, with spaces between them, as tables and index files have them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_GLOBS_H
#define FCI_BASE_GLOBS_H

#include <stdbool.h>

enum
{
  FCI_GLOB_SIZE = 96 /* bytes of the longest glob, with its NUL */
};

/* Returns whether there is a glob, and none is longer than FCI_GLOB_SIZE - 1 bytes. */
bool fci_globs_fit (const char *globs);

/* Copies the next glob and moves *globs to after it.  Returns false at the end, and before a glob that is too long. */
bool fci_globs_next (const char **globs, char glob[FCI_GLOB_SIZE]);

/* Returns whether one of the globs matches the name.  globs: NULL: there are none. */
bool fci_globs_match (const char *globs, const char *name);

#endif

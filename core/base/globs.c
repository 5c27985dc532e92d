/* core/base/globs.c: several globs in one text, with spaces between them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/globs.h"
#include <fmtconv/model.h>
#include <string.h>

bool
fci_globs_next (const char **globs, char glob[FCI_GLOB_SIZE])
{
  const char *start = *globs + strspn (*globs, " ");
  const size_t n = strcspn (start, " ");
  if (n == 0 || n >= FCI_GLOB_SIZE)
    return false;
  memcpy (glob, start, n);
  glob[n] = '\0';
  *globs = start + n;
  return true;
}

bool
fci_globs_fit (const char *globs)
{
  char glob[FCI_GLOB_SIZE];
  size_t n = 0;
  while (fci_globs_next (&globs, glob))
    n++;
  return n > 0 && globs[strspn (globs, " ")] == '\0';
}

bool
fci_globs_match (const char *globs, const char *name)
{
  char glob[FCI_GLOB_SIZE];
  bool found = false;
  while (globs && !found && fci_globs_next (&globs, glob))
    found = fmtconv_glob_match (glob, name);
  return found;
}

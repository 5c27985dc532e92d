/* core/base/embedded.c: files that the build put into the program.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/embedded.h"
#include <string.h>

const fci_embedded *
fci_embedded_next (const fci_embedded *previous, const char *folder, const char *suffix, const char **base)
{
  const fci_embedded *file = previous ? previous + 1 : fci_embedded_files;
  size_t n = strlen (folder), tail = strlen (suffix);
  for (; file->name; file++)
    {
      size_t len = strlen (file->name);
      if (len > n + 1 + tail && !strncmp (file->name, folder, n) && file->name[n] == '/'
          && !strcmp (file->name + len - tail, suffix))
        {
          *base = file->name + n + 1;
          return file;
        }
    }
  return NULL;
}

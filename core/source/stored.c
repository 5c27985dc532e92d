/* core/source/stored.c: files that are stored under temporary names, and read under their final ones.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/stored.h"
#include <string.h>

const char *
fci_stored_entry (const fci_stored_files *files, const char *within, size_t i)
{
  const size_t n = strlen (within);
  const char *name = files->file[i].name;
  return strncmp (name, within, n) || strchr (name + n, '/') ? NULL : name + n;
}

const char *
fci_stored_path (const fci_stored_files *files, const char *within, const char *name)
{
  for (size_t i = 0; files && i < files->n; i++)
    {
      const char *entry = fci_stored_entry (files, within, i);
      if (entry && strcmp (entry, name) == 0)
        return files->file[i].path;
    }
  return NULL;
}

bool
fci_stored_hides (const fci_stored_files *files, const char *within, const char *base)
{
  for (size_t i = 0; files && i < files->n; i++)
    {
      const char *entry = fci_stored_entry (files, within, i), *slash = strrchr (files->file[i].path, '/');
      if (entry && (strcmp (entry, base) == 0 || strcmp (slash ? slash + 1 : files->file[i].path, base) == 0))
        return true;
    }
  return false;
}

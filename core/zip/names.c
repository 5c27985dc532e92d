/* core/zip/names.c: checks names in a zip archive, and finds members by name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/sort.h"
#include "core/base/text.h"
#include "core/base/utf8.h"
#include "core/zip/names.h"
#include "core/zip/zip.h"
#include <stdlib.h>
#include <string.h>

/* Returns whether valid UTF-8 has a character that a terminal does not show as itself. */
static bool
has_hidden (const char *name, size_t len)
{
  uint32_t c;
  for (size_t i = fci_printable (name, len); i < len;)
    {
      i += fci_utf8_next (name + i, len - i, &c);
      if (fci_is_hidden (c))
        return true;
    }
  return false;
}

/* Returns whether a component of a path is plain. */
static bool
is_plain (const char *part, size_t n)
{
  return n > 0 && !(n == 1 && part[0] == '.') && !(n == 2 && part[0] == '.' && part[1] == '.');
}

/* Returns whether every component is plain; a trailing slash marks a folder. */
static bool
is_relative_inside (const char *name)
{
  for (const char *part = name; *part;)
    {
      const size_t n = strcspn (part, "/");
      if (!is_plain (part, n))
        return false;
      part += n + (part[n] == '/');
    }
  return true;
}

const char *
fci_zip_name_fault (const char *name, size_t len)
{
  if (memchr (name, 0, len))
    return "contains a NUL byte";
  if (!fci_is_utf8 (name, len))
    return "is not UTF-8";
  if (has_hidden (name, len))
    return "contains control characters";
  if (memchr (name, '\\', len))
    return "contains a backslash";
  if (name[0] == '/')
    return "is absolute";
  return is_relative_inside (name) ? NULL : "has an empty, '.' or '..' component";
}

int
fci_zip_check_name (fmtconv_zip *zip, uint64_t at, const char *name, size_t len)
{
  if (len == 0)
    return fci_zip_bad (zip, at, "a member has an empty name");
  const char *fault = fci_zip_name_fault (name, len);
  return fault ? fci_zip_bad (zip, at, "the name of member '%s' %s", name, fault) : 0;
}

static int
by_name (const void *a, const void *b, void *arg)
{
  const fci_zip_entry *entries = arg;
  return strcmp (entries[*(const uint32_t *) a].name, entries[*(const uint32_t *) b].name);
}

static int
check_root (fmtconv_zip *zip)
{
  const char *first = zip->entries[0].name;
  const size_t n = strcspn (first, "/");
  for (uint32_t i = 0; i < zip->n; i++)
    {
      const char *name = zip->entries[i].name;
      if (!first[n] || strncmp (name, first, n + 1) != 0)
        return fci_zip_bad (zip, zip->dir_start, "members '%s' and '%s' are not in the same root folder",
                            first, name);
    }
  return 0;
}

int
fci_zip_index_names (fmtconv_zip *zip)
{
  int code = zip->flags & FMTCONV_ZIP_ONE_FOLDER ? check_root (zip) : 0;
  if (code != 0)
    return code;
  zip->by_name = fmtconv_scratch_alloc (zip->ctx, zip->n, sizeof *zip->by_name);
  if (!zip->by_name)
    return FMTCONV_E_NOMEM;
  for (uint32_t i = 0; i < zip->n; i++)
    zip->by_name[i] = i;
  fci_sort (zip->by_name, zip->n, sizeof *zip->by_name, by_name, zip->entries);
  for (uint32_t i = 1; i < zip->n; i++)
    if (by_name (&zip->by_name[i - 1], &zip->by_name[i], zip->entries) == 0)
      return fci_zip_bad (zip, zip->dir_start, "two members have the name '%s'",
                          zip->entries[zip->by_name[i]].name);
  return 0;
}

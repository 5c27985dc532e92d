/* core/source/stored.c: files that are stored under temporary names, and read under their final ones.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/source/stored.h"
#include <string.h>

const char *
fci_stored_entry (const fci_stored_files *files, const char *within, size_t i)
{
  const size_t n = strlen (within);
  const char *name = files->file[i].name;
  return strncmp (name, within, n) || strchr (name + n, '/') ? NULL : name + n;
}

/* Binds a name to a number, unless it is bound. */
static bool
bind (fmtconv_ctx *ctx, fci_map *map, const char *name, size_t number)
{
  return name && (fci_map_add (map, name, strlen (name), number, NULL) || !fmtconv_ctx_failed (ctx));
}

int
fci_stored_set (fmtconv_ctx *ctx, fci_stored_files *files, const fci_stored_file *file, size_t n)
{
  *files =
      (fci_stored_files){ .file = file, .n = n, .names = fci_map_new (ctx), .hidden = fci_map_new (ctx) };
  bool fine = files->names && files->hidden;
  for (size_t i = 0; fine && i < n; i++)
    {
      const char *name = file[i].name, *base = strrchr (name, '/'), *present = strrchr (file[i].path, '/');
      const char *hidden = fmtconv_ctx_printf (ctx, "%.*s%s", base ? (int) (base + 1 - name) : 0, name,
                                               present ? present + 1 : file[i].path);
      fine = bind (ctx, files->names, name, i) && bind (ctx, files->hidden, name, i)
             && bind (ctx, files->hidden, hidden, i);
    }
  return fine ? 0 : fmtconv_ctx_failed (ctx);
}

const char *
fci_stored_path (const fci_stored_files *files, const char *within, const char *name)
{
  uintptr_t i;
  return files && fci_map_get_in (files->names, within, name, &i) ? files->file[i].path : NULL;
}

bool
fci_stored_hides (const fci_stored_files *files, const char *within, const char *base)
{
  uintptr_t i;
  return files && fci_map_get_in (files->hidden, within, base, &i);
}

/* core/source/members.c: the members of an archive as files and folders.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/source/members.h"
#include "core/source/private.h"
#include "core/source/tar.h"
#include <stdlib.h>
#include <string.h>

/* Returns an input inside the archive of a folder; its source is NULL for a folder. */
static fmtconv_input *
make (const fmtconv_input *folder, const char *path, const char *base, const char *at, fmtconv_source *source)
{
  fmtconv_input *in = path && base && at ? fci_new (folder->ctx, fmtconv_input) : NULL;
  if (!in)
    return NULL;
  *in = (fmtconv_input){ .ctx = folder->ctx,
                         .path = path,
                         .base = base,
                         .stat = folder->stat,
                         .source = source,
                         .fd = -1,
                         .tar = folder->tar,
                         .at = at };
  in->top = source ? NULL : in;
  return in;
}

fmtconv_input *
fci_members_of (fmtconv_input *file, const fci_tar *tar)
{
  fmtconv_input *folder = make (file, file->path, file->base, "", NULL);
  if (!folder)
    return NULL;
  folder->tar = tar;
  folder->parent = file;
  return folder;
}

/* Returns the path of an entry in the archive; is_folder: with '/' at its end. */
static const char *
inside (const fmtconv_input *folder, const char *name, bool is_folder)
{
  return fmtconv_ctx_printf (folder->ctx, "%s%s%s", folder->at, name, is_folder ? "/" : "");
}

bool
fci_member_exists (const fmtconv_input *folder, const char *name)
{
  uintptr_t found;
  const char *file = inside (folder, name, false), *below = inside (folder, name, true);
  return file && below
         && (fci_map_get (folder->tar->files, file, strlen (file), &found)
             || fci_map_get (folder->tar->folders, below, strlen (below), &found));
}

fmtconv_input *
fci_member_open (fmtconv_input *folder, const char *name, const char *path)
{
  uintptr_t number;
  const char *file = inside (folder, name, false), *below = inside (folder, name, true);
  const char *base = below ? fci_strdup (folder->ctx, name) : NULL;
  fmtconv_input *in = NULL;
  if (!file || !base)
    return NULL;
  if (fci_map_get (folder->tar->files, file, strlen (file), &number))
    {
      const fci_tar_member *member = &folder->tar->member[number];
      fmtconv_source *source =
          fmtconv_source_window (folder->tar->source, member->start, member->size, member->path);
      in = source ? make (folder, path, base, "", source) : NULL;
    }
  else if (fci_map_get (folder->tar->folders, below, strlen (below), &number))
    in = make (folder, path, base, below, NULL);
  else
    fci_fail_file (folder->ctx, FMTCONV_E_MISSING, path, NULL, "the archive has no such member");
  if (in)
    in->parent = folder;
  return in;
}

static int
by_bytes (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

bool
fci_members_list (fmtconv_input *folder)
{
  const fci_tar *tar = folder->tar;
  const size_t length = strlen (folder->at);
  const char **names = fmtconv_ctx_alloc (folder->ctx, tar->n + 1, sizeof *names);
  size_t n = 0, kept = 0;
  for (size_t i = 0; names && i < tar->n; i++)
    {
      const char *path = tar->member[i].path;
      if (strncmp (path, folder->at, length) != 0)
        continue;
      names[n] = fci_strndup (folder->ctx, path + length, strcspn (path + length, "/"));
      if (!names[n++])
        return false;
    }
  if (!names)
    return false;
  qsort (names, n, sizeof *names, by_bytes);
  for (size_t i = 0; i < n; i++)
    if (!kept || strcmp (names[kept - 1], names[i]) != 0)
      names[kept++] = names[i];
  folder->names = names;
  folder->n_names = kept;
  return true;
}

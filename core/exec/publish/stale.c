/* core/exec/publish/stale.c: finds, refuses and removes older files that an output replaces.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/stale.h"
#include "core/source/disk.h"
#include "core/source/source.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fmtconv/model.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns whether the output creates a file with that name. */
static bool
is_new (const fmtconv_layout *layout, const char *folder, const char *name)
{
  size_t n = strlen (folder);
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    if ((size_t) (file->base - file->name) == n && memcmp (file->name, folder, n) == 0
        && strcmp (file->base, name) == 0)
      return true;
  return false;
}

static bool
is_known (const fci_old_file *list, const char *folder, const char *name)
{
  for (; list; list = list->next)
    if (strcmp (list->folder, folder) == 0 && strcmp (list->name, name) == 0)
      return true;
  return false;
}

static int
add (fmtconv_ctx *ctx, const fci_stale *stale, const char *name, fci_old_file **list)
{
  fci_old_file *old = fci_new (ctx, fci_old_file);
  if (!old || !(old->name = fci_strdup (ctx, name)))
    return fmtconv_ctx_failed (ctx);
  old->folder = stale->folder;
  old->next = *list;
  *list = old;
  return 0;
}

static int
find_in (fmtconv_ctx *ctx, const fmtconv_layout *layout, const fci_stale *stale, DIR *folder,
         fci_old_file **list)
{
  int code = 0;
  for (const struct dirent *entry; code == 0 && (entry = readdir (folder));)
    if (fmtconv_glob_match (stale->glob, entry->d_name) && !is_new (layout, stale->folder, entry->d_name)
        && !is_known (*list, stale->folder, entry->d_name))
      code = add (ctx, stale, entry->d_name, list);
  return code;
}

int
fci_stale_find (fmtconv_ctx *ctx, const fmtconv_layout *layout, int top, const char *top_path,
                fci_old_file **list)
{
  int code = 0;
  *list = NULL;
  for (const fci_stale *stale = layout->stale; stale && top >= 0 && code == 0; stale = stale->next)
    {
      const char *path = fmtconv_ctx_printf (ctx, "./%s", stale->folder);
      if (!path)
        return fmtconv_ctx_failed (ctx);
      int fd = openat (top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      DIR *folder = fd >= 0 ? fdopendir (fd) : NULL;
      if (!folder && errno != ENOENT)
        code = fci_fail_io (ctx, top_path, "cannot search for older files of the output");
      if (!folder && fd >= 0)
        close (fd);
      if (folder)
        {
          code = find_in (ctx, layout, stale, folder, list);
          closedir (folder);
        }
    }
  return code;
}

/* Checks that an older file may be removed: it is a file or a link, and not an input.  Returns 0 or a code.
 * */
static int
check_old (fmtconv_ctx *ctx, int top, const char *name, const char *display)
{
  struct stat st, to;
  if (fstatat (top, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? 0 : fci_fail_io (ctx, display, "cannot be examined");
  if (!S_ISREG (st.st_mode) && !S_ISLNK (st.st_mode))
    return fci_fail_file (ctx, FMTCONV_E_OUTPUT, display, NULL,
                          "this has the name of an older output file, but is not a file");
  if (fstatat (top, name, &to, 0) == 0 && fci_sources_find (ctx, &to))
    return fci_fail_file (ctx, FMTCONV_E_OUTPUT, display, &(fmtconv_where){ .hint = "give another OUTPUT" },
                          "the output would replace this input file");
  return 0;
}

int
fci_stale_check (fmtconv_ctx *ctx, const fmtconv_layout *layout, int top, const char *top_path)
{
  fci_old_file *list;
  int code = fci_stale_find (ctx, layout, top, top_path, &list);
  size_t n = 0;
  for (const fci_old_file *old = list; old && code == 0; old = old->next, n++)
    {
      const char *name = fmtconv_ctx_printf (ctx, "%s%s", old->folder, old->name);
      const char *display = name ? fci_path_join (ctx, top_path, name) : NULL;
      code = display ? check_old (ctx, top, name, display) : fmtconv_ctx_failed (ctx);
    }
  if (code != 0 || n == 0 || ctx->options.flags & FMTCONV_FORCE)
    return code;
  for (const fci_old_file *old = list; old; old = old->next)
    fmtconv_detail (ctx, "%s%s", old->folder, old->name);
  return fci_fail_file (ctx, FMTCONV_E_OUTPUT, top_path, &(fmtconv_where){ .hint = "-f removes them" },
                        "%zu older file%s of this output %s:", n, n == 1 ? "" : "s",
                        n == 1 ? "exists" : "exist");
}

void
fci_stale_remove (const fci_publication *p)
{
  fci_old_file *list;
  int top = p->dirs[0].fd;
  if (!(p->ctx->options.flags & FMTCONV_FORCE)
      || fci_stale_find (p->ctx, p->layout, top, p->top_display, &list))
    return;
  size_t n = 0;
  for (const fci_old_file *old = list; old; old = old->next)
    {
      const char *name = fmtconv_ctx_printf (p->ctx, "%s%s", old->folder, old->name);
      if (!name || unlinkat (top, name, 0) != 0)
        fmtconv_note (p->ctx, "%s: cannot remove the older file %s%s", p->output, old->folder, old->name);
      else
        n++;
    }
  if (n)
    fmtconv_note (p->ctx, "%s: removed %zu older file%s", p->output, n, n == 1 ? "" : "s");
}

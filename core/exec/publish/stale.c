/* core/exec/publish/stale.c: finds, refuses and removes older files that an output replaces.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/base/presence.h"
#include "core/exec/publish/old-manifest.h"
#include "core/exec/publish/output-dirs.h"
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

bool
fci_layout_has (const fmtconv_layout *layout, const char *within, const char *name)
{
  uintptr_t value;
  return fci_map_get_in (layout->names, within, name, &value);
}

bool
fci_layout_is_stale (const fmtconv_layout *layout, const char *within, const char *name)
{
  for (const fci_stale *stale = layout->stale; stale; stale = stale->next)
    if (strcmp (stale->folder, within) == 0 && fmtconv_glob_match (stale->glob, name))
      return true;
  return false;
}

/* Older files while they are searched. */
typedef struct search
{
  fmtconv_ctx *ctx;
  const fmtconv_layout *layout;
  const char *path; /* of the output */
  fci_map *names;   /* of those that were found */
  fci_old_file **list;
} search;

static bool
is_known (const search *s, const char *folder, const char *name)
{
  uintptr_t value;
  return fci_map_get_in (s->names, folder, name, &value);
}

static int
add (const search *s, const fci_stale *stale, const char *name)
{
  const char *full = fmtconv_ctx_printf (s->ctx, "%s%s", stale->folder, name);
  fci_old_file *old = full ? fci_new (s->ctx, fci_old_file) : NULL;
  if (!old || !fci_map_add (s->names, full, strlen (full), 1, NULL))
    return fmtconv_ctx_failed (s->ctx);
  old->name = full + strlen (stale->folder);
  old->within = stale->folder;
  old->folder = -1;
  old->next = *s->list;
  *s->list = old;
  return 0;
}

/* Adds an older file, unless it is a manifest of other files. */
static int
add_unless_kept (const search *s, const fci_stale *stale, int folder, const char *name)
{
  bool kept;
  const int code = fci_manifest_kept (s->ctx, s->layout, folder, s->path, stale->folder, name, &kept);
  return code == 0 && !kept ? add (s, stale, name) : code;
}

static int
find_in (const search *s, const fci_stale *stale, DIR *folder)
{
  int code = 0;
  for (const struct dirent *entry; code == 0 && (errno = 0, entry = readdir (folder));)
    if (fmtconv_glob_match (stale->glob, entry->d_name)
        && !fci_layout_has (s->layout, stale->folder, entry->d_name)
        && !is_known (s, stale->folder, entry->d_name))
      code = add_unless_kept (s, stale, dirfd (folder), entry->d_name);
  if (code == 0 && errno != 0)
    code = fci_fail_io (s->ctx, stale->folder, "cannot search for older files of the output");
  return code;
}

int
fci_stale_find (fmtconv_ctx *ctx, const fmtconv_layout *layout, int top, const char *top_path,
                fci_old_file **list)
{
  const search s = {
    .ctx = ctx, .layout = layout, .path = top_path, .names = fci_map_new (ctx), .list = list
  };
  int code = s.names ? 0 : fmtconv_ctx_failed (ctx);
  *list = NULL;
  for (const fci_stale *stale = layout->stale; stale && top >= 0 && code == 0; stale = stale->next)
    {
      const char *path = fmtconv_ctx_printf (ctx, "./%s", stale->folder);
      if (!path)
        return fmtconv_ctx_failed (ctx);
      int fd = openat (top, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      DIR *folder = fd >= 0 ? fdopendir (fd) : NULL;
      if (!folder && !fci_is_absent (errno))
        code = fci_fail_io (ctx, top_path, "cannot search for older files of the output");
      if (!folder && fd >= 0)
        close (fd);
      if (folder)
        {
          code = find_in (&s, stale, folder);
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
    return fci_is_absent (errno) ? 0 : fci_fail_io (ctx, display, "cannot be examined");
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
      const char *name = fmtconv_ctx_printf (ctx, "%s%s", old->within, old->name);
      const char *display = name ? fci_path_join (ctx, top_path, name) : NULL;
      code = display ? check_old (ctx, top, name, display) : fmtconv_ctx_failed (ctx);
    }
  if (code != 0 || n == 0 || ctx->options.flags & FMTCONV_FORCE)
    return code;
  for (const fci_old_file *old = list; old; old = old->next)
    fmtconv_detail (ctx, "%s%s", old->within, old->name);
  return fci_fail_file (ctx, FMTCONV_E_OUTPUT, top_path, &(fmtconv_where){ .hint = "-f removes them" },
                        "%zu older file%s of this output %s:", n, n == 1 ? "" : "s",
                        n == 1 ? "exists" : "exist");
}

/* Gives each older file the descriptor of its folder. */
int
fci_stale_list (fci_publication *p)
{
  if (p->replaced >= 0)
    return fci_stale_find (p->ctx, p->layout, p->replaced, p->top_display, &p->old);
  if (!(p->ctx->options.flags & FMTCONV_FORCE) || p->temporary_folder)
    return 0;
  int code = fci_stale_find (p->ctx, p->layout, p->dirs[0].fd, p->top_display, &p->old);
  for (fci_old_file *old = p->old; old && code == 0; old = old->next)
    {
      const fci_out_dir *dir = fci_out_dir_named (p, old->within);
      if (!dir)
        return fci_fail_file (p->ctx, FMTCONV_E_OUTPUT, p->top_display, NULL,
                              "the folder %s was created by another process during the conversion",
                              old->within);
      old->folder = dir->fd;
      old->path = *old->within ? fci_path_join (p->ctx, p->top_path, dir->name) : p->top_path;
      code = fmtconv_ctx_failed (p->ctx);
    }
  return code;
}

static bool
is_listed (const fci_old_file *list, const char *folder, const char *name)
{
  for (; list; list = list->next)
    if (strcmp (list->within, folder) == 0 && strcmp (list->name, name) == 0)
      return true;
  return false;
}

/* Notes a file that has the name of the output's manifest, but stays. */
static void
note_kept (const fci_publication *p)
{
  struct stat st;
  const char *name = p->layout->old_manifest;
  if (name && !fci_layout_has (p->layout, "", name) && !is_listed (p->old, "", name)
      && fstatat (p->dirs[0].fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
    fmtconv_note (p->ctx, "%s: kept %s: it is not a manifest of this output alone", p->output, name);
}

void
fci_stale_remove (const fci_publication *p)
{
  size_t n = 0;
  for (const fci_old_file *old = p->old; old; old = old->next)
    if (old->folder < 0 || unlinkat (old->folder, old->name, 0) == 0)
      n++;
    else if (errno != ENOENT)
      fmtconv_note (p->ctx, "%s: cannot remove the older file %s%s", p->output, old->within, old->name);
  if (n)
    fmtconv_note (p->ctx, "%s: removed %zu older file%s", p->output, n, n == 1 ? "" : "s");
  note_kept (p);
}

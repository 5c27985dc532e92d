/* core/plugin/folders.c: where plugins are looked for, and which files there may be one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/plugin/load.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

bool
fci_plugin_name_ok (const char *name, size_t len)
{
  if (len < 1 || len > 64 || name[0] < 'a' || name[0] > 'z')
    return false;
  return strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") >= len;
}

static bool
is_known (const fci_found *found, const char *name)
{
  for (size_t i = 0; i < found->n; i++)
    if (!strcmp (found->modules[i].name, name))
      return true;
  return false;
}

void
fci_found_add (fmtconv_ctx *ctx, fci_found *found, const fci_module *module)
{
  if (found->n == found->room)
    {
      size_t room = found->room ? 2 * found->room : 16;
      fci_module *modules = fmtconv_alloc (ctx, room, sizeof *modules);
      if (!modules)
        return;
      if (found->n)
        memcpy (modules, found->modules, found->n * sizeof *modules);
      found->modules = modules;
      found->room = room;
    }
  found->modules[found->n++] = *module;
}

/* Why the file may not be loaded, or NULL. */
static const char *
refusal (fmtconv_ctx *ctx, const char *path, const char *name)
{
  struct stat st;
  if (!fci_plugin_name_ok (name, strlen (name)))
    return "its file name is not a plugin's: a lower-case letter, then at most 63 of a-z, 0-9 and '-'";
  if (stat (path, &st) != 0)
    return fmtconv_text (ctx, "cannot be read: %s", strerror (errno));
  if (!S_ISREG (st.st_mode))
    return "it is not a regular file";
  if (st.st_mode & S_IWOTH)
    return fmtconv_text (ctx, "anyone may write to the file (mode %04o): it is not loaded",
                         (unsigned) st.st_mode & 07777);
  return NULL;
}

static void
consider (fmtconv_ctx *ctx, fci_found *found, const char *folder, const char *file)
{
  size_t len = strlen (file);
  if (len < 4 || strcmp (file + len - 3, ".so"))
    return;
  fci_module module = { .name = fci_copy (ctx, file, len - 3) };
  module.path = fmtconv_text (ctx, "%s/%s", folder, file);
  if (!module.name || !module.path || is_known (found, module.name))
    return;
  module.error = refusal (ctx, module.path, module.name);
  fci_found_add (ctx, found, &module);
}

/* Read one folder.  must: the application named it, so that it has to be there and usable. */
static int
scan (fmtconv_ctx *ctx, fci_found *found, const char *folder, bool must)
{
  struct stat st;
  DIR *dir = opendir (folder);
  if (!dir || fstat (dirfd (dir), &st) != 0)
    {
      int gone = errno == ENOENT;
      if (must)
        fci_fail_io (ctx, folder, "cannot open the plugin folder");
      else if (!gone)
        fmtconv_warn (ctx, "plugin folder %s cannot be read: %s", folder, strerror (errno));
      if (dir)
        closedir (dir);
      return fmtconv_failed (ctx);
    }
  if (st.st_mode & S_IWOTH)
    {
      unsigned mode = (unsigned) st.st_mode & 07777;
      closedir (dir);
      if (must)
        return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                             "anyone may write to the plugin folder %s (mode %04o): it is not used", folder,
                             mode);
      return fmtconv_warn (ctx, "anyone may write to the plugin folder %s (mode %04o): it is not used",
                           folder, mode);
    }
  for (const struct dirent *entry; (entry = readdir (dir));)
    consider (ctx, found, folder, entry->d_name);
  closedir (dir);
  return fmtconv_failed (ctx);
}

static int
scan_named (fmtconv_ctx *ctx, fci_found *found, const char *folder)
{
  char *path = realpath (folder, NULL);
  if (!path)
    return fci_fail_io (ctx, folder, "cannot open the plugin folder");
  char *kept = fci_strdup (ctx, path);
  free (path);
  return kept ? scan (ctx, found, kept, true) : fmtconv_failed (ctx);
}

/* Each absolute entry of a list separated by ':'. */
static int
scan_list (fmtconv_ctx *ctx, fci_found *found, const char *list)
{
  for (size_t len; *list; list += len + (list[len] == ':'))
    {
      len = strcspn (list, ":");
      char *folder = fci_copy (ctx, list, len);
      if (!folder)
        break;
      if (len && folder[0] != '/')
        fmtconv_note (ctx, "FMTCONV_PLUGIN_PATH: '%s' is not an absolute path: it is not searched", folder);
      else if (len && scan (ctx, found, folder, false))
        break;
    }
  return fmtconv_failed (ctx);
}

int
fci_folders_scan (fmtconv_ctx *ctx, fci_found *found)
{
  const char *named = ctx->options.plugin_dir, *list = getenv ("FMTCONV_PLUGIN_PATH");
  if (named && scan_named (ctx, found, named))
    return fmtconv_failed (ctx);
  /* With rights that its caller lacks, a program must not load what that caller points at. */
  if (list && !getauxval (AT_SECURE) && scan_list (ctx, found, list))
    return fmtconv_failed (ctx);
  return scan (ctx, found, FCI_PLUGIN_DIR, false);
}

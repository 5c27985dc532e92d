/* core/pipeline/spec-find.c: the presets that are installed, and which file a typed spec is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/pipeline/spec.h"
#include "core/plugin/load.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

static const fci_preset *
find (const fci_presets *all, const char *name)
{
  for (size_t i = 0; i < all->n; i++)
    if (!strcmp (all->preset[i].name, name))
      return &all->preset[i];
  return NULL;
}

static void
append (fci_presets *all, const fci_preset *one)
{
  if (all->n == all->room)
    {
      size_t room = all->room ? 2 * all->room : 16;
      fci_preset *more = fmtconv_alloc (all->ctx, room, sizeof *more);
      if (!more)
        return;
      if (all->n)
        memcpy (more, all->preset, all->n * sizeof *more);
      all->preset = more;
      all->room = room;
    }
  all->preset[all->n++] = *one;
}

/* Why the file may not be used, or NULL. */
static const char *
refusal (fmtconv_ctx *ctx, const char *path)
{
  struct stat st;
  if (stat (path, &st) != 0)
    return fmtconv_text (ctx, "cannot be read: %s", strerror (errno));
  if (!S_ISREG (st.st_mode))
    return "it is not a regular file";
  if (st.st_mode & S_IWOTH)
    return fmtconv_text (ctx, "anyone may write to the file (mode %04o): it is not used",
                         (unsigned) st.st_mode & 07777);
  return NULL;
}

/* "# What it is for" without the mark. */
static const char *
summary_of (fmtconv_ctx *ctx, const char *path)
{
  char line[256] = "";
  FILE *f = fopen (path, "re");
  const char *text = f && fgets (line, sizeof line, f) ? line : "";
  if (f)
    fclose (f);
  if (*text != '#')
    return "";
  text += strspn (text, "# ");
  return fci_copy (ctx, text, strcspn (text, "\r\n"));
}

static void
consider (fci_presets *all, const char *folder, const char *file)
{
  size_t len = strlen (file);
  if (len < 6 || strcmp (file + len - 5, ".yaml") || !fci_plugin_name_ok (file, len - 5))
    return;
  fci_preset one = { .name = fci_copy (all->ctx, file, len - 5),
                     .path = fmtconv_text (all->ctx, "%s/%s", folder, file),
                     .summary = "" };
  if (!one.name || !one.path || find (all, one.name))
    return;
  one.error = refusal (all->ctx, one.path);
  if (!one.error)
    one.summary = summary_of (all->ctx, one.path);
  append (all, &one);
}

static void
scan (fci_presets *all, const char *folder)
{
  struct stat st;
  DIR *dir = folder ? opendir (folder) : NULL;
  bool fine = dir && fstat (dirfd (dir), &st) == 0;
  if (folder && !fine && errno != ENOENT)
    fmtconv_warn (all->ctx, "the folder of presets %s cannot be read: %s", folder, strerror (errno));
  else if (fine && (st.st_mode & S_IWOTH))
    fmtconv_warn (all->ctx, "anyone may write to the folder of presets %s (mode %04o): it is not used",
                  folder, (unsigned) st.st_mode & 07777);
  else if (fine)
    for (const struct dirent *entry; (entry = readdir (dir));)
      consider (all, folder, entry->d_name);
  if (dir)
    closedir (dir);
}

/* Each absolute entry of a list separated by ':'. */
static void
scan_list (fci_presets *all, const char *list)
{
  for (size_t len; *list; list += len + (list[len] == ':'))
    {
      len = strcspn (list, ":");
      const char *folder = fci_copy (all->ctx, list, len);
      if (folder && len && *folder != '/')
        fmtconv_note (all->ctx, "FMTCONV_PIPELINE_PATH: '%s' is not an absolute path: it is not searched",
                      folder);
      else if (folder && len)
        scan (all, folder);
    }
}

/* The user's own, as the XDG base directories have it: relative paths are void. */
static void
scan_own (fci_presets *all)
{
  const char *config = getenv ("XDG_CONFIG_HOME"), *home = getenv ("HOME");
  if (config && *config == '/')
    scan (all, fmtconv_text (all->ctx, "%s/fmtconv/pipelines", config));
  else if (home && *home == '/')
    scan (all, fmtconv_text (all->ctx, "%s/.config/fmtconv/pipelines", home));
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (((const fci_preset *) a)->name, ((const fci_preset *) b)->name);
}

/* With rights that its caller lacks, a program must not use what that caller points at. */
fci_presets
fci_presets_scan (fmtconv_ctx *ctx)
{
  fci_presets all = { .ctx = ctx };
  const char *list = getenv ("FMTCONV_PIPELINE_PATH");
  bool privileged = getauxval (AT_SECURE) != 0;
  if (list && !privileged)
    scan_list (&all, list);
  scan (&all, FCI_PIPELINE_DIR);
  if (!privileged)
    scan_own (&all);
  if (all.n)
    qsort (all.preset, all.n, sizeof *all.preset, by_name);
  return all;
}

static const char *
unknown (fmtconv_ctx *ctx, const fci_presets *all, const char *typed)
{
  const char **names = fmtconv_alloc (ctx, all->n + 1, sizeof *names);
  for (size_t i = 0; names && i < all->n; i++)
    {
      names[i] = all->preset[i].name;
      fmtconv_detail (ctx, "%s: %s", names[i], all->preset[i].summary);
    }
  const char *near = names ? fci_nearest (typed, names, all->n) : NULL;
  if (near)
    fmtconv_fail (ctx, FMTCONV_E_USAGE,
                  "there is no file and no preset '%s': did you mean '%s'?  There are these:", typed, near);
  else
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "there is no file and no preset '%s'%s", typed,
                  all->n ? "; there are these presets:" : ", nor any other preset");
  return NULL;
}

const char *
fci_spec_path (fmtconv_ctx *ctx, const char *typed)
{
  struct stat st;
  size_t len = strlen (typed);
  if (!strcmp (typed, "-"))
    {
      fmtconv_fail (ctx, FMTCONV_E_USAGE,
                    "'-' is neither a file nor a preset: a spec has a place, which its paths are "
                    "relative to");
      return NULL;
    }
  /* A folder of the name is no spec, and beside a preset's name it is likely the checkpoint's. */
  bool is_file = stat (typed, &st) == 0 && !S_ISDIR (st.st_mode);
  if (is_file || !fci_plugin_name_ok (typed, len))
    return fci_strdup (ctx, typed);
  fci_presets all = fci_presets_scan (ctx);
  const fci_preset *one = find (&all, typed);
  if (ctx->failed)
    return NULL;
  if (one && !one->error)
    return one->path;
  if (!one)
    return unknown (ctx, &all, typed);
  fci_fail_file (ctx, FMTCONV_E_USAGE, one->path, NULL, "%s", one->error);
  return NULL;
}

/* core/plugin/search.c: searches folders for plugins and presets, and refuses files that other users could
 * write.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/embedded.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/plugin/installed.h"
#include "core/plugin/search.h"
#include "core/plugin/trust.h"
#include "core/source/descriptors.h"
#include "core/source/input.h"
#include "core/source/source.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* State of a search. */
typedef struct walk
{
  fmtconv_ctx *ctx;
  const fci_search *search;
  const char *only;
  fci_files *out;
  bool is_second; /* these folders were searched for other files, with all messages */
} walk;

bool
fci_plugin_name_ok (const char *name, size_t len)
{
  if (len < 1 || len > 64 || name[0] < 'a' || name[0] > 'z')
    return false;
  return strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") >= len;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (((const fci_file *) a)->name, ((const fci_file *) b)->name);
}

const fci_file *
fci_files_find (const fci_files *files, const char *name)
{
  const fci_file key = { .name = name };
  return files->n ? bsearch (&key, files->file, files->n, sizeof key, by_name) : NULL;
}

/* Returns whether a file with that name was found; the list is sorted at the end of the search. */
static bool
is_known (const fci_files *files, const char *name)
{
  size_t i = 0;
  while (i < files->n && strcmp (files->file[i].name, name))
    i++;
  return i < files->n;
}

static void
append (fmtconv_ctx *ctx, fci_files *files, const fci_file *one)
{
  if (files->n == files->capacity)
    {
      size_t capacity = files->capacity ? 2 * files->capacity : 16;
      fci_file *more = fmtconv_ctx_alloc (ctx, capacity, sizeof *more);
      if (!more)
        return;
      if (files->n)
        memcpy (more, files->file, files->n * sizeof *more);
      files->file = more;
      files->capacity = capacity;
    }
  files->file[files->n++] = *one;
}

/* ---- Files */

static void
consider (const walk *w, const char *folder, const char *file)
{
  fmtconv_ctx *ctx = w->ctx;
  size_t len = strlen (file), tail = strlen (w->search->suffix);
  if (len <= tail || strcmp (file + len - tail, w->search->suffix))
    return;
  bool fine = fci_plugin_name_ok (file, len - tail);
  fci_file one = { .name = fci_strndup (ctx, file, len - tail) };
  if (!one.name || (w->only && strcmp (one.name, w->only)) || (!fine && !w->search->misnamed)
      || is_known (w->out, one.name))
    return;
  one.path = fmtconv_ctx_printf (ctx, "%s/%s", folder, file);
  if (!one.path)
    return;
  one.error = fine ? fci_trust_refusal (ctx, one.path) : w->search->misnamed;
  append (ctx, w->out, &one);
}

/* ---- Folders */

/* Reports a folder that cannot be opened: without its plugins, or presets, another may be chosen.  must: the application
 * gave it, so that it must be there. */
static int
cannot_open (fmtconv_ctx *ctx, const char *what, const char *folder, bool must)
{
  const int error = errno;
  char text[FCI_ERROR_TEXT];
  if (must || !fci_is_absent (error))
    return fci_fail_system (ctx, FMTCONV_E_IO, error, folder, NULL, "cannot open the %s: %s", what,
                            fci_os_error_text (error, text));
  return error == ENOENT ? 0
                         : fci_warn_system (ctx, error, "the %s %s cannot be read: %s", what, folder,
                                            fci_os_error_text (error, text));
}

static int
is_world_writable (fmtconv_ctx *ctx, const char *what, const char *folder, mode_t mode, bool must)
{
  static const char text[] = "the %s %s is not used: everyone may write to it (mode %04o)";
  const fmtconv_where where = { .hint = fmtconv_ctx_printf (ctx, "chmod o-w %s", folder) };
  const unsigned bits = (unsigned) mode & 07777;
  return must ? fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where, text, what, folder, bits)
              : fmtconv_warn (ctx, text, what, folder, bits);
}

/* Considers each entry of an open folder. */
static void
scan_entries (const walk *w, const char *folder, DIR *dir)
{
  const struct dirent *entry;
  while (!w->ctx->failed && (errno = 0, entry = readdir (dir)))
    consider (w, folder, entry->d_name);
  if (!w->ctx->failed && errno != 0)
    fci_fail_io (w->ctx, folder, "cannot be listed");
}

static int
scan (const walk *w, const char *folder, bool must)
{
  struct stat st;
  DIR *dir = folder ? opendir (folder) : NULL;
  if (!folder)
    return w->ctx->failed;
  if (!dir || fstat (dirfd (dir), &st) != 0)
    {
      if (!w->is_second || !fci_is_absent (errno))
        cannot_open (w->ctx, w->search->what, folder, must);
    }
  else if (st.st_mode & S_IWOTH)
    {
      if (!w->is_second)
        is_world_writable (w->ctx, w->search->what, folder, st.st_mode, must);
    }
  else
    scan_entries (w, folder, dir);
  if (dir)
    closedir (dir);
  return w->ctx->failed;
}

static int
scan_named (const walk *w)
{
  for (size_t i = 0; i < w->search->n_named; i++)
    if (scan (w, w->search->named[i], true))
      break;
  return w->ctx->failed;
}

/* Returns the absolute path of an application's folder that can be used; NULL: an error was recorded. */
static const char *
usable (fmtconv_ctx *ctx, const char *what, const char *folder)
{
  struct stat st;
  char *path = realpath (folder, NULL);
  DIR *dir = path ? opendir (path) : NULL;
  const char *kept = NULL;
  if (!dir || fstat (dirfd (dir), &st) != 0)
    cannot_open (ctx, what, folder, true);
  else if (st.st_mode & S_IWOTH)
    is_world_writable (ctx, what, folder, st.st_mode, true);
  else
    kept = fci_strdup (ctx, path);
  if (dir)
    closedir (dir);
  free (path);
  return kept;
}

int
fci_search_check (fmtconv_ctx *ctx, const char *what, const char **folders, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!(folders[i] = usable (ctx, what, folders[i])))
      break;
  return ctx->failed;
}

/* Searches each absolute folder that an environment variable lists, separated by ':'. */
static int
scan_list (const walk *w, const char *variable)
{
  const char *list = getenv (variable);
  if (!list)
    return w->ctx->failed;
  for (size_t len; *list && !w->ctx->failed; list += len + (list[len] == ':'))
    {
      len = strcspn (list, ":");
      const char *folder = fci_strndup (w->ctx, list, len);
      if (folder && len && *folder != '/' && !w->is_second)
        fmtconv_note (w->ctx, "%s: '%s' is skipped: it is not an absolute path", variable, folder);
      else if (folder && *folder == '/')
        scan (w, folder, false);
    }
  return w->ctx->failed;
}

/* Searches the user's folder.  As XDG specifies, relative paths are ignored.  In containers and after setuid, the variables
 * often name another user's home: nothing in it is this user's, and it may not be readable. */
static int
scan_own (const walk *w)
{
  struct stat st;
  const char *config = getenv ("XDG_CONFIG_HOME"), *home = getenv ("HOME");
  const char *top = config && *config == '/' ? config : home && *home == '/' ? home : NULL;
  if (!top)
    return w->ctx->failed;
  if (stat (top, &st) != 0)
    return fci_is_absent (errno) || errno == EACCES ? w->ctx->failed
                                                    : fci_fail_io (w->ctx, top, "cannot be examined");
  if (st.st_uid != geteuid ())
    return w->ctx->failed;
  return scan (
      w, fmtconv_ctx_printf (w->ctx, "%s%s/%s", top, top == config ? "" : "/.config", w->search->own), false);
}

/* Adds the files inside of the program whose names no folder has. */
static int
scan_embedded (const walk *w)
{
  const char *base;
  const fci_embedded *file = NULL;
  while ((file = fci_embedded_next (file, w->search->embedded, w->search->suffix, &base)))
    {
      size_t len = strlen (base) - strlen (w->search->suffix);
      fci_file one = { .name = fci_strndup (w->ctx, base, len), .embedded = file };
      if (!one.name || (w->only && strcmp (one.name, w->only)) || is_known (w->out, one.name))
        continue;
      one.path = fmtconv_ctx_printf (w->ctx, "%s (built in)", one.name);
      append (w->ctx, w->out, &one);
    }
  return w->ctx->failed;
}

int
fci_search_files (fmtconv_ctx *ctx, const fci_search *search, const char *only, fci_files *out)
{
  const walk w = { .ctx = ctx, .search = search, .only = only, .out = out };
  const walk second = { .ctx = ctx, .search = search, .only = only, .out = out, .is_second = true };
  /* A privileged program must not use folders that its caller chose. */
  bool privileged = fci_os_is_privileged ();
  *out = (fci_files){ 0 };
  if (scan_named (&w) || (!privileged && scan_list (&w, search->variable))
      || (search->also && !privileged && scan_list (&second, search->also))
      || (search->is_own_first && !privileged && scan_own (&w))
      || scan (&w, fci_installed_dir (ctx, search->installed), false)
      || (search->own && !search->is_own_first && !privileged && scan_own (&w))
      || (search->embedded && scan_embedded (&w)))
    return ctx->failed;
  if (out->n)
    qsort (out->file, out->n, sizeof *out->file, by_name);
  return ctx->failed;
}

fmtconv_input *
fci_file_open (fmtconv_ctx *ctx, const fci_file *file)
{
  const fci_embedded *inside = file->embedded;
  if (inside)
    return fci_input_memory (ctx, file->path, inside->bytes, inside->size);
  const fci_budget before = ctx->budget;
  fmtconv_input *in = fci_input_user (ctx, file->path);
  const fmtconv_source *source = in && !fmtconv_input_is_folder (in) ? fmtconv_input_open (in) : NULL;
  if (source && source->disk)
    {
      source->disk->is_own = true;
      if (*file->path == '/') /* a program may leave the folder that others begin in */
        fci_disk_reopens (source->disk, NULL, file->path);
    }
  fci_budget_forget_input (&ctx->budget, &before);
  return in;
}

/* core/source/input.c: files and folders that a user named, and entries that a reader opens in them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/argument.h"
#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/source/descriptors.h"
#include "core/source/disk.h"
#include "core/source/input.h"
#include "core/source/journal.h"
#include "core/source/members.h"
#include "core/source/private.h"
#include "core/source/safe-open.h"
#include "core/source/tar.h"
#include <errno.h>
#include <fcntl.h>
#include <fmtconv/formats.h>
#include <string.h>
#include <unistd.h>

/* Returns the length of the path without trailing slashes; "/" stays. */
static size_t
trimmed (const char *path)
{
  size_t n = strlen (path);
  while (n > 1 && path[n - 1] == '/')
    n--;
  return n;
}

static const char *
last_component (fmtconv_ctx *ctx, const char *path)
{
  size_t n = trimmed (path), start = n;
  while (start > 0 && path[start - 1] != '/')
    start--;
  return fci_strndup (ctx, path + start, n - start);
}

static void
close_folder (void *arg)
{
  fmtconv_input *in = arg;
  close (in->fd);
  in->fd = -1;
}

static bool
is_special (fmtconv_ctx *ctx, int code, const char *path, mode_t mode)
{
  static const fmtconv_where where = { .hint = "save the data to a regular file: random access is needed" };
  if (S_ISREG (mode) || S_ISDIR (mode))
    return false;
  fci_fail_file (ctx, code, path, &where, "this is %s, neither a regular file nor a folder",
                 fci_file_kind (mode));
  return true;
}

static fmtconv_input *
adopt (fmtconv_input *in, int fd)
{
  if (S_ISDIR (in->stat.st_mode))
    {
      in->fd = fd;
      in->top = in;
      return fci_defer_call (in->ctx, close_folder, in) == 0 ? in : NULL;
    }
  in->source = fci_source_fd (in->ctx, fd, in->path);
  return in->source ? in : NULL;
}

fmtconv_input *
fci_input_fd (fmtconv_ctx *ctx, int code, int fd, const char *path, const char *base)
{
  struct stat st;
  bool fine = fstat (fd, &st) == 0;
  if (!fine)
    fci_fail_io (ctx, path, "cannot be examined");
  fmtconv_input *in = fine && !is_special (ctx, code, path, st.st_mode) ? fci_new (ctx, fmtconv_input) : NULL;
  if (in)
    *in = (fmtconv_input){ .ctx = ctx,
                           .path = fci_strdup (ctx, path),
                           .base = base ? fci_strdup (ctx, base) : last_component (ctx, path),
                           .stat = st,
                           .fd = -1 };
  if (in && in->path && in->base)
    return adopt (in, fd);
  close (fd);
  return NULL;
}

static void
fail_open (fmtconv_ctx *ctx, const char *path)
{
  const int error = errno;
  char text[FCI_ERROR_TEXT];
  if (fci_is_absent (error))
    fci_fail_system (ctx, FMTCONV_E_MISSING, error, path, NULL, "%s", fci_os_error_text (error, text));
  else
    fci_fail_io (ctx, path, "cannot be opened");
}

static fmtconv_input *
open_typed (fmtconv_ctx *ctx, const char *path, const char *base)
{
  struct stat st;
  int fd = -1;
  if (stat (path, &st) == 0)
    {
      if (is_special (ctx, FMTCONV_E_UNSUPPORTED, path, st.st_mode) || fci_journal_refuse_path (ctx, path))
        return NULL;
      do
        fd = open (path, FCI_OPEN_FLAGS);
      while (fd < 0 && fci_sources_relieve (fci_sources_of (ctx)));
    }
  if (fd >= 0)
    return fci_input_fd (ctx, FMTCONV_E_UNSUPPORTED, fd, path, base);
  fail_open (ctx, path);
  return NULL;
}

/* Adds an input to the list of the user's inputs. */
static fmtconv_input *
note_typed (fmtconv_input *in)
{
  struct fci_sources *sources = in ? fci_sources_of (in->ctx) : NULL;
  if (!sources)
    return NULL;
  in->ctx->budget.follows_input = in->ctx->budget.is_default;
  in->before = sources->typed;
  sources->typed = in;
  in->is_named = true;
  return in;
}

fmtconv_input *
fci_input_typed (fmtconv_ctx *ctx, size_t i)
{
  const struct fci_sources *sources = fci_sources_of (ctx);
  fmtconv_input *in = sources ? sources->typed : NULL;
  for (; in && i > 0; i--)
    in = in->before;
  return in;
}

fmtconv_input *
fci_input_user (fmtconv_ctx *ctx, const char *path)
{
  if (!path || fmtconv_ctx_failed (ctx))
    return NULL;
  if (!*path)
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "the input path is empty");
  else if (strcmp (path, "-") != 0)
    return note_typed (open_typed (ctx, path, NULL));
  else
    fmtconv_fail_at (
        ctx, FMTCONV_E_USAGE,
        &(fmtconv_where){ .hint = "save the data to a file first; for a file named '-', type ./-" },
        "'-' cannot be an input: fmtconv reads at random offsets, which a pipe does not allow");
  return NULL;
}

fmtconv_input *
fci_input_memory (fmtconv_ctx *ctx, const char *path, const void *bytes, size_t n)
{
  fmtconv_input *in = fmtconv_ctx_failed (ctx) ? NULL : fci_new (ctx, fmtconv_input);
  if (!in)
    return NULL;
  *in = (fmtconv_input){ .ctx = ctx,
                         .path = path,
                         .base = path,
                         .source = fci_source_memory (ctx, bytes, n, path),
                         .fd = -1,
                         .is_alone = true };
  return in->source ? in : NULL;
}

fmtconv_input *
fci_input_alias (fmtconv_ctx *ctx, const char *path, const char *base, const fci_stored_files *stored,
                 const char *within)
{
  fmtconv_input *in = path && base && !fmtconv_ctx_failed (ctx) ? open_typed (ctx, path, base) : NULL;
  if (!in)
    return NULL;
  if (in->source)
    fci_disk_reopens (in->source->disk, NULL, in->path);
  in->is_alone = in->source;
  in->stored = stored;
  in->within = within;
  return in;
}

bool
fci_input_is_named (const fmtconv_input *in)
{
  return in && in->is_named;
}

bool
fci_input_has_parent (const fmtconv_input *in)
{
  return in && in->parent;
}

int
fmtconv_input_is_alone (const fmtconv_input *in)
{
  return in && in->is_alone;
}

/* Returns whether a name is one plain component that leads nowhere else. */
static bool
is_plain (const char *name)
{
  return *name && strcmp (name, ".") != 0 && strcmp (name, "..") != 0 && !strchr (name, '/');
}

static const char *
joined (fmtconv_input *folder, const char *name)
{
  const char *path = folder->path;
  if (strcmp (path, ".") == 0)
    return name;
  return fmtconv_ctx_printf (folder->ctx, path[strlen (path) - 1] == '/' ? "%s%s" : "%s/%s", path, name);
}

int
fmtconv_input_has (fmtconv_input *folder, const char *name)
{
  if (!folder || !name || !folder->top || fmtconv_ctx_failed (folder->ctx) || !is_plain (name))
    return 0;
  if (folder->tar)
    return fci_member_exists (folder, name);
  if (fci_stored_path (folder->stored, folder->within, name))
    return 1;
  struct stat st;
  const char *path = joined (folder, name);
  return path && fci_entry_exists (folder->ctx, folder->fd, name, path, &st);
}

static void
fail_beneath (fmtconv_ctx *ctx, const char *path)
{
  const fmtconv_where where = {
    .hint = "replace the link with a copy of the file, or name the link itself as the input"
  };
  if (errno == EXDEV)
    fci_fail_system (ctx, FMTCONV_E_FORMAT, EXDEV, path, &where, "this link points outside the input folder");
  else
    fail_open (ctx, path);
}

/* Opens a file that is stored under another name.  NULL: there is none of that name, or an error. */
static fmtconv_input *
open_stored (fmtconv_input *folder, const char *name)
{
  const char *path = fci_stored_path (folder->stored, folder->within, name);
  fmtconv_input *in = path ? fci_input_alias (folder->ctx, path, name, folder->stored, folder->within) : NULL;
  if (in)
    in->parent = folder;
  return in;
}

static fmtconv_input *
open_in (fmtconv_input *folder, const char *name)
{
  fmtconv_ctx *ctx = folder->ctx;
  const char *path = joined (folder, name);
  struct stat st;
  int fd = -1;
  if (!path)
    return NULL;
  if (fstatat (folder->fd, name, &st, 0) == 0)
    {
      if (is_special (ctx, FMTCONV_E_UNSUPPORTED, path, st.st_mode)
          || fci_journal_refuse (ctx, folder->fd, name, path))
        return NULL;
      do
        fd = fci_open_in_folder (folder, name, FCI_OPEN_FLAGS);
      while (fd < 0 && fci_sources_relieve (fci_sources_of (ctx)));
      /* Folders stay open, and the last descriptors free. */
      if (fd >= 0 && S_ISDIR (st.st_mode) && fci_sources_of (ctx))
        fci_sources_settle (fci_sources_of (ctx), &fd);
    }
  if (fd < 0)
    {
      fail_beneath (ctx, path);
      return NULL;
    }
  fmtconv_input *in = fci_input_fd (ctx, FMTCONV_E_UNSUPPORTED, fd, path, name);
  if (!in)
    return NULL;
  in->parent = folder;
  in->top = in->source ? NULL : folder->top;
  if (in->source)
    fci_disk_reopens (in->source->disk, folder, in->base);
  if (folder->stored)
    {
      in->stored = folder->stored;
      in->within = in->source ? folder->within : fmtconv_ctx_printf (ctx, "%s%s/", folder->within, name);
    }
  return fmtconv_ctx_failed (ctx) ? NULL : in;
}

fmtconv_input *
fmtconv_input_child (fmtconv_input *folder, const char *name)
{
  if (!folder || !fci_has_argument (folder->ctx, "fmtconv_input_child", "name", name))
    return NULL;
  if (!folder->top)
    fci_fail_file (folder->ctx, FMTCONV_E_MISSING, folder->path, NULL, "'%s' not found: this is not a folder",
                   name);
  else if (!is_plain (name))
    fci_fail_file (folder->ctx, FMTCONV_E_FORMAT, folder->path, NULL,
                   "'%s' is not a plain file name: only files in this folder can be opened", name);
  else if (folder->tar)
    return fci_member_open (folder, name, joined (folder, name));
  else
    {
      fmtconv_input *stored = open_stored (folder, name);
      return stored || fmtconv_ctx_failed (folder->ctx) ? stored : open_in (folder, name);
    }
  return NULL;
}

/* Returns the path of the folder that contains a typed path. */
static const char *
folder_of (fmtconv_input *in)
{
  const char *path = in->path;
  size_t n = trimmed (path);
  const char *base = last_component (in->ctx, path);
  if (!base)
    return NULL;
  if (strcmp (path, ".") == 0)
    return "..";
  if (in->top && (strcmp (base, ".") == 0 || strcmp (base, "..") == 0))
    return fmtconv_ctx_printf (in->ctx, "%.*s/..", (int) n, path);
  n -= strlen (base);
  if (n == 0)
    return ".";
  while (n > 1 && path[n - 1] == '/')
    n--;
  return fci_strndup (in->ctx, path, n);
}

fmtconv_input *
fmtconv_input_parent (fmtconv_input *in)
{
  if (!in || fmtconv_ctx_failed (in->ctx))
    return NULL;
  if (!in->parent)
    {
      const char *path = folder_of (in);
      in->parent = path ? open_typed (in->ctx, path, NULL) : NULL;
      if (in->parent && in->source)
        {
          in->parent->stored = in->stored;
          in->parent->within = in->within;
        }
    }
  return in->parent;
}

fmtconv_input *
fmtconv_input_members (fmtconv_input *file)
{
  fmtconv_source *source = fmtconv_input_open (file);
  const fci_tar *tar = source ? fci_tar_read (source) : NULL;
  return tar ? fci_members_of (file, tar) : NULL;
}

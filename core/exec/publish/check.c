/* core/exec/publish/check.c: checks an output before any work is done.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/presence.h"
#include "core/base/ranks.h"
#include "core/base/text.h"
#include "core/exec/publish/check.h"
#include "core/exec/publish/leftover.h"
#include "core/exec/publish/old-manifest.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/recover.h"
#include "core/exec/publish/stale.h"
#include "core/source/disk.h"
#include "core/source/folder.h"
#include "core/source/source.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Checks a file that already exists at the path of an output.  Returns 0 or a code. */
static int
check_existing (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *path, const struct stat *st)
{
  const char *input = layout->is_edit ? NULL : fci_sources_find (ctx, st);
  if (input)
    return fci_fail_file (ctx, FMTCONV_E_OUTPUT, path, &(fmtconv_where){ .hint = "give another OUTPUT" },
                          "this output is also an input");
  if (S_ISDIR (st->st_mode))
    return fci_fail_file (ctx, FMTCONV_E_OUTPUT, path,
                          &(fmtconv_where){ .hint = "give the name of a file in it" },
                          "the output is a folder");
  if (S_ISLNK (st->st_mode))
    return fci_fail_file (ctx, FMTCONV_E_OUTPUT, path,
                          &(fmtconv_where){ .hint = "give the path of its target" },
                          "this is a symbolic link; the output would replace it, not its target");
  if (!S_ISREG (st->st_mode))
    return fci_fail_file (ctx, FMTCONV_E_OUTPUT, path, NULL, "this is not a regular file");
  if (!layout->is_edit && !(ctx->options.flags & FMTCONV_FORCE))
    return fci_fail_file (ctx, FMTCONV_E_OUTPUT, path, &(fmtconv_where){ .hint = "-f overwrites it" },
                          "the output already exists");
  return 0;
}

/* Checks that the existing components of a file's path are folders, not links.  Returns 0 or a code. */
static int
check_way (fmtconv_ctx *ctx, const char *folder, int fd, const char *name)
{
  struct stat st;
  for (const char *slash = strchr (name, '/'); slash; slash = strchr (slash + 1, '/'))
    {
      const char *part = fci_strndup (ctx, name, (size_t) (slash - name));
      if (!part || !fci_name_exists (ctx, fd, part, fci_path_join (ctx, folder, part), &st))
        return fmtconv_ctx_failed (ctx);
      if (!S_ISDIR (st.st_mode))
        return fci_fail_file (ctx, FMTCONV_E_OUTPUT, fci_path_join (ctx, folder, part), NULL,
                              "the output needs a folder here, but this is not a folder");
    }
  return 0;
}

/* Checks that an existing file, which --manifest replaces, is a manifest: its name is typed by hand.  Returns 0 or a code. */
static int
check_manifest (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *folder, int fd)
{
  struct stat st;
  fci_manifest_kind kind;
  const char *path = layout->manifest ? fci_path_join (ctx, folder, layout->manifest) : NULL;
  if (!path || !fci_name_exists (ctx, fd, layout->manifest, path, &st)
      || fci_manifest_kind_of (ctx, layout, fd, folder, layout->manifest, &kind) || kind != FCI_MANIFEST_NONE
      || st.st_size == 0)
    return fmtconv_ctx_failed (ctx);
  return fci_fail_file (ctx, FMTCONV_E_OUTPUT, path,
                        &(fmtconv_where){ .hint = "give the manifest another name: --manifest=NAME" },
                        "the manifest would replace this file, which is not a manifest");
}

static int
check_files (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *folder, int fd)
{
  int code = 0;
  for (const fmtconv_file *file = layout->first; file && code == 0; file = file->next)
    {
      struct stat st;
      const char *path = fci_path_join (ctx, folder, file->name);
      if (!path || check_way (ctx, folder, fd, file->name))
        return fmtconv_ctx_failed (ctx);
      code = fci_name_exists (ctx, fd, file->name, path, &st) ? check_existing (ctx, layout, path, &st)
                                                              : fmtconv_ctx_failed (ctx);
    }
  if (code == 0)
    code = check_manifest (ctx, layout, folder, fd);
  return code == 0 ? fci_stale_check (ctx, layout, fd, folder) : code;
}

/* Counts the entries of a folder, up to `most`.  Returns 0, or a code if it cannot be listed. */
static int
count_entries (fmtconv_ctx *ctx, const char *path, int folder, size_t most, size_t *n)
{
  int fd = openat (folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  *n = 0;
  if (!dir && fd >= 0)
    close (fd);
  errno = dir ? 0 : errno;
  for (const struct dirent *entry; dir && *n < most && (entry = readdir (dir));)
    *n += strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0;
  int code = errno ? fci_fail_io (ctx, path, "cannot be listed") : 0;
  if (dir)
    closedir (dir);
  return code;
}

/* Checks that a folder of the output can be listed when the output is read again.  Returns 0 or a code. */
static int
check_listing (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *path, int folder)
{
  size_t n;
  if (!(ctx->options.flags & FMTCONV_VERIFY) || !layout->is_folder)
    return 0;
  if (count_entries (ctx, path, folder, FCI_MAX_ENTRIES, &n))
    return fmtconv_ctx_failed (ctx);
  return n + layout->n_files <= FCI_MAX_ENTRIES
             ? 0
             : fci_fail_file (ctx, FMTCONV_E_LIMIT, path, &(fmtconv_where){ .hint = "give another OUTPUT" },
                              "--verify lists the output folder, but it has more than %d entries",
                              (int) FCI_MAX_ENTRIES);
}

/* Checks the files of the output in an existing folder.  Returns 0 or a code. */
static int
check_in_folder (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output, int fd)
{
  size_t n = 0;
  if (!(ctx->options.flags & FMTCONV_FORCE) && count_entries (ctx, output, fd, 1, &n))
    return fmtconv_ctx_failed (ctx);
  if (n > 0)
    return fci_fail_file (
        ctx, FMTCONV_E_OUTPUT, output,
        &(fmtconv_where){ .hint = "-f replaces the files of the output in it and keeps all others" },
        "the folder already exists and is not empty");
  return check_files (ctx, layout, output, fd);
}

/* Checks the path of a new folder.  Returns 0 or a code. */
static int
check_new_folder (fmtconv_ctx *ctx, const char *output)
{
  struct stat st;
  if (fci_name_exists (ctx, AT_FDCWD, output, output, &st))
    return fci_fail_file (ctx, FMTCONV_E_OUTPUT, output, &(fmtconv_where){ .hint = "give another OUTPUT" },
                          "the output is a folder, but this is not a folder");
  return fmtconv_ctx_failed (ctx);
}

int
fci_space_check (fmtconv_ctx *ctx, uint64_t size, const char *folder, int fd)
{
  struct statvfs fs;
  if (fstatvfs (fd, &fs) != 0)
    return fci_fail_io (ctx, folder, "cannot examine the file system");
  if (fs.f_flag & ST_RDONLY)
    {
      errno = EROFS;
      return fci_fail_io (ctx, folder, "cannot create the output");
    }
  if (fs.f_blocks == 0 || fs.f_frsize == 0 || size / fs.f_frsize < fs.f_bavail)
    return 0;
  return fci_fail_system (ctx, FMTCONV_E_IO, ENOSPC, folder,
                          &(fmtconv_where){ .hint = "free disk space, or give another OUTPUT" },
                          "the output needs %s; the file system has %s left", fci_size_text (ctx, size),
                          fci_size_text (ctx, (uint64_t) fs.f_bavail * fs.f_frsize));
}

/* Returns whether what other processes wrote of this output may be continued or published. */
static bool
goes_on (const fmtconv_ctx *ctx)
{
  return ctx->options.flags & (FMTCONV_RESUME | FMTCONV_PUBLISH) || ctx->options.shares
         || fci_has_ranks (ctx);
}

/* Finishes an interrupted publication in an open folder of the output, and removes other leftovers.  Returns 0 or a
 * code.  within: see fci_leftovers_remove. */
static int
repair (fmtconv_ctx *ctx, const fmtconv_layout *layout, int fd, const char *path, const char *within)
{
  int code = fci_recover (ctx, fd, path);
  if (code == 0 && !(ctx->options.flags & FMTCONV_DRY_RUN) && !goes_on (ctx) && layout->first)
    code = fci_leftovers_remove (ctx, layout, fd, path, within);
  return code == 0 && within ? check_listing (ctx, layout, path, fd) : code;
}

/* The same for a folder below the open folder `top`, if it exists.
 *   name    n bytes, relative to that */
static int
repair_in (fmtconv_ctx *ctx, const fmtconv_layout *layout, int top, const char *top_path, const char *name,
           size_t n)
{
  const char *folder = fci_strndup (ctx, name, n),
             *path = folder ? fci_path_join (ctx, top_path, folder) : NULL;
  const char *within = path ? fmtconv_ctx_printf (ctx, "%s/", folder) : NULL;
  int fd = within ? openat (top, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) : -1;
  if (within && fd < 0 && !fci_is_absent (errno) && errno != ELOOP) /* a link is an error of check_way */
    return fci_fail_io (ctx, path, "cannot open the folder");
  int code = fd >= 0 ? repair (ctx, layout, fd, path, within) : fmtconv_ctx_failed (ctx);
  if (fd >= 0)
    close (fd);
  return code;
}

/* The same for the folder that holds the output, an existing folder. */
static int
repair_parent (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output)
{
  const char *folder = fci_output_folder (ctx, output);
  int fd = folder ? fci_open_folder (ctx, folder) : -1;
  if (fd < 0)
    return fmtconv_ctx_failed (ctx);
  int code = repair (ctx, layout, fd, folder, NULL);
  close (fd);
  return code;
}

/* Repairs the open folder of an output and those below and above.  Returns 0 or a code. */
static int
repair_all (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output, int fd, const char *path)
{
  const bool existing = path == output;
  int code = repair (ctx, layout, fd, path, existing || !layout->is_folder ? "" : NULL);
  const char *last = "";
  size_t n_last = 0;
  if (existing && code == 0)
    code = repair_parent (ctx, layout, output);
  for (const fmtconv_file *file = layout->first; existing && file && code == 0; file = file->next)
    {
      const size_t n = (size_t) (file->base - file->name);
      if (n > 0 && (n != n_last || memcmp (file->name, last, n) != 0))
        code = repair_in (ctx, layout, fd, path, file->name, n - 1);
      last = file->name;
      n_last = n;
    }
  return code;
}

/* Removes leftovers from a folder. */
static int
clean_in (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *path, const char *within)
{
  int fd = fci_open_folder (ctx, path);
  int code = fd >= 0 ? fci_leftovers_remove (ctx, layout, fd, path, within) : fmtconv_ctx_failed (ctx);
  if (fd >= 0)
    close (fd);
  return code;
}

int
fci_publish_repair (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output)
{
  const char *folder = fci_output_folder (ctx, output);
  const int fd = folder ? fci_open_folder (ctx, folder) : -1;
  if (fd < 0)
    return fmtconv_ctx_failed (ctx);
  const int code = repair_all (ctx, layout, output, fd, folder);
  close (fd);
  return code;
}

int
fci_publish_check (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output)
{
  if (fmtconv_ctx_failed (ctx))
    return fmtconv_ctx_failed (ctx);
  bool existing = layout->is_folder && fci_folder_exists (ctx, output);
  const char *folder = existing ? output : fci_output_folder (ctx, output);
  int fd = folder && !fmtconv_ctx_failed (ctx) ? fci_open_folder (ctx, folder) : -1;
  if (fd < 0)
    return fmtconv_ctx_failed (ctx);
  int code = repair_all (ctx, layout, output, fd, folder);
  if (code == 0)
    code = existing            ? check_in_folder (ctx, layout, folder, fd)
           : layout->is_folder ? check_new_folder (ctx, output)
                               : check_files (ctx, layout, folder, fd);
  if (code == 0 && !layout->is_patch && faccessat (fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
    code = fci_fail_io (ctx, folder, "cannot create the output here");
  if (code == 0 && !layout->is_patch && !goes_on (ctx)) /* which may have most of it already */
    code = fci_space_check (ctx, fci_layout_size (layout), folder, fd);
  close (fd);
  return code;
}

int
fci_publish_clean (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output)
{
  bool existing = layout->is_folder && fci_folder_exists (ctx, output);
  int code = existing ? clean_in (ctx, layout, output, "") : fmtconv_ctx_failed (ctx);
  const char *parent = fci_output_folder (ctx, output);
  return code == 0 && parent ? clean_in (ctx, layout, parent, layout->is_folder ? NULL : "")
                             : fmtconv_ctx_failed (ctx);
}

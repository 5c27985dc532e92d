/* core/exec/publish/work-map.c: creates, finds and removes the work map of an execution.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/work-map.h"
#include "core/plan/run.h"
#include "core/source/disk.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static void
add_number (fci_sha256 *sha, uint64_t number)
{
  fci_sha256_add (sha, &number, sizeof number);
}

/* Adds what tells a file from another version of it.  The device is left out, which is another on each machine that mounts
 * a network file system; so is the inode of a file that is installed on each. */
static void
add_file (void *arg, const fci_disk_file *disk)
{
  fci_sha256 *sha = arg;
  const struct timespec changed = fci_os_mtime (&disk->opened);
  if (disk->opened.st_nlink == 0)
    return;
  add_number (sha, disk->is_own ? 0 : (uint64_t) disk->opened.st_ino);
  add_number (sha, (uint64_t) disk->opened.st_size);
  add_number (sha, (uint64_t) changed.tv_sec);
  add_number (sha, (uint64_t) changed.tv_nsec);
}

/* Adds the bytes that do not come from inputs, and the numbers that units record. */
static void
add_plan (fci_sha256 *sha, const fci_plan *plan)
{
  for (size_t i = 0; i < plan->runs.n; i++)
    if (FCI_RUNS (plan)[i].kind == FCI_RUN_LITERAL)
      fci_sha256_add (sha, FCI_RUNS (plan)[i].u.bytes, (size_t) FCI_RUNS (plan)[i].size);
  for (size_t i = 0; i < plan->checked.n; i++)
    add_number (sha, FCI_CHECKED (plan)[i]->id);
  add_number (sha, plan->n_wanted);
  add_number (sha, plan->n_tallies);
  add_number (sha, plan->n_encoders);
}

static void
identify (const fci_plan *plan, const char *chain, uint64_t digest, fci_map_head *head)
{
  fci_sha256 sha;
  const char *version = fmtconv_version ();
  fci_sha256_begin (&sha);
  fci_sha256_add (&sha, version, strlen (version) + 1);
  fci_sha256_add (&sha, chain, chain ? strlen (chain) + 1 : 0);
  add_number (&sha, digest);
  fci_sources_each (plan->ctx, add_file, &sha);
  add_plan (&sha, plan);
  fci_sha256_end (&sha, head->identity);
}

/* Opens the map that is there, or creates one.  Returns a descriptor, or -1 with errno. */
static int
open_map (fci_work_file *f, bool resumes)
{
  struct stat st;
  int fd = resumes ? fci_open_left (f->folder, f->name, UINT64_MAX) : -1;
  if (fd >= 0 && fstat (fd, &st) == 0)
    f->mode = st.st_mode & 0777;
  return fd >= 0 || (resumes && errno != ENOENT) ? fd : fci_open_locked (f->folder, f->name, &f->mode);
}

static int
fail (const fci_work_file *f)
{
  if (errno == EWOULDBLOCK)
    return fci_fail_system (f->ctx, FMTCONV_E_OUTPUT, EWOULDBLOCK, f->path,
                            &(fmtconv_where){ .hint = "wait for it to finish" },
                            "another process is writing this output");
  if (errno == EEXIST)
    return fci_fail_system (f->ctx, FMTCONV_E_OUTPUT, EEXIST, f->path,
                            &(fmtconv_where){ .hint = "convert without --resume" },
                            "the file system has no locks, which would tell whether the earlier run ended");
  return fci_fail_io (f->ctx, f->path, "cannot keep a list of what is written here");
}

/* Reads the map, or makes it a new one.  Returns false with errno. */
static bool
load (fci_work_file *f, int fd)
{
  const fci_map_state state = fci_map_read (&f->map, fd, &f->head);
  if (state == FCI_MAP_FAILED)
    return false;
  if (state == FCI_MAP_OTHER)
    fmtconv_note (f->ctx,
                  "%s: the interrupted run had other inputs or options, or was one of another fmtconv; "
                  "starting anew",
                  f->path);
  const bool good =
      state == FCI_MAP_READ ? fci_map_settle (&f->map, &f->head) : fci_map_restart (&f->map, &f->head);
  if (good)
    fci_map_append_boot (&f->map);
  errno = good ? f->map.error : errno;
  return good && f->map.error == 0;
}

/* Gives up a map that no later run is asked to continue yet.  Returns 0 or a code. */
static int
give_up (fci_work_file *f, bool resumes)
{
  const int code = resumes ? fail (f) : 0;
  fci_work_file_close (f, false);
  return code;
}

int
fci_work_file_open (fci_work_file *f, const fci_plan *plan, const char *chain, const char *output,
                    const fmtconv_layout *layout, uint64_t digest)
{
  fmtconv_ctx *ctx = plan->ctx;
  const bool resumes = ctx->options.flags & FMTCONV_RESUME;
  *f = (fci_work_file){ .ctx = ctx, .folder = -1, .map = { .fd = -1 } };
  const char *folder = fci_output_folder (ctx, output);
  f->name = folder ? fci_work_map_name (ctx, layout->target, digest) : NULL;
  f->path = f->name ? fci_path_join (ctx, folder, f->name) : NULL;
  if (!f->path)
    return fmtconv_ctx_failed (ctx);
  f->folder = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (f->folder < 0)
    return give_up (f, resumes);
  identify (plan, chain, digest, &f->head);
  const int fd = open_map (f, resumes);
  if (fd >= 0 && load (f, fd))
    return 0;
  f->map.fd = fd;
  return give_up (f, resumes);
}

void
fci_work_file_close (fci_work_file *f, bool keep)
{
  if (f->map.fd >= 0)
    {
      if (!keep && unlinkat (f->folder, f->name, 0) != 0 && errno != ENOENT)
        fmtconv_note (f->ctx, "%s was left; the next conversion to this output removes it", f->path);
      fci_map_close (&f->map);
      close (f->map.fd);
    }
  if (f->folder >= 0)
    close (f->folder);
  f->folder = f->map.fd = -1;
}

/* core/exec/publish/work-map.c: creates, finds and removes the work map of an execution.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/target.h"
#include "core/exec/publish/work-map.h"
#include "core/plan/run.h"
#include "core/source/disk.h"
#include <errno.h>
#include <string.h>
#include <time.h>
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
    else if (FCI_RUNS (plan)[i].kind == FCI_RUN_DIGEST && fci_region_bytes (FCI_RUNS (plan)[i].u.region))
      fci_sha256_add (sha, fci_region_bytes (FCI_RUNS (plan)[i].u.region), (size_t) FCI_RUNS (plan)[i].size);
  for (size_t i = 0; i < plan->checked.n; i++)
    add_number (sha, FCI_CHECKED (plan)[i]->id);
  add_number (sha, plan->n_wanted);
  add_number (sha, plan->n_tallies);
  add_number (sha, plan->n_encoders);
}

void
fci_work_identify (const fci_plan *plan, const char *chain, uint64_t digest, fci_map_head *head)
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

/* Sets names and identity of a map.  Returns false with errno; an error may be recorded. */
static bool
locate (fci_work_file *f, const fci_work_place *place, unsigned share, unsigned shares)
{
  fmtconv_ctx *ctx = place->plan->ctx;
  *f = (fci_work_file){ .ctx = ctx, .folder = -1, .set = -1, .map = { .fd = -1 } };
  const char *folder = fci_output_folder (ctx, place->output);
  f->name = folder ? fci_work_map_name (ctx, place->layout->target, place->digest, share, shares) : NULL;
  f->set_name = f->name ? fci_work_map_name (ctx, place->layout->target, place->digest, 0, shares) : NULL;
  f->path = f->set_name ? fci_path_join (ctx, folder, f->name) : NULL;
  if (!f->path)
    return false;
  fci_work_identify (place->plan, place->chain, place->digest, &f->head);
  f->folder = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return f->folder >= 0;
}

bool
fci_work_set_renew (int set)
{
  uint64_t bytes[2];
  if (!fci_os_random (bytes, sizeof bytes))
    {
      struct timespec now = { 0 };
      clock_gettime (CLOCK_REALTIME, &now);
      bytes[0] = (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
      bytes[1] = (uint64_t) getpid ();
    }
  return pwrite (set, bytes, sizeof bytes, 0) == (ssize_t) sizeof bytes;
}

/* Opens the set of a share, or makes it.  Returns false with errno. */
static bool
open_set (fci_work_file *f)
{
  bool made;
  struct stat st;
  f->set = fci_open_shared (f->folder, f->set_name, &made);
  return f->set >= 0 && fstat (f->set, &st) == 0 && (st.st_size > 0 || fci_work_set_renew (f->set));
}

int
fci_work_file_open (fci_work_file *f, const fci_work_place *place)
{
  fmtconv_ctx *ctx = place->plan->ctx;
  const fci_dealing *d = &place->plan->dealing;
  const bool resumes = ctx->options.flags & FMTCONV_RESUME || d->shares;
  if (!locate (f, place, d->share, d->shares))
    return fmtconv_ctx_failed (ctx) ? fmtconv_ctx_failed (ctx) : give_up (f, resumes);
  const int fd = open_map (f, resumes);
  if (fd >= 0 && load (f, fd) && (!d->shares || open_set (f)))
    return 0;
  f->map.fd = fd;
  return give_up (f, resumes);
}

fci_map_state
fci_work_file_find (fci_work_file *f, const fci_work_place *place, unsigned share, unsigned shares)
{
  struct stat st;
  if (!locate (f, place, share, shares))
    return FCI_MAP_FAILED;
  const int fd = fci_open_left (f->folder, f->name, UINT64_MAX);
  if (fd < 0)
    return FCI_MAP_FAILED;
  f->set = openat (f->folder, f->set_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (f->set >= 0)
    fci_os_lock_shared (f->set); /* so that it is not taken for a leftover */
  if (fstat (fd, &st) == 0)
    f->mode = st.st_mode & 0777;
  return fci_map_read (&f->map, fd, &f->head);
}

/* What tells the open files from others: the set, then their inodes.  *n: its numbers.  NULL: an error was recorded. */
static uint64_t *
files_of (const fci_work_file *f, const fci_publication *p, size_t *n)
{
  struct stat st;
  *n = 2 + p->layout->n_files;
  uint64_t *numbers = fmtconv_ctx_alloc (p->ctx, *n, sizeof *numbers);
  if (!numbers)
    return NULL;
  if (f->set < 0 || pread (f->set, numbers, 2 * sizeof *numbers, 0) != (ssize_t) (2 * sizeof *numbers))
    numbers[0] = numbers[1] = 0;
  for (size_t i = 2; i < *n; i++)
    numbers[i] = fstat (p->fds[i - 2], &st) == 0 ? (uint64_t) st.st_ino : 0;
  return numbers;
}

bool
fci_work_file_wrote (const fci_work_file *f, const fci_publication *p)
{
  size_t n;
  const uint64_t *numbers = f->set >= 0 ? files_of (f, p, &n) : NULL;
  return numbers && fci_map_has (&f->map, FCI_MAP_FILES, numbers, n * sizeof *numbers);
}

int
fci_work_file_check_files (fci_work_file *f, const fci_publication *p)
{
  if (!f->map.bytes || fci_work_file_wrote (f, p))
    return fmtconv_ctx_failed (f->ctx);
  return fci_map_forget (&f->map) ? fmtconv_ctx_failed (f->ctx) : fail (f);
}

int
fci_work_file_note_files (fci_work_file *f, const fci_publication *p)
{
  size_t n;
  const uint64_t *numbers = files_of (f, p, &n);
  if (numbers)
    fci_map_append (&f->map, FCI_MAP_FILES, numbers, n * sizeof *numbers);
  errno = f->map.error;
  return fmtconv_ctx_failed (f->ctx) ? fmtconv_ctx_failed (f->ctx) : errno ? fail (f) : 0;
}

/* Returns whether all open files still have their names. */
static bool
are_named (const fci_publication *p)
{
  for (size_t i = 0; i < p->layout->n_files; i++)
    if (!fci_is_own (p->targets[i].dir->fd, p->targets[i].temporary, p->fds[i]))
      return false;
  return true;
}

/* Another share may have renewed the set while this one opened the files, whose names show that they are the same. */
int
fci_work_file_finish (fci_work_file *f, const fci_publication *p)
{
  const uint64_t until = f->map.end;
  int code = fci_work_file_note_files (f, p);
  if (code != 0)
    return code;
  if (!are_named (p))
    return fci_fail_file (f->ctx, FMTCONV_E_OUTPUT, p->output,
                          &(fmtconv_where){ .hint = "run all shares again" },
                          "another process removed the files that the shares write");
  fci_map_append (&f->map, FCI_MAP_SYNCED, &until, sizeof until);
  fci_map_append (&f->map, FCI_MAP_DONE, &until, 0);
  errno = f->map.error;
  if (errno || fsync (f->set) != 0 || fsync (f->map.fd) != 0)
    return fail (f);
  return fsync (f->folder) == 0 || errno == EINVAL ? 0 : fail (f);
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
  if (f->set >= 0)
    close (f->set);
  if (f->folder >= 0)
    close (f->folder);
  f->folder = f->map.fd = f->set = -1;
}

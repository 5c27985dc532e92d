/* core/base/os.c: the calls that not every operating system, kernel, file system or C library has.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>
#if HAVE_DECL_SYS_OPENAT2 || HAVE_DECL_SYS_RENAMEAT2
#include <sys/syscall.h>
#endif
#ifdef HAVE_LINUX_OPENAT2_H
#include <linux/openat2.h>
#endif
#ifdef HAVE_SYS_AUXV_H
#include <sys/auxv.h>
#endif
#ifdef HAVE_SYS_RANDOM_H
#include <sys/random.h>
#endif
#ifdef HAVE_SYS_VFS_H
#include <sys/vfs.h>
#endif
#ifdef HAVE_SYS_XATTR_H
#include <sys/xattr.h>
#endif
#ifdef HAVE_SCHED_GETAFFINITY
#include <sched.h>
#endif

enum
{
  STACK = 1 << 20 /* bytes of a thread's stack: musl gives 128 KiB, which a large row does not fit */
};

/* Returns whether the last error says that the call, a flag of it, or the file system's part in it does not exist.
 * EPERM: older sandboxes answer so for calls that they do not know. */
static bool
is_missing (void)
{
  return errno == ENOSYS || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOTSUP || errno == EPERM;
}

/* ---- Files */

int
fci_os_open_beneath (int folder, const char *name, int flags)
{
#if defined HAVE_LINUX_OPENAT2_H && HAVE_DECL_SYS_OPENAT2
  struct open_how how = { .flags = (unsigned) flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
  int fd = (int) syscall (SYS_openat2, folder, name, &how, sizeof how);
  if (fd >= 0 || (!is_missing () && errno != E2BIG))
    return fd;
#endif
#if HAVE_DECL_O_RESOLVE_BENEATH
  int opened = openat (folder, name, flags | O_RESOLVE_BENEATH);
#if HAVE_DECL_ENOTCAPABLE
  errno = opened < 0 && errno == ENOTCAPABLE ? EXDEV : errno;
#endif
  return opened;
#else
  struct stat st;
  int opened = openat (folder, name, flags | O_NOFOLLOW);
  /* Systems differ in the error for a link that is not followed. */
  if (opened < 0 && fstatat (folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK (st.st_mode))
    errno = ELOOP;
  return opened;
#endif
}

/* Creates a named file and removes its name at once. */
static int
open_and_unlink (const char *folder)
{
  char path[FCI_PATH_MAX];
  if (snprintf (path, sizeof path, "%s/.fmtconv-XXXXXX", folder) >= (int) sizeof path)
    {
      errno = ENAMETOOLONG;
      return -1;
    }
#ifdef HAVE_MKOSTEMP
  int fd = mkostemp (path, O_CLOEXEC);
#else
  int fd = mkstemp (path);
  if (fd >= 0)
    fcntl (fd, F_SETFD, FD_CLOEXEC);
#endif
  if (fd >= 0)
    unlink (path);
  return fd;
}

int
fci_os_open_unnamed (const char *folder)
{
#if HAVE_DECL_O_TMPFILE
  int fd = open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0)
    return fd;
#endif
  return open_and_unlink (folder);
}

static int
rename_by_system (int folder, const char *from, const char *to, unsigned flags)
{
#if defined HAVE_RENAMEAT2
  return renameat2 (folder, from, folder, to, flags);
#elif HAVE_DECL_SYS_RENAMEAT2
  return (int) syscall (SYS_renameat2, folder, from, folder, to, flags);
#elif defined HAVE_RENAMEATX_NP
  return renameatx_np (folder, from, folder, to, flags == FCI_RENAME_EXCHANGE ? RENAME_SWAP : RENAME_EXCL);
#else
  (void) folder, (void) from, (void) to, (void) flags;
  errno = ENOSYS;
  return -1;
#endif
}

/* Removes a name without a change of errno.  Returns -1. */
static int
fail_and_remove (int folder, const char *name, int flags)
{
  int error = errno;
  unlinkat (folder, name, flags);
  errno = error;
  return -1;
}

/* Creates an empty file or folder under the new name, which fails if the name exists, and renames over that. */
static int
rename_to_reserved (int folder, const char *from, const char *to)
{
  struct stat st;
  int fd = -1;
  if (fstatat (folder, from, &st, AT_SYMLINK_NOFOLLOW) != 0)
    return -1;
  const bool is_folder = S_ISDIR (st.st_mode);
  if (is_folder ? mkdirat (folder, to, 0700) != 0
                : (fd = openat (folder, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
    return -1;
  if (fd >= 0)
    close (fd);
  if (renameat (folder, from, folder, to) == 0)
    return 0;
  return fail_and_remove (folder, to, is_folder ? AT_REMOVEDIR : 0);
}

static int
rename_new (int folder, const char *from, const char *to)
{
  if (linkat (folder, from, folder, to, 0) != 0)
    return errno == EEXIST ? -1 : rename_to_reserved (folder, from, to);
  return unlinkat (folder, from, 0) == 0 ? 0 : fail_and_remove (folder, to, 0);
}

/* Keeps the old file by a second name, the last letter of `from` changed, until both have their new names. */
static int
exchange_by_link (int folder, const char *from, const char *to)
{
  char spare[NAME_MAX + 1];
  const size_t n = strlen (from);
  if (n == 0 || n >= sizeof spare)
    {
      errno = EINVAL;
      return -1;
    }
  memcpy (spare, from, n + 1);
  spare[n - 1] = from[n - 1] == '~' ? '-' : '~';
  int kept = linkat (folder, to, folder, spare, 0);
  if (kept != 0 && errno == EEXIST && unlinkat (folder, spare, 0) == 0) /* of a run that was killed */
    kept = linkat (folder, to, folder, spare, 0);
  if (kept != 0)
    {
      errno = errno == ENOENT ? ENOENT : EINVAL;
      return -1;
    }
  if (renameat (folder, from, folder, to) != 0)
    return fail_and_remove (folder, spare, 0);
  if (renameat (folder, spare, folder, from) == 0)
    return 0;
  const int error = errno;
  if (renameat (folder, spare, folder, to) != 0) /* the old file goes back to its name */
    return -1;
  errno = error;
  return -1;
}

int
fci_os_rename (int folder, const char *from, const char *to, unsigned flags)
{
  if (flags == 0)
    return renameat (folder, from, folder, to);
  int done = rename_by_system (folder, from, to, flags);
  if (done == 0 || !is_missing ()
      || (errno == EPERM && flags == FCI_RENAME_EXCHANGE)) /* a file of another user */
    return done;
  return flags == FCI_RENAME_NOREPLACE ? rename_new (folder, from, to) : exchange_by_link (folder, from, to);
}

int
fci_os_link (int from_folder, const char *from, int to_folder, const char *to)
{
  return linkat (from_folder, from, to_folder, to, 0);
}

bool
fci_os_is_layered (int folder)
{
#if defined __linux__ && defined HAVE_SYS_VFS_H
  struct statfs fs;
  return fstatfs (folder, &fs) == 0 && (unsigned long) fs.f_type == 0x794c7630; /* OVERLAYFS_SUPER_MAGIC */
#else
  (void) folder;
  return false;
#endif
}

bool
fci_os_has_no_attributes (int folder)
{
#if defined __linux__ && defined HAVE_FLISTXATTR && defined HAVE_SYS_XATTR_H
  static const char label[] = "security.selinux"; /* which the system gives to each file */
  char names[1024];
  const int error = errno;
  const ssize_t n = flistxattr (folder, names, sizeof names);
  const bool none = n < 0 ? errno == ENOTSUP || errno == ENOSYS
                          : n == 0 || (n == sizeof label && memcmp (names, label, sizeof label) == 0);
  errno = error;
  return none;
#else
  (void) folder;
  return false;
#endif
}

bool
fci_os_is_not_mounted (int parent, const char *name)
{
#if defined HAVE_LINUX_OPENAT2_H && HAVE_DECL_SYS_OPENAT2
  struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_XDEV };
  int fd = (int) syscall (SYS_openat2, parent, name, &how, sizeof how);
  if (fd >= 0)
    close (fd);
  return fd >= 0;
#else
  (void) parent, (void) name;
  return false;
#endif
}

static bool
is_folder_at (int at, const char *path, const struct stat *folder)
{
  struct stat st;
  return fstatat (at, path, &st, 0) == 0 && st.st_dev == folder->st_dev && st.st_ino == folder->st_ino;
}

bool
fci_os_is_working_folder (const struct stat *folder)
{
  bool found = is_folder_at (AT_FDCWD, ".", folder);
  DIR *processes = found ? NULL : opendir ("/proc");
  for (const struct dirent *entry; !found && processes && (entry = readdir (processes));)
    {
      char path[64];
      if (strspn (entry->d_name, "0123456789") == strlen (entry->d_name)
          && snprintf (path, sizeof path, "%s/cwd", entry->d_name) < (int) sizeof path)
        found = is_folder_at (dirfd (processes), path, folder);
    }
  if (processes)
    closedir (processes);
  return found;
}

ssize_t
fci_os_copy_range (int from, off_t *from_at, int to, off_t *to_at, size_t n)
{
#ifdef HAVE_COPY_FILE_RANGE
  return copy_file_range (from, from_at, to, to_at, n, 0);
#else
  (void) from, (void) from_at, (void) to, (void) to_at, (void) n;
  errno = ENOSYS;
  return -1;
#endif
}

void
fci_os_will_need (int fd, off_t at, off_t n)
{
#if defined HAVE_POSIX_FADVISE
  (void) posix_fadvise (fd, at, n, POSIX_FADV_WILLNEED);
#elif HAVE_DECL_F_RDADVISE
  struct radvisory range = { .ra_offset = at, .ra_count = n > INT_MAX ? INT_MAX : (int) n };
  (void) fcntl (fd, F_RDADVISE, &range);
#else
  (void) fd, (void) at, (void) n;
#endif
}

void
fci_os_drop_cache (int fd)
{
#if defined HAVE_POSIX_FADVISE
  (void) posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED);
#else
  (void) fd;
#endif
}

/* Reserves blocks.  Does not use posix_fallocate, which writes every block if the file system cannot reserve. */
static int
reserve (int fd, off_t size)
{
#if defined HAVE_FALLOCATE
  return fallocate (fd, 0, 0, size);
#elif HAVE_DECL_F_PREALLOCATE
  fstore_t store = { .fst_flags = F_ALLOCATEALL, .fst_posmode = F_PEOFPOSMODE, .fst_length = size };
  return fcntl (fd, F_PREALLOCATE, &store) == -1 ? -1 : 0;
#else
  (void) fd, (void) size;
  errno = ENOSYS;
  return -1;
#endif
}

int
fci_os_reserve (int fd, off_t size)
{
  if (size > 0 && reserve (fd, size) != 0 && !is_missing ())
    return -1;
  return ftruncate (fd, size);
}

int
fci_os_lock (int fd)
{
#ifdef HAVE_FLOCK
  return flock (fd, LOCK_EX | LOCK_NB);
#else
  (void) fd;
  errno = ENOLCK;
  return -1;
#endif
}

struct timespec
fci_os_mtime (const struct stat *st)
{
#if defined HAVE_STRUCT_STAT_ST_MTIM
  return st->st_mtim;
#elif defined HAVE_STRUCT_STAT_ST_MTIMESPEC
  return st->st_mtimespec;
#else
  return (struct timespec){ .tv_sec = st->st_mtime };
#endif
}

/* ---- Process */

void
fci_os_host (char name[FCI_HOST_TEXT])
{
  struct utsname machine;
  snprintf (name, FCI_HOST_TEXT, "%s", uname (&machine) == 0 ? machine.nodename : "");
  for (char *at = name; (at = strchr (at, '/'));)
    *at = '-';
}

bool
fci_os_is_running (long process, const char *host)
{
  char here[FCI_HOST_TEXT];
  fci_os_host (here);
  return strcmp (here, host) != 0 || kill ((pid_t) process, 0) == 0 || errno != ESRCH;
}

unsigned
fci_os_cores (void)
{
#ifdef HAVE_SCHED_GETAFFINITY
  cpu_set_t set;
  if (sched_getaffinity (0, sizeof set, &set) == 0 && CPU_COUNT (&set) > 0)
    return (unsigned) CPU_COUNT (&set);
#endif
#if HAVE_DECL__SC_NPROCESSORS_ONLN
  long online = sysconf (_SC_NPROCESSORS_ONLN);
  if (online > 0)
    return (unsigned) online;
#endif
  return 1;
}

bool
fci_os_has_arm_crc32 (void)
{
#if defined __aarch64__ && defined __linux__ && defined HAVE_GETAUXVAL
  enum
  {
    CRC32 = 1 << 7 /* HWCAP_CRC32 of asm/hwcap.h; every processor but those of ARMv8.0 must have it */
  };
  return (getauxval (AT_HWCAP) & CRC32) != 0;
#else
  return false;
#endif
}

bool
fci_os_is_privileged (void)
{
#if defined HAVE_GETAUXVAL && HAVE_DECL_AT_SECURE
  return getauxval (AT_SECURE) != 0;
#elif defined HAVE_ISSETUGID
  return issetugid () != 0;
#else
  return getuid () != geteuid () || getgid () != getegid ();
#endif
}

bool
fci_os_random (void *bytes, size_t n)
{
#if defined HAVE_GETRANDOM && HAVE_DECL_GRND_NONBLOCK
  if (getrandom (bytes, n, GRND_NONBLOCK) == (ssize_t) n)
    return true;
#elif defined HAVE_GETENTROPY
  if (getentropy (bytes, n) == 0)
    return true;
#endif
  int fd = open ("/dev/urandom", O_RDONLY | O_CLOEXEC);
  bool done = fd >= 0 && read (fd, bytes, n) == (ssize_t) n;
  if (fd >= 0)
    close (fd);
  return done;
}

/* ---- Threads */

void
fci_os_cond_init (pthread_cond_t *condition)
{
#ifdef HAVE_PTHREAD_CONDATTR_SETCLOCK
  pthread_condattr_t attributes;
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (condition, &attributes);
  pthread_condattr_destroy (&attributes);
#else
  pthread_cond_init (condition, NULL);
#endif
}

struct timespec
fci_os_cond_now (void)
{
  struct timespec now = { 0 };
#ifdef HAVE_PTHREAD_CONDATTR_SETCLOCK
  clock_gettime (CLOCK_MONOTONIC, &now);
#else
  clock_gettime (CLOCK_REALTIME, &now);
#endif
  return now;
}

int
fci_os_thread (pthread_t *thread, void *(*run) (void *arg), void *arg)
{
  pthread_attr_t attributes;
  size_t stack = 0;
  int error = pthread_attr_init (&attributes);
  if (error != 0)
    return error;
  if (pthread_attr_getstacksize (&attributes, &stack) == 0 && stack < STACK)
    pthread_attr_setstacksize (&attributes, STACK);
  error = pthread_create (thread, &attributes, run, arg);
  pthread_attr_destroy (&attributes);
  return error;
}

/* ---- Text and memory */

const char *
fci_os_error_text (int os_errno, char buffer[FCI_ERROR_TEXT])
{
#if defined HAVE_STRERROR_R && defined STRERROR_R_CHAR_P
  return strerror_r (os_errno, buffer, FCI_ERROR_TEXT);
#elif defined HAVE_STRERROR_R
  if (strerror_r (os_errno, buffer, FCI_ERROR_TEXT) == 0)
    return buffer;
#endif
  snprintf (buffer, FCI_ERROR_TEXT, "error %d", os_errno);
  return buffer;
}

const void *
fci_os_find (const void *in, size_t in_size, const void *bytes, size_t n)
{
#ifdef HAVE_MEMMEM
  return memmem (in, in_size, bytes, n);
#else
  const char *at = in, *last = at + in_size;
  for (; n > 0 && (size_t) (last - at) >= n; at++)
    if (!(at = memchr (at, *(const char *) bytes, (size_t) (last - at) - n + 1)))
      return NULL;
    else if (memcmp (at, bytes, n) == 0)
      return at;
  return n == 0 ? in : NULL;
#endif
}

locale_t
fci_os_c_locale_begin (void)
{
#ifdef HAVE_USELOCALE
  locale_t c_locale = newlocale (LC_ALL_MASK, "C", (locale_t) 0);
  return c_locale ? uselocale (c_locale) : (locale_t) 0;
#else
  return (locale_t) 0;
#endif
}

void
fci_os_c_locale_end (locale_t before)
{
#ifdef HAVE_USELOCALE
  if (before)
    freelocale (uselocale (before));
#else
  (void) before;
#endif
}

double
fci_os_strtod (const char *text, char **end)
{
#if HAVE_DECL_STRTOD_L
  locale_t c = newlocale (LC_ALL_MASK, "C", (locale_t) 0);
  double value = c ? strtod_l (text, end, c) : strtod (text, end);
  if (c)
    freelocale (c);
  return value;
#else
  locale_t before = fci_os_c_locale_begin ();
  double value = strtod (text, end);
  fci_os_c_locale_end (before);
  return value;
#endif
}

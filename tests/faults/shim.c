/* tests/faults/shim.c: a library to preload, in which the Nth call of a class fails.
 * SPDX-License-Identifier: Apache-2.0
 *
 * FAULT_CLASS   class of calls, one of CLASSES below
 * FAULT_AT      which of them fails, from 1
 * FAULT_ERRNO   its errno; 0: it moves only half of the bytes
 * FAULT_HIT     file that is written when it fails: the call and what it was for; else it is empty
 * FAULT_TRACE   file to which each call is written at the end: its class and a number for the callers
 *
 * Only calls of fmtconv and its libraries are seen, not those of the C library inside of itself. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CLASSES(X) \
  X (alloc)        \
  X (open)         \
  X (fopen)        \
  X (opendir)      \
  X (readdir)      \
  X (stat)         \
  X (access)       \
  X (readlink)     \
  X (realpath)     \
  X (dlopen)       \
  X (read)         \
  X (write)        \
  X (copy)         \
  X (fallocate)    \
  X (ftruncate)    \
  X (fsync)        \
  X (close)        \
  X (rename)       \
  X (link)         \
  X (unlink)       \
  X (mkdir)        \
  X (chmod)        \
  X (flock)        \
  X (statvfs)      \
  X (thread)

enum class
{
#define X(name) C_##name,
  CLASSES (X)
#undef X
      N_CLASSES
};

static const char *const names[] = {
#define X(name) #name,
  CLASSES (X)
#undef X
};

enum
{
  DEPTH = 12,       /* of callers that tell calls apart */
  TRACED = 1 << 20, /* calls, at most */
  SKIP = 3          /* frames of this library */
};

static struct
{
  uint8_t class;
  uint32_t callers;
} traced[TRACED];

static atomic_size_t n_traced;
static atomic_long count[N_CLASSES];
static enum class target = N_CLASSES;
static long at;
static int error;
static int hit = -1, trace = -1; /* opened at the start: the program gives up the right to make other files */
static atomic_bool on;
static _Thread_local bool inside; /* calls of this library itself do not count */

static long
number (const char *variable)
{
  const char *text = getenv (variable);
  return text ? strtol (text, NULL, 10) : 0;
}

static int
open_named (const char *variable)
{
  const char *path = getenv (variable);
  return path ? (int) syscall (SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
              : -1;
}

__attribute__ ((constructor)) static void
start (void)
{
  void *frames[2];
  const char *class = getenv ("FAULT_CLASS");
  for (int i = 0; class && i < N_CLASSES; i++)
    if (strcmp (class, names[i]) == 0)
      target = (enum class) i;
  at = number ("FAULT_AT");
  error = (int) number ("FAULT_ERRNO");
  hit = open_named ("FAULT_HIT");
  trace = open_named ("FAULT_TRACE");
  backtrace (frames, 2); /* loads what it needs */
  unsetenv ("LD_PRELOAD");
  on = true;
}

__attribute__ ((destructor)) static void
end (void)
{
  on = false;
  FILE *file = trace >= 0 ? fdopen (trace, "w") : NULL;
  const size_t n = n_traced < TRACED ? n_traced : TRACED;
  for (size_t i = 0; file && i < n; i++)
    fprintf (file, "%s %08x\n", names[traced[i].class], traced[i].callers);
  if (file)
    fclose (file);
}

/* Returns a number for the callers, the same in each run: addresses count from where their file was loaded. */
static uint32_t
callers (void)
{
  void *frames[DEPTH + SKIP];
  const int n = backtrace (frames, DEPTH + SKIP);
  uint32_t hash = 2166136261u;
  for (int i = SKIP; i < n; i++)
    {
      Dl_info file = { 0 };
      dladdr (frames[i], &file);
      const uintptr_t frame = (uintptr_t) frames[i] - (uintptr_t) file.dli_fbase;
      for (size_t byte = 0; byte < sizeof frame; byte++)
        hash = (hash ^ (frame >> 8 * byte & 0xff)) * 16777619u;
    }
  return hash;
}

static void
note_hit (enum class class, const char *path, int fd)
{
  char target_of[4096] = "", link[64];
  if (fd >= 0 && (!path || *path != '/'))
    {
      snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
      syscall (SYS_readlink, link, target_of, sizeof target_of - 1);
    }
  FILE *file = hit >= 0 ? fdopen (hit, "w") : NULL;
  if (!file)
    return;
  fprintf (file, "%s %s%s%s\n", names[class], target_of, *target_of && path ? "/" : "", path ? path : "");
  fclose (file);
}

/* Counts a call; returns whether it fails, with errno set. */
static bool
fails (enum class class, const char *path, int fd)
{
  if (!on || inside)
    return false;
  inside = true;
  const long n = atomic_fetch_add (&count[class], 1) + 1;
  const bool is_it = class == target && n == at;
  if (trace >= 0)
    {
      const size_t i = atomic_fetch_add (&n_traced, 1);
      if (i < TRACED)
        {
          traced[i].class = (uint8_t) class;
          traced[i].callers = callers ();
        }
    }
  if (is_it)
    note_hit (class, path, fd);
  if (is_it && getenv ("FAULT_STACK"))
    {
      void *frames[40];
      backtrace_symbols_fd (frames, backtrace (frames, 40), STDERR_FILENO);
    }
  inside = false;
  if (is_it)
    errno = error;
  return is_it;
}

/* Finds the function that this library stands before. */
#define REAL(name)                                           \
  static __typeof__ (name) *real;                            \
  if (!real)                                                 \
    {                                                        \
      const bool was_inside = inside;                        \
      inside = true;                                         \
      real = (__typeof__ (name) *) dlsym (RTLD_NEXT, #name); \
      inside = was_inside;                                   \
    }

/* ---- Memory */

extern void *__libc_malloc (size_t);
extern void *__libc_calloc (size_t, size_t);
extern void *__libc_realloc (void *, size_t);
extern void *__libc_memalign (size_t, size_t);
extern void __libc_free (void *);

void *
malloc (size_t n)
{
  return fails (C_alloc, NULL, -1) ? NULL : __libc_malloc (n);
}

void *
calloc (size_t n, size_t size)
{
  return fails (C_alloc, NULL, -1) ? NULL : __libc_calloc (n, size);
}

void *
realloc (void *old, size_t n)
{
  return fails (C_alloc, NULL, -1) ? NULL : __libc_realloc (old, n);
}

void
free (void *old)
{
  __libc_free (old);
}

int
posix_memalign (void **out, size_t align, size_t n)
{
  if (fails (C_alloc, NULL, -1))
    return ENOMEM;
  *out = __libc_memalign (align, n);
  return *out ? 0 : ENOMEM;
}

void *
aligned_alloc (size_t align, size_t n)
{
  return fails (C_alloc, NULL, -1) ? NULL : __libc_memalign (align, n);
}

/* ---- Opening.  Each with its name for large files, which is the one that is called. */

#define OPEN(name)                                                                                 \
  int name (const char *path, int flags, ...)                                                      \
  {                                                                                                \
    va_list ap;                                                                                    \
    va_start (ap, flags);                                                                          \
    const int mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg (ap, int) : 0; \
    va_end (ap);                                                                                   \
    REAL (name)                                                                                    \
    return fails (C_open, path, -1) ? -1 : real (path, flags, mode);                               \
  }
OPEN (open)
OPEN (open64)

#define OPENAT(name)                                                                               \
  int name (int folder, const char *path, int flags, ...)                                          \
  {                                                                                                \
    va_list ap;                                                                                    \
    va_start (ap, flags);                                                                          \
    const int mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg (ap, int) : 0; \
    va_end (ap);                                                                                   \
    REAL (name)                                                                                    \
    return fails (C_open, path, folder) ? -1 : real (folder, path, flags, mode);                   \
  }
OPENAT (openat)
OPENAT (openat64)

long
syscall (long n, ...)
{
  long a[6];
  va_list ap;
  va_start (ap, n);
  for (int i = 0; i < 6; i++)
    a[i] = va_arg (ap, long);
  va_end (ap);
  if (n == SYS_openat2 && fails (C_open, (const char *) a[1], -1))
    return -1;
  if (n == SYS_renameat2 && fails (C_rename, (const char *) a[1], -1))
    return -1;
  REAL (syscall)
  return real (n, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#define FOPEN(name)                                              \
  FILE *name (const char *path, const char *mode)                \
  {                                                              \
    REAL (name)                                                  \
    return fails (C_fopen, path, -1) ? NULL : real (path, mode); \
  }
FOPEN (fopen)
FOPEN (fopen64)

DIR *
opendir (const char *path)
{
  REAL (opendir)
  return fails (C_opendir, path, -1) ? NULL : real (path);
}

DIR *
fdopendir (int fd)
{
  REAL (fdopendir)
  return fails (C_opendir, NULL, fd) ? NULL : real (fd);
}

struct dirent *
readdir (DIR *folder)
{
  REAL (readdir)
  return fails (C_readdir, NULL, dirfd (folder)) ? NULL : real (folder);
}

struct dirent64 *
readdir64 (DIR *folder)
{
  REAL (readdir64)
  return fails (C_readdir, NULL, dirfd (folder)) ? NULL : real (folder);
}

void *
dlopen (const char *path, int flags)
{
  REAL (dlopen)
  /* The loader's own text of an error is only there if the loader fails. */
  if (!path || !fails (C_dlopen, path, -1))
    return real (path, flags);
  void *none = real ("/nonexistent/injected.so", flags);
  errno = error;
  return none;
}

/* ---- Looking */

#define STAT(name, type)                                    \
  int name (const char *path, struct type *st)              \
  {                                                         \
    REAL (name)                                             \
    return fails (C_stat, path, -1) ? -1 : real (path, st); \
  }
STAT (stat, stat)
STAT (stat64, stat64)
STAT (lstat, stat)
STAT (lstat64, stat64)

#define FSTAT(name, type)                                 \
  int name (int fd, struct type *st)                      \
  {                                                       \
    REAL (name)                                           \
    return fails (C_stat, NULL, fd) ? -1 : real (fd, st); \
  }
FSTAT (fstat, stat)
FSTAT (fstat64, stat64)

#define FSTATAT(name, type)                                                    \
  int name (int folder, const char *path, struct type *st, int flags)          \
  {                                                                            \
    REAL (name)                                                                \
    return fails (C_stat, path, folder) ? -1 : real (folder, path, st, flags); \
  }
FSTATAT (fstatat, stat)
FSTATAT (fstatat64, stat64)

int
access (const char *path, int mode)
{
  REAL (access)
  return fails (C_access, path, -1) ? -1 : real (path, mode);
}

int
faccessat (int folder, const char *path, int mode, int flags)
{
  REAL (faccessat)
  return fails (C_access, path, folder) ? -1 : real (folder, path, mode, flags);
}

ssize_t
readlink (const char *path, char *out, size_t n)
{
  REAL (readlink)
  return fails (C_readlink, path, -1) ? -1 : real (path, out, n);
}

ssize_t
readlinkat (int folder, const char *path, char *out, size_t n)
{
  REAL (readlinkat)
  return fails (C_readlink, path, folder) ? -1 : real (folder, path, out, n);
}

char *
realpath (const char *path, char *out)
{
  REAL (realpath)
  return fails (C_realpath, path, -1) ? NULL : real (path, out);
}

#define STATVFS(name, type)                                   \
  int name (int fd, struct type *out)                         \
  {                                                           \
    REAL (name)                                               \
    return fails (C_statvfs, NULL, fd) ? -1 : real (fd, out); \
  }
STATVFS (fstatvfs, statvfs)
STATVFS (fstatvfs64, statvfs64)

/* ---- Bytes */

static size_t
half (size_t n)
{
  return n > 1 ? n / 2 : n;
}

/* Ends a call that fails, or goes on with half of the bytes. */
#define SHORTEN(class, fd)     \
  if (fails (class, NULL, fd)) \
    {                          \
      if (error != 0)          \
        return -1;             \
      n = half (n);            \
    }

ssize_t
read (int fd, void *to, size_t n)
{
  REAL (read)
  SHORTEN (C_read, fd)
  return real (fd, to, n);
}

#define PREAD(name, type)                                \
  ssize_t name (int fd, void *to, size_t n, type offset) \
  {                                                      \
    REAL (name)                                          \
    SHORTEN (C_read, fd)                                 \
    return real (fd, to, n, offset);                     \
  }
PREAD (pread, off_t)
PREAD (pread64, off64_t)

ssize_t
write (int fd, const void *from, size_t n)
{
  REAL (write)
  SHORTEN (C_write, fd)
  return real (fd, from, n);
}

#define PWRITE(name, type)                                       \
  ssize_t name (int fd, const void *from, size_t n, type offset) \
  {                                                              \
    REAL (name)                                                  \
    SHORTEN (C_write, fd)                                        \
    return real (fd, from, n, offset);                           \
  }
PWRITE (pwrite, off_t)
PWRITE (pwrite64, off64_t)

ssize_t
copy_file_range (int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags)
{
  REAL (copy_file_range)
  SHORTEN (C_copy, to)
  return real (from, from_at, to, to_at, n, flags);
}

/* ---- Making, naming, removing */

#define FALLOCATE(name, type)                                               \
  int name (int fd, int mode, type offset, type n)                          \
  {                                                                         \
    REAL (name)                                                             \
    return fails (C_fallocate, NULL, fd) ? -1 : real (fd, mode, offset, n); \
  }
FALLOCATE (fallocate, off_t)
FALLOCATE (fallocate64, off64_t)

#define FTRUNCATE(name, type)                                 \
  int name (int fd, type n)                                   \
  {                                                           \
    REAL (name)                                               \
    return fails (C_ftruncate, NULL, fd) ? -1 : real (fd, n); \
  }
FTRUNCATE (ftruncate, off_t)
FTRUNCATE (ftruncate64, off64_t)

int
fsync (int fd)
{
  REAL (fsync)
  return fails (C_fsync, NULL, fd) ? -1 : real (fd);
}

/* The descriptor is closed all the same, as Linux does. */
int
close (int fd)
{
  REAL (close)
  const bool is_it = fails (C_close, NULL, fd);
  const int code = real (fd);
  if (!is_it)
    return code;
  errno = error;
  return -1;
}

int
renameat (int from_folder, const char *from, int to_folder, const char *to)
{
  REAL (renameat)
  return fails (C_rename, from, from_folder) ? -1 : real (from_folder, from, to_folder, to);
}

int
renameat2 (int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
  REAL (renameat2)
  return fails (C_rename, from, from_folder) ? -1 : real (from_folder, from, to_folder, to, flags);
}

int
linkat (int from_folder, const char *from, int to_folder, const char *to, int flags)
{
  REAL (linkat)
  return fails (C_link, from, from_folder) ? -1 : real (from_folder, from, to_folder, to, flags);
}

int
unlinkat (int folder, const char *path, int flags)
{
  REAL (unlinkat)
  return fails (C_unlink, path, folder) ? -1 : real (folder, path, flags);
}

int
mkdirat (int folder, const char *path, mode_t mode)
{
  REAL (mkdirat)
  return fails (C_mkdir, path, folder) ? -1 : real (folder, path, mode);
}

int
fchmod (int fd, mode_t mode)
{
  REAL (fchmod)
  return fails (C_chmod, NULL, fd) ? -1 : real (fd, mode);
}

int
flock (int fd, int operation)
{
  REAL (flock)
  return fails (C_flock, NULL, fd) ? -1 : real (fd, operation);
}

int
pthread_create (pthread_t *thread, const pthread_attr_t *attributes, void *(*run) (void *), void *arg)
{
  REAL (pthread_create)
  return fails (C_thread, NULL, -1) ? EAGAIN : real (thread, attributes, run, arg);
}

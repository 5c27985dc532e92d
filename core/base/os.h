/* core/base/os.h: the calls that not every operating system, kernel, file system or C library has.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each works as well without the call that it wraps, only slower or less atomic.  All other code calls these, so that
 * os-*.c and this file hold every difference between systems; tests/contract/system-calls.sh looks for others. */
#ifndef FCI_BASE_OS_H
#define FCI_BASE_OS_H

#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#ifdef HAVE_XLOCALE_H
#include <xlocale.h>
#endif

enum
{
/* How a folder is opened that is only a start for other calls: no permission to list it is needed. */
#if HAVE_DECL_O_PATH
  FCI_O_SEARCH = O_PATH | O_DIRECTORY | O_CLOEXEC,
#elif HAVE_DECL_O_SEARCH
  FCI_O_SEARCH = O_SEARCH | O_DIRECTORY | O_CLOEXEC,
#else
  FCI_O_SEARCH = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
#endif
#ifdef PATH_MAX
  FCI_PATH_MAX = PATH_MAX,
#else
  FCI_PATH_MAX = 4096,
#endif
  FCI_ERROR_TEXT = 128, /* bytes for fci_os_error_text */
  FCI_HOST_TEXT = 256,  /* bytes for fci_os_host */
  FCI_BOOT_TEXT = 64    /* bytes for fci_os_boot */
};

/* Flags of fci_os_rename. */
enum
{
  FCI_RENAME_NOREPLACE = 1, /* fails with EEXIST if the new name exists */
  FCI_RENAME_EXCHANGE = 2   /* gives each file the name of the other */
};

/* ---- Files (os-open.c, os-rename.c, os-folder.c, os-file.c) */

/* Opens `name` in a folder; EXDEV or ELOOP: a link was met that leads out of the folder, or, on a system that cannot
 * tell, a link. */
int fci_os_open_beneath (int folder, const char *name, int flags);

/* Opens an unnamed temporary file in a folder.  Returns a descriptor, or -1 with errno. */
int fci_os_open_unnamed (const char *folder);

/* Renames in a folder; `flags` is 0 or one of FCI_RENAME.  Where the system or the file system cannot, NOREPLACE takes
 * a hard link, or else reserves the new name with an empty file or folder; EXCHANGE takes a hard link, or else fails
 * with EINVAL.  No file is ever replaced with NOREPLACE, and the new name is never missing during EXCHANGE. */
int fci_os_rename (int folder, const char *from, const char *to, unsigned flags);

/* Gives a file or link in a folder a second name in another folder; links are not followed.  -1 with errno. */
int fci_os_link (int from_folder, const char *from, int to_folder, const char *to);

/* Returns whether the file system of a folder shows several others as one, where only new folders can be renamed. */
bool fci_os_is_layered (int folder);

/* Returns whether a file or folder is known to have no access lists or other attributes that a new one lacks; false if the system
 * cannot tell.  errno stays. */
bool fci_os_has_no_attributes (int folder);

/* Returns whether a folder in another is known not to be a mount point; false if the system cannot tell. */
bool fci_os_is_not_mounted (int parent, const char *name);

/* Calls `found` with the working folder of this and, where the system tells, of each other process. */
void fci_os_working_folders (void (*found) (void *arg, const struct stat *folder), void *arg);

/* Copies bytes from file to file in the kernel; -1 with ENOSYS where that is not possible. */
ssize_t fci_os_copy_range (int from, off_t *from_at, int to, off_t *to_at, size_t n);

/* Says that a range will be read soon.  Failures are ignored. */
void fci_os_will_need (int fd, off_t at, off_t n);

/* Removes a file's bytes, all of which are on the disk, from the memory of the system, so that they are read from the disk
 * again.  Failures are ignored. */
void fci_os_drop_cache (int fd);

/* Returns the bytes of memory of the machine, 0: not known. */
uint64_t fci_os_memory (void);

/* Sets the size of an empty file, and reserves its blocks where the file system can do that without writing them. */
int fci_os_reserve (int fd, off_t size);

/* Locks a file or folder until it is closed, without waiting; EWOULDBLOCK: another process has it. */
int fci_os_lock (int fd);

/* Locks it for this process and others that do the same; EWOULDBLOCK: another process has it alone. */
int fci_os_lock_shared (int fd);

/* Returns the time of the last change of a file's bytes. */
struct timespec fci_os_mtime (const struct stat *st);

/* ---- Process (os-process.c) */

/* Writes the name of this machine, without slashes. */
void fci_os_host (char name[FCI_HOST_TEXT]);

/* Writes a text that differs each time the machine is started.  Returns false where the system does not tell. */
bool fci_os_boot (char text[FCI_BOOT_TEXT]);

/* Returns whether a process of that number may be running; always true for another machine's. */
bool fci_os_is_running (long process, const char *host);

/* Returns how many cores this process may use, at least 1. */
unsigned fci_os_cores (void);

/* Returns whether the program has privileges that its caller lacks. */
bool fci_os_is_privileged (void);

/* Returns whether an arm64 processor has the CRC32 instructions; false on other processors, and where the system does not
 * tell. */
bool fci_os_has_arm_crc32 (void);

/* Fills n bytes, at most 256, with random numbers, without waiting for them.  Returns false if there are none yet. */
bool fci_os_random (void *bytes, size_t n);

/* ---- Memory (os-memory.c) */

/* Returns the peak memory of this process in bytes; 0: unknown. */
uint64_t fci_os_peak_memory (void);

/* Asks for large pages in n bytes that are all going to be used, where the system has them: there, the first use of 2 MiB is one
 * page fault instead of 512, and a walk misses fewer addresses.  Without them, nothing changes. */
void fci_os_large_pages (void *at, size_t n);

/* ---- Threads (os-thread.c) */

/* Initializes a condition whose deadlines are counted from fci_os_cond_now. */
void fci_os_cond_init (pthread_cond_t *condition);
struct timespec fci_os_cond_now (void);

/* Starts a thread whose stack is as large on every system.  Returns 0 or an error number. */
int fci_os_thread (pthread_t *thread, void *(*run) (void *arg), void *arg);

/* ---- Text and memory (os-text.c) */

/* Returns the text of an error number, in `buffer` or constant.  Several threads may call it. */
const char *fci_os_error_text (int os_errno, char buffer[FCI_ERROR_TEXT]);

/* Returns the first place of n bytes in `in`, or NULL. */
const void *fci_os_find (const void *in, size_t in_size, const void *bytes, size_t n);

/* Switches this thread's printf and strtod to the C locale.  fci_os_c_locale_end takes the value that begin returned. */
locale_t fci_os_c_locale_begin (void);
void fci_os_c_locale_end (locale_t before);

/* Parses a number as strtod does, with a decimal point in every locale. */
double fci_os_strtod (const char *text, char **end);

#endif

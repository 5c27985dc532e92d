/* tests/cli/without.h: makes system calls of this process and its children fail, as on systems that lack them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WITHOUT_H
#define WITHOUT_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

typedef struct refused_call
{
  const char *name;
  uint32_t number;
  int argument; /* -1: any; else the number of the argument that must have all bits of `bits` */
  uint32_t bits;
} refused_call;

static const refused_call refused_calls[] = {
#ifdef SYS_openat2
  { "openat2", SYS_openat2, -1, 0 },
#endif
#ifdef SYS_renameat2
  { "renameat2", SYS_renameat2, -1, 0 },
#endif
#ifdef SYS_copy_file_range
  { "copy_file_range", SYS_copy_file_range, -1, 0 },
#endif
#ifdef O_TMPFILE
  { "O_TMPFILE", SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY },
#endif
  { "linkat", SYS_linkat, -1, 0 },
  { "fallocate", SYS_fallocate, -1, 0 },
  { "flock", SYS_flock, -1, 0 },
  { "sched_getaffinity", SYS_sched_getaffinity, -1, 0 },
  { "getrandom", SYS_getrandom, -1, 0 },
  { "fadvise", SYS_fadvise64, -1, 0 },
#ifdef SYS_pwrite64
  { "pwrite64", SYS_pwrite64, -1, 0 },
#endif
};

static const struct
{
  const char *name;
  int error;
} refused_errors[] = { { "ENOSYS", ENOSYS },         { "EINVAL", EINVAL }, { "EPERM", EPERM },
                       { "EOPNOTSUPP", EOPNOTSUPP }, { "EXDEV", EXDEV },   { "ENOLCK", ENOLCK },
                       { "ENOSPC", ENOSPC } };

/* Makes a call fail.  Returns NULL, or why not. */
static inline const char *
refuse_call (const refused_call *call, int error)
{
  struct sock_filter filter[8];
  unsigned short n = 0;
  filter[n++] = (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr));
  filter[n++] =
      (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, call->number, 0, call->argument < 0 ? 1 : 4);
  if (call->argument >= 0)
    {
      size_t at = offsetof (struct seccomp_data, args) + 8 * (size_t) call->argument;
      filter[n++] = (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, (uint32_t) at);
      filter[n++] = (struct sock_filter) BPF_STMT (BPF_ALU | BPF_AND | BPF_K, call->bits);
      filter[n++] = (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, call->bits, 0, 1);
    }
  filter[n++] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t) error);
  filter[n++] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const struct sock_fprog program = { .len = n, .filter = filter };
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
      || prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    return strerror (errno);
  return NULL;
}

/* Mounts an empty folder over /proc for this process and its children. */
static inline const char *
hide_proc (void)
{
  if (unshare (CLONE_NEWNS) != 0 && unshare (CLONE_NEWUSER | CLONE_NEWNS) != 0)
    return strerror (errno);
  if (mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
      || mount ("none", "/proc", "tmpfs", 0, NULL) != 0)
    return strerror (errno);
  return NULL;
}

/* Makes one call fail: "openat2=ENOSYS", or "proc".  Returns NULL, or why that is not possible. */
static inline const char *
without (const char *one)
{
  if (strcmp (one, "proc") == 0)
    return hide_proc ();
  const size_t n = strcspn (one, "=");
  for (size_t i = 0; i < sizeof refused_calls / sizeof *refused_calls; i++)
    if (strlen (refused_calls[i].name) == n && strncmp (refused_calls[i].name, one, n) == 0)
      for (size_t k = 0; one[n] && k < sizeof refused_errors / sizeof *refused_errors; k++)
        if (strcmp (refused_errors[k].name, one + n + 1) == 0)
          return refuse_call (&refused_calls[i], refused_errors[k].error);
  return "not a known call and error";
}
#else
static inline const char *
without (const char *one)
{
  (void) one;
  return "calls can be refused on Linux only";
}
#endif
#endif

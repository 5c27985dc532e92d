/* tests/cli/escape.c: a plugin that does what the sandbox of the program refuses, as soon as it is loaded.
 * SPDX-License-Identifier: Apache-2.0
 *
 * ESCAPE says what: the name of a system call, or "write" for the file ESCAPE_FILE.  What succeeds, or fails with an error, is
 * said on standard error. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char *const words[] = { (char *) "true", NULL };

static long
call (const char *name)
{
  static char bytes[64];
  const struct iovec range = { bytes, sizeof bytes };
  pid_t child = 0;
  if (strcmp (name, "execve") == 0)
    return execv ("/bin/true", words);
  if (strcmp (name, "fork") == 0)
    return fork () == 0 ? (_exit (0), 0) : 0;
  if (strcmp (name, "spawn") == 0)
    return (errno = posix_spawn (&child, "/bin/true", NULL, NULL, words, NULL)) ? -1 : 0;
  if (strcmp (name, "socket") == 0)
    return socket (AF_INET, SOCK_STREAM, 0);
  if (strcmp (name, "unix-socket") == 0)
    return socket (AF_UNIX, SOCK_STREAM, 0);
  if (strcmp (name, "ptrace") == 0)
    return ptrace (PTRACE_TRACEME, 0, NULL, NULL);
  if (strcmp (name, "process_vm_readv") == 0)
    return process_vm_readv (getppid (), &range, 1, &range, 1, 0);
  if (strcmp (name, "kill") == 0)
    return kill (getppid (), SIGCONT);
  if (strcmp (name, "unshare") == 0)
    return unshare (CLONE_NEWUSER);
  if (strcmp (name, "mount") == 0)
    return mount ("none", "/proc", "tmpfs", 0, NULL);
  if (strcmp (name, "ioctl") == 0)
    return ioctl (STDIN_FILENO, TIOCSTI, "x");
#ifdef SYS_io_uring_setup
  if (strcmp (name, "io_uring_setup") == 0)
    return syscall (SYS_io_uring_setup, 1, bytes);
#endif
#ifdef SYS_bpf
  if (strcmp (name, "bpf") == 0)
    return syscall (SYS_bpf, 0, bytes, 0);
#endif
  errno = ENOSYS;
  return -1;
}

static long
change (const char *file)
{
  const int fd = open (file, O_WRONLY | O_CREAT, 0600);
  return fd < 0 ? -1 : (close (fd), unlink (file));
}

static void *
sleep_a_little (void *nothing)
{
  return nothing;
}

__attribute__ ((constructor)) static void
escape (void)
{
  const char *what = getenv ("ESCAPE"), *file = getenv ("ESCAPE_FILE");
  pthread_t thread;
  long done = -1;
  if (!what)
    return;
  if (strcmp (what, "write") == 0 && file)
    done = change (file);
  else if (strcmp (what, "thread") == 0) /* which is allowed */
    done = (errno = pthread_create (&thread, NULL, sleep_a_little, NULL)) ? -1 : pthread_join (thread, NULL);
  else
    done = call (what);
  fprintf (stderr, "escape: %s: %s\n", what, done < 0 ? strerror (errno) : "done");
}

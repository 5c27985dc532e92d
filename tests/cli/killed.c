/* tests/cli/killed.c: kills a command at the Nth system call that may change files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * killed N COMMAND...: kills the command (SIGKILL, all threads) before its Nth such call, or, if N is negative, after its
 * -Nth.  Prints how many there were until then.  Ends with 137 if the command was killed, else with its status; with 77 if
 * this system cannot do that. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined __linux__ && HAVE_LINUX_PTRACE_H
#include <linux/ptrace.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum
{
  /* Numbers of sys/ptrace.h, which cannot be included together with linux/ptrace.h. */
  TRACED = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL,
  SYSCALL_STOP = SIGTRAP | 0x80
};

static long
trace (long request, pid_t pid, unsigned long address, void *data)
{
  return syscall (SYS_ptrace, request, (long) pid, address, data);
}

/* Returns whether a call may change files: what is written, created, renamed, removed or flushed. */
static bool
is_change (const struct ptrace_syscall_info *info)
{
  static const long changes[] = {
    SYS_pwrite64,  SYS_copy_file_range, SYS_ftruncate, SYS_fallocate, SYS_fsync,     SYS_fchmod,
    SYS_mkdirat,   SYS_unlinkat,        SYS_linkat,    SYS_flock,     SYS_symlinkat,
#ifdef SYS_renameat2
    SYS_renameat2,
#endif
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_mkdir
    SYS_mkdir,     SYS_unlink,          SYS_rename,    SYS_rmdir,     SYS_link,      SYS_chmod,
#endif
  };
  const long number = (long) info->entry.nr;
  if (number == SYS_openat)
    return (info->entry.args[2] & O_CREAT) != 0;
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
    if (changes[i] == number)
      return true;
  return false;
}

/* Counts calls from the command's exec on, and returns true when the one that is looked for begins or has ended. */
static bool
meets (pid_t pid, long wanted, long *count, bool *inside)
{
  struct ptrace_syscall_info info;
  if (trace (PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0)
    return false;
  if (info.op == PTRACE_SYSCALL_INFO_EXIT && *inside)
    return true;
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !is_change (&info))
    return false;
  ++*count;
  *inside = *count == -wanted;
  return *count == wanted;
}

/* Lets the command run until it ends or is killed.  Returns its status. */
static int
follow (pid_t first, long wanted)
{
  long count = 0;
  bool inside = false;
  for (int status;;)
    {
      const pid_t pid = waitpid (-1, &status, __WALL);
      if (pid == first && (WIFEXITED (status) || WIFSIGNALED (status)))
        {
          printf ("%ld\n", count);
          return WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
        }
      if (pid < 0 && errno != EINTR)
        return 99;
      if (pid < 0 || !WIFSTOPPED (status))
        continue;
      const int signal = WSTOPSIG (status);
      if (signal == SYSCALL_STOP && meets (pid, wanted, &count, &inside))
        kill (first, SIGKILL);
      const bool own = signal == SYSCALL_STOP || signal == SIGTRAP || signal == SIGSTOP;
      trace (PTRACE_SYSCALL, pid, 0, (void *) (long) (own ? 0 : signal));
    }
}

static int
run (long wanted, char **command)
{
  int status;
  fflush (stdout);
  const pid_t pid = fork ();
  if (pid == 0)
    {
      if (trace (PTRACE_TRACEME, 0, 0, NULL) != 0)
        _exit (77);
      raise (SIGSTOP);
      execvp (command[0], command);
      _exit (127);
    }
  if (pid < 0 || waitpid (pid, &status, 0) != pid || !WIFSTOPPED (status)
      || trace (PTRACE_SETOPTIONS, pid, 0, (void *) (long) TRACED) != 0)
    return 77;
  struct ptrace_syscall_info info;
  if (trace (PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0
      || trace (PTRACE_SYSCALL, pid, 0, NULL) != 0)
    return 77;
  return follow (pid, wanted);
}
#else
static int
run (long wanted, char **command)
{
  (void) wanted, (void) command;
  return 77;
}
#endif

int
main (int argc, char **argv)
{
  if (argc < 3)
    {
      fputs ("usage: killed N COMMAND...\n", stderr);
      return 2;
    }
  return run (strtol (argv[1], NULL, 10), argv + 2);
}

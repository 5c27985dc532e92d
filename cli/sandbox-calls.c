/* cli/sandbox-calls.c: a seccomp filter that ends the process at system calls which fmtconv never makes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The filter lists what is refused and allows the rest.  A list of what is allowed would be shorter, but C libraries,
 * kernels and processors differ in the calls that open or malloc make, and a wrong one would break every conversion.  What is
 * listed runs other code, leaves the process, or reaches parts of the kernel where defects were found; none of it is
 * needed to convert files.  Facts: Linux, Documentation/userspace-api/seccomp_filter.rst, seccomp(2). */
#include "config.h"

#include "cli.h"
#include "sandbox.h"
#if defined HAVE_LINUX_SECCOMP_H && defined HAVE_LINUX_FILTER_H && defined HAVE_LINUX_AUDIT_H \
    && HAVE_DECL_SYS_SECCOMP
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The processor, as the kernel names it for each call: a 64-bit process can also make 32-bit calls, whose numbers differ. */
#if defined __x86_64__ && !defined __ILP32__
#define ARCH AUDIT_ARCH_X86_64
#elif defined __i386__
#define ARCH AUDIT_ARCH_I386
#elif defined __aarch64__ && !defined __ILP32__ && !defined __AARCH64EB__
#define ARCH AUDIT_ARCH_AARCH64
#elif defined __arm__ && defined __ARM_EABI__ && !defined __ARMEB__
#define ARCH AUDIT_ARCH_ARM
#elif defined __s390x__
#define ARCH AUDIT_ARCH_S390X
#elif defined __powerpc64__ && defined __LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_PPC64LE
#elif defined __riscv && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#elif defined __loongarch64 && defined AUDIT_ARCH_LOONGARCH64
#define ARCH AUDIT_ARCH_LOONGARCH64
#endif
#endif

#ifdef ARCH
typedef struct refused
{
  const char *name;
  unsigned number;
  bool is_process; /* sanitizers make this call: they start processes, and examine threads */
} refused;

/* clang-format off */
#define CALL(name) { #name, SYS_##name, false }
#define PROCESS(name) { #name, SYS_##name, true }
static const refused calls[] = {
  /* Programs and processes. */
  PROCESS (execve), PROCESS (ptrace), CALL (rt_sigqueueinfo), CALL (unshare), CALL (setns), CALL (chroot),
#ifdef SYS_execveat
  PROCESS (execveat),
#endif
#ifdef SYS_fork
  PROCESS (fork), PROCESS (vfork),
#endif
#ifdef SYS_process_vm_readv
  CALL (process_vm_readv), CALL (process_vm_writev),
#endif
#ifdef SYS_pidfd_send_signal
  CALL (pidfd_send_signal),
#endif
#ifdef SYS_pidfd_getfd
  CALL (pidfd_getfd),
#endif
#ifdef SYS_process_madvise
  CALL (process_madvise),
#endif
  /* The network, and other processes by a socket. */
#ifdef SYS_socketcall
  CALL (socketcall),
#endif
#ifdef SYS_socket
  CALL (socket), CALL (socketpair), CALL (connect), CALL (bind), CALL (listen),
#endif
  /* Rings of calls, which no filter sees. */
#ifdef SYS_io_uring_setup
  CALL (io_uring_setup), CALL (io_uring_enter), CALL (io_uring_register),
#endif
  /* Parts of the kernel that a conversion needs nothing of. */
#ifdef SYS_bpf
  CALL (bpf),
#endif
#ifdef SYS_perf_event_open
  CALL (perf_event_open),
#endif
#ifdef SYS_userfaultfd
  CALL (userfaultfd),
#endif
#ifdef SYS_add_key
  CALL (add_key), CALL (request_key), CALL (keyctl),
#endif
#ifdef SYS_open_by_handle_at
  CALL (open_by_handle_at),
#endif
#ifdef SYS_fsopen
  CALL (fsopen), CALL (fsmount), CALL (move_mount), CALL (open_tree),
#endif
#ifdef SYS_mount_setattr
  CALL (mount_setattr),
#endif
#ifdef SYS_init_module
  CALL (init_module), CALL (delete_module),
#endif
#ifdef SYS_finit_module
  CALL (finit_module),
#endif
#ifdef SYS_kexec_load
  CALL (kexec_load),
#endif
#ifdef SYS_kexec_file_load
  CALL (kexec_file_load),
#endif
#ifdef SYS_iopl
  CALL (iopl), CALL (ioperm),
#endif
  CALL (mount), CALL (umount2), CALL (pivot_root), CALL (swapon), CALL (swapoff), CALL (reboot), CALL (acct),
  CALL (sethostname), CALL (setdomainname), CALL (quotactl)
};
/* clang-format on */

enum
{
  N_CALLS = sizeof calls / sizeof *calls,
  MOST = 2 * N_CALLS + 40, /* instructions */
#ifdef __s390x__
  CLONE_FLAGS = 1, /* the number of the argument */
#else
  CLONE_FLAGS = 0,
#endif
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  LOW_HALF = 4 /* bytes before the lower half of an argument */
#else
  LOW_HALF = 0
#endif
};

typedef struct filter
{
  struct sock_filter code[MOST];
  unsigned short n;
} filter;

static int exit_status;

static void
add (filter *f, unsigned code, unsigned k, unsigned if_true, unsigned if_false)
{
  f->code[f->n++] =
      (struct sock_filter){ (unsigned short) code, (unsigned char) if_true, (unsigned char) if_false, k };
}

static void
add_load (filter *f, size_t at)
{
  add (f, BPF_LD | BPF_W | BPF_ABS, (unsigned) at, 0, 0);
}

static void
add_load_argument (filter *f, size_t i)
{
  add_load (f, offsetof (struct seccomp_data, args) + 8 * i + LOW_HALF);
}

static void
add_return (filter *f, unsigned action)
{
  add (f, BPF_RET | BPF_K, action, 0, 0);
}

/* Adds: if the loaded value is k, the process ends. */
static void
add_refusal (filter *f, unsigned k)
{
  add (f, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
  add_return (f, SECCOMP_RET_TRAP);
}

/* A terminal takes these for keys that were pressed, which the shell reads after the end. */
static void
add_terminals (filter *f)
{
  add (f, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 6);
  add_load_argument (f, 1);
  add_refusal (f, TIOCSTI);
  add_refusal (f, 0x541C); /* TIOCLINUX, which also pastes */
  add_return (f, SECCOMP_RET_ALLOW);
}

/* A thread is a process that shares all; without clone3, whose flags lie in memory that a filter cannot
 * read, the C library starts one with clone.  Signals to others; number 0 only asks whether they run. */
static void
add_processes (filter *f)
{
#ifdef SYS_clone3
  add (f, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
  add_return (f, SECCOMP_RET_ERRNO | ENOSYS);
#endif
  add (f, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
  add_load_argument (f, CLONE_FLAGS);
  add (f, BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0);
  add_return (f, SECCOMP_RET_TRAP);
  add_return (f, SECCOMP_RET_ALLOW);
  add (f, BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 4);
  add_load_argument (f, 1);
  add (f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
  add_return (f, SECCOMP_RET_TRAP);
  add_return (f, SECCOMP_RET_ALLOW);
}

static void
make_filter (filter *f)
{
  f->n = 0;
  add_load (f, offsetof (struct seccomp_data, arch));
  add (f, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
  add_return (f, SECCOMP_RET_TRAP);
  add_load (f, offsetof (struct seccomp_data, nr));
#ifdef __x86_64__
  add (f, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1); /* calls of the x32 ABI */
  add_return (f, SECCOMP_RET_TRAP);
#endif
  for (size_t i = 0; i < N_CALLS; i++)
    if (!SANDBOX_IS_INSTRUMENTED || !calls[i].is_process)
      add_refusal (f, calls[i].number);
  if (!SANDBOX_IS_INSTRUMENTED)
    add_processes (f);
  add_terminals (f);
  add_return (f, SECCOMP_RET_ALLOW);
}

static const char *
name_of (int number)
{
  for (size_t i = 0; i < N_CALLS; i++)
    if ((int) calls[i].number == number)
      return calls[i].name;
  return number == SYS_clone   ? "clone"
         : number == SYS_kill  ? "kill"
         : number == SYS_ioctl ? "ioctl"
                               : "a system call";
}

/* Says what was called and ends the process, without a destructor: what runs here is not known.  Temporaries stay, as
 * after a kill. */
static void
on_refused (int signal_number, siginfo_t *info, void *context)
{
  static const char
      begin[] = "fmtconv: stopped by the sandbox: code in this process called ",
      end[] = ", which fmtconv never does (hint: if you trust the plugins and the input, --no-sandbox "
              "allows it)\n";
  const char *name = name_of (info->si_syscall);
  (void) signal_number, (void) context;
  if (write (STDERR_FILENO, begin, sizeof begin - 1) < 0 || write (STDERR_FILENO, name, strlen (name)) < 0
      || write (STDERR_FILENO, end, sizeof end - 1) < 0)
    _exit (exit_status);
  _exit (exit_status);
}

bool
sandbox_calls (int status)
{
  filter f;
  struct sigaction action = { .sa_sigaction = on_refused, .sa_flags = SA_SIGINFO };
  make_filter (&f);
  const struct sock_fprog program = { .len = f.n, .filter = f.code };
  exit_status = status;
  sigemptyset (&action.sa_mask);
  return sigaction (SIGSYS, &action, NULL) == 0 && prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
         && prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Asks whether the action is known; a kernel without the question has no filters that can be asked for. */
const char *
sandbox_calls_text (void)
{
  const unsigned action = SECCOMP_RET_TRAP;
  return syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ? "yes" : "no";
}
#else
bool
sandbox_calls (int status)
{
  (void) status;
  return false;
}

const char *
sandbox_calls_text (void)
{
  return "no";
}
#endif

/* core/base/os-process.c: this process, its machine, and others.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#ifdef HAVE_SYS_AUXV_H
#include <sys/auxv.h>
#endif
#ifdef HAVE_SYS_RANDOM_H
#include <sys/random.h>
#endif
#ifdef HAVE_SCHED_GETAFFINITY
#include <sched.h>
#endif

void
fci_os_host (char name[FCI_HOST_TEXT])
{
  struct utsname machine;
  snprintf (name, FCI_HOST_TEXT, "%s", uname (&machine) == 0 ? machine.nodename : "");
  for (char *at = name; (at = strchr (at, '/'));)
    *at = '-';
}

/* Linux: random_boot_id of random(4). */
bool
fci_os_boot (char text[FCI_BOOT_TEXT])
{
  int fd = open ("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd >= 0 ? read (fd, text, FCI_BOOT_TEXT - 1) : 0;
  if (fd >= 0)
    close (fd);
  text[n > 0 ? n : 0] = '\0';
  return n > 0;
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

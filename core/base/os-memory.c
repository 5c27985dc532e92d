/* core/base/os-memory.c: the memory of this process, and of the machine.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* Returns what Linux itself counts, in KiB; 0: another system. */
static uint64_t
peak_of_status (void)
{
  char text[4096]; /* the field is among the first 1500 bytes */
  const int fd = open ("/proc/self/status", O_RDONLY | O_CLOEXEC);
  const ssize_t n = fd >= 0 ? read (fd, text, sizeof text - 1) : 0;
  if (fd >= 0)
    close (fd);
  text[n > 0 ? n : 0] = '\0';
  const char *field = strstr (text, "\nVmHWM:");
  return field ? strtoull (field + strlen ("\nVmHWM:"), NULL, 10) : 0;
}

/* Prefers Linux's own count: getrusage includes the process image before exec, a shell, or Python with its libraries. */
uint64_t
fci_os_peak_memory (void)
{
  struct rusage usage = { 0 };
  const uint64_t kib = peak_of_status ();
  if (kib != 0 || getrusage (RUSAGE_SELF, &usage) != 0 || usage.ru_maxrss < 0)
    return kib * 1024;
#ifdef __APPLE__
  return (uint64_t) usage.ru_maxrss; /* in bytes there */
#else
  return (uint64_t) usage.ru_maxrss * 1024;
#endif
}

/* Advice is for whole pages. */
void
fci_os_large_pages (void *at, size_t n)
{
#ifdef MADV_HUGEPAGE
  const long page = sysconf (_SC_PAGESIZE);
  const uintptr_t size = page > 0 ? (uintptr_t) page : 1, mask = size - 1;
  const uintptr_t start = ((uintptr_t) at + mask) & ~mask, end = ((uintptr_t) at + n) & ~mask;
  const int before = errno;
  if (end > start)
    (void) madvise ((char *) at + (start - (uintptr_t) at), end - start, MADV_HUGEPAGE);
  errno = before;
#else
  (void) at, (void) n;
#endif
}

uint64_t
fci_os_memory (void)
{
#ifdef _SC_PHYS_PAGES
  const long pages = sysconf (_SC_PHYS_PAGES), page = sysconf (_SC_PAGESIZE);
  return pages > 0 && page > 0 ? (uint64_t) pages * (uint64_t) page : 0;
#else
  return 0;
#endif
}

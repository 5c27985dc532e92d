/* cli/memory.c: the peak memory of this program.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

/* Prefers Linux's own count: getrusage includes the process image before exec, a shell, or Python with its libraries. */
uint64_t
peak_memory (void)
{
  char line[128];
  uint64_t kib = 0;
  struct rusage usage = { 0 };
  FILE *status = fopen ("/proc/self/status", "re");
  while (status && kib == 0 && fgets (line, sizeof line, status))
    if (sscanf (line, "VmHWM: %" SCNu64 " kB", &kib) != 1)
      kib = 0;
  if (status)
    fclose (status);
  if (kib != 0 || getrusage (RUSAGE_SELF, &usage) != 0 || usage.ru_maxrss < 0)
    return kib * 1024;
#ifdef __APPLE__
  return (uint64_t) usage.ru_maxrss; /* in bytes there */
#else
  return (uint64_t) usage.ru_maxrss * 1024;
#endif
}

/* core/base/clock.c: the time that reports and plans are measured by.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/clock.h"
#include <time.h>

double
fci_monotonic_seconds (void)
{
  struct timespec now = { 0 };
  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

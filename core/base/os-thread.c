/* core/base/os-thread.c: threads and the clock of their conditions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"

enum
{
  STACK = 1 << 20 /* bytes of a thread's stack: musl gives 128 KiB, which a large row does not fit */
};

void
fci_os_cond_init (pthread_cond_t *condition)
{
#ifdef HAVE_PTHREAD_CONDATTR_SETCLOCK
  pthread_condattr_t attributes;
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (condition, &attributes);
  pthread_condattr_destroy (&attributes);
#else
  pthread_cond_init (condition, NULL);
#endif
}

struct timespec
fci_os_cond_now (void)
{
  struct timespec now = { 0 };
#ifdef HAVE_PTHREAD_CONDATTR_SETCLOCK
  clock_gettime (CLOCK_MONOTONIC, &now);
#else
  clock_gettime (CLOCK_REALTIME, &now);
#endif
  return now;
}

int
fci_os_thread (pthread_t *thread, void *(*run) (void *arg), void *arg)
{
  pthread_attr_t attributes;
  size_t stack = 0;
  int error = pthread_attr_init (&attributes);
  if (error != 0)
    return error;
  if (pthread_attr_getstacksize (&attributes, &stack) == 0 && stack < STACK)
    pthread_attr_setstacksize (&attributes, STACK);
  error = pthread_create (thread, &attributes, run, arg);
  pthread_attr_destroy (&attributes);
  return error;
}

/* tests/cli/escape-worker.c: a library to preload, with which each thread makes a socket before it begins its work.
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

typedef void *routine (void *arg);

typedef struct start
{
  routine *run;
  void *arg;
} start;

static void *
escape (void *arg)
{
  const start s = *(start *) arg;
  free (arg);
  socket (AF_INET, SOCK_STREAM, 0);
  return s.run (s.arg);
}

int
pthread_create (pthread_t *thread, const pthread_attr_t *attributes, routine *run, void *arg)
{
  typedef int create (pthread_t *, const pthread_attr_t *, routine *, void *);
  create *real;
  *(void **) &real = dlsym (RTLD_NEXT, "pthread_create");
  start *s = malloc (sizeof *s);
  *s = (start){ run, arg };
  return real (thread, attributes, escape, s);
}

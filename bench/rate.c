/* bench/rate.c: the rate of this machine for f32 products and sums, as separate instructions.
 * SPDX-License-Identifier: Apache-2.0
 *
 * rate [THREADS]: prints the rate of all threads together, in 10^9 operations a second, with the widest vectors of the
 * processor. */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum
{
  ROUNDS = 60000000, /* each of SUMS products and sums */
  SUMS = 12,
  MAX_THREADS = 64
};

static double
now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

/* Computes sums that do not depend on one another, of products that the compiler can neither drop nor fuse into them. */
#define LOOP(name, width, target)                                         \
  typedef float name##_vector __attribute__ ((vector_size ((width) *4))); \
  static target void *name (void *arg)                                    \
  {                                                                       \
    name##_vector sum[SUMS], a = { 0 }, b = { 0 };                        \
    a += 1.0001f;                                                         \
    b += 0.5f;                                                            \
    for (int i = 0; i < SUMS; i++)                                        \
      sum[i] = a * (float) i;                                             \
    for (long k = 0; k < ROUNDS; k++)                                     \
      {                                                                   \
        STEP (name, 0);                                                   \
        STEP (name, 1);                                                   \
        STEP (name, 2);                                                   \
        STEP (name, 3);                                                   \
        STEP (name, 4);                                                   \
        STEP (name, 5);                                                   \
        STEP (name, 6);                                                   \
        STEP (name, 7);                                                   \
        STEP (name, 8);                                                   \
        STEP (name, 9);                                                   \
        STEP (name, 10);                                                  \
        STEP (name, 11);                                                  \
      }                                                                   \
    for (int i = 1; i < SUMS; i++)                                        \
      sum[0] += sum[i];                                                   \
    *(float *) arg = sum[0][0];                                           \
    return NULL;                                                          \
  }
#define STEP(name, i)                            \
  do                                             \
    {                                            \
      name##_vector product = a * b;             \
      __asm__ volatile("" : REGISTER (product)); \
      sum[i] += product;                         \
    }                                            \
  while (0)

#ifdef __x86_64__
#define REGISTER "+v"
LOOP (wide, 16, __attribute__ ((target ("avx512f"))))
#undef REGISTER
#define REGISTER "+x"
LOOP (middle, 8, __attribute__ ((target ("avx2"))))
#elif defined __aarch64__
#define REGISTER "+w"
#else
#define REGISTER "+m"
#endif
LOOP (narrow, 4, )

typedef void *loop (void *);

static loop *
widest (int *width)
{
#ifdef __x86_64__
  __builtin_cpu_init ();
  *width = 16;
  if (__builtin_cpu_supports ("avx512f"))
    return wide;
  *width = 8;
  if (__builtin_cpu_supports ("avx2"))
    return middle;
#endif
  *width = 4;
  return narrow;
}

int
main (int argc, char **argv)
{
  int threads = argc > 1 ? atoi (argv[1]) : 1, width, started = 0;
  pthread_t thread[MAX_THREADS];
  float result[MAX_THREADS];
  loop *run = widest (&width);
  double start = now ();
  while (started < threads && started < MAX_THREADS
         && pthread_create (&thread[started], NULL, run, &result[started]) == 0)
    started++;
  for (int i = 0; i < started; i++)
    pthread_join (thread[i], NULL);
  printf ("%.1f\n", 2.0 * ROUNDS * SUMS * width * started / (now () - start) / 1e9);
  return 0;
}

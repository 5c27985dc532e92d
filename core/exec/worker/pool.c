/* core/exec/worker/pool.c: runs the units of a job on workers, and reports progress.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/base/ranks.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/pool.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum
{
  BEAT_NS = 100 * 1000 * 1000 /* interval of progress reports */
};

void
fci_pool_share_scratch (fci_pool *pool, bool verify)
{
  const size_t plain = pool->plan->buffers, n = plain + verify;
  size_t all = pool->plan->unit_capacity * pool->plan->buffers;
  size_t capacity = all / n & ~(size_t) 63;
  for (unsigned i = 0; i < pool->n_workers; i++)
    {
      fci_worker *w = &pool->workers[i];
      uint8_t **buffer[] = { &w->out, &w->in, &w->dense, &w->f32_rows };
      for (size_t k = 0; k < 4; k++)
        *buffer[k] = k < plain ? w->scratch + k * capacity : NULL;
      w->other = verify ? w->scratch + plain * capacity : NULL;
      w->capacity = capacity;
    }
}

int
fci_pool_alloc_rows (fci_pool *pool, size_t size)
{
  for (unsigned i = 0; i < pool->n_workers; i++)
    {
      fci_worker *w = &pool->workers[i];
      if (size <= w->row_capacity)
        continue;
      free (w->row);
      w->row = malloc (size);
      w->row_capacity = w->row ? size : 0;
      if (!w->row)
        {
          fci_nomem (pool->ctx);
          return FMTCONV_E_NOMEM;
        }
    }
  return 0;
}

static void
init_waiting (fci_pool *pool)
{
  pthread_mutex_init (&pool->lock, NULL);
  fci_os_cond_init (&pool->idle);
  clock_gettime (CLOCK_MONOTONIC, &pool->began);
}

int
fci_pool_open (fci_pool *pool)
{
  const fci_plan *plan = pool->plan;
  pool->workers = calloc (plan->cost.threads, sizeof *pool->workers);
  if (!pool->workers)
    {
      fci_nomem (pool->ctx);
      return FMTCONV_E_NOMEM;
    }
  init_waiting (pool);
  while (pool->n_workers < plan->cost.threads)
    {
      fci_worker *w = &pool->workers[pool->n_workers++];
      w->pool = pool;
      w->scratch =
          aligned_alloc (FCI_SCRATCH_ALIGN, plan->unit_capacity * plan->buffers + plan->readahead_capacity);
      if (plan->window_capacity)
        w->window = aligned_alloc (FCI_SCRATCH_ALIGN, plan->window_capacity);
      if (plan->decodes)
        w->decoding.scratch = aligned_alloc (FCI_SCRATCH_ALIGN, FCI_DECODE_SCRATCH);
      if (!w->scratch || (plan->window_capacity && !w->window) || (plan->decodes && !w->decoding.scratch))
        {
          fci_nomem (pool->ctx);
          return FMTCONV_E_NOMEM;
        }
      w->readahead.bytes = w->scratch + plan->unit_capacity * plan->buffers;
    }
  fci_pool_share_scratch (pool, false);
  return fci_pool_alloc_rows (pool, plan->row_scratch);
}

int
fci_pool_lock_files (fci_pool *pool, size_t n)
{
  pool->writing = fmtconv_ctx_alloc (pool->ctx, n, sizeof *pool->writing);
  for (; pool->writing && pool->n_writing < n; pool->n_writing++)
    pthread_mutex_init (&pool->writing[pool->n_writing], NULL);
  return fmtconv_ctx_failed (pool->ctx);
}

void
fci_pool_close (fci_pool *pool)
{
  while (pool->n_writing > 0)
    pthread_mutex_destroy (&pool->writing[--pool->n_writing]);
  if (!pool->workers)
    return;
  for (unsigned i = 0; i < pool->n_workers; i++)
    {
      free (pool->workers[i].scratch);
      free (pool->workers[i].window);
      free (pool->workers[i].decoding.scratch);
      free (pool->workers[i].row);
      free (pool->workers[i].read.at);
      free (pool->workers[i].written.at);
      free (pool->workers[i].tallies);
      free (pool->workers[i].bad_rows);
      free (pool->workers[i].note);
    }
  pthread_cond_destroy (&pool->idle);
  pthread_mutex_destroy (&pool->lock);
  free (pool->workers);
  pool->workers = NULL;
}

void
fci_pool_progress (const fci_pool *pool)
{
  const fmtconv_options *options = &pool->ctx->options;
  struct timespec now;
  fci_ranks_look (pool->ctx);
  if (!options->progress)
    return;
  clock_gettime (CLOCK_MONOTONIC, &now);
  fmtconv_progress progress = { .struct_size = sizeof progress,
                                .done = atomic_load (&pool->done),
                                .total = pool->total,
                                .seconds = (double) (now.tv_sec - pool->began.tv_sec)
                                           + (double) (now.tv_nsec - pool->began.tv_nsec) / 1e9 };
  options->progress (options->arg, &progress);
}

/* Records a worker's fault if its unit is the lowest with a fault. */
static void
note_fault (fci_worker *worker, size_t unit)
{
  fci_pool *pool = worker->pool;
  pthread_mutex_lock (&pool->lock);
  if (unit < atomic_load (&pool->stop))
    {
      atomic_store (&pool->stop, unit);
      pool->fault = worker->fault;
    }
  pthread_mutex_unlock (&pool->lock);
}

/* Processes units until none remain.  Units are taken in order, so all units before a faulty unit were begun
 * and will finish: the recorded fault does not depend on the number of threads. */
static void *
run_worker (void *arg)
{
  fci_worker *worker = arg;
  fci_pool *pool = worker->pool;
  while (!fci_is_cancelled (worker))
    {
      size_t unit = atomic_fetch_add (&pool->next, 1);
      if (unit >= pool->n_units || unit > atomic_load (&pool->stop))
        break;
      if (pool->job (worker, unit) != 0)
        note_fault (worker, unit);
    }
  pthread_mutex_lock (&pool->lock);
  pool->running--;
  pthread_cond_signal (&pool->idle);
  pthread_mutex_unlock (&pool->lock);
  return NULL;
}

/* Starts the threads with signals blocked, as signals are for the application's threads, except those that a thread causes
 * itself: a blocked one ends the process without the application's handler.  Returns how many started. */
static unsigned
start_workers (fci_pool *pool)
{
  static const int own[] = { SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS };
  sigset_t all, before;
  unsigned n = 0;
  sigfillset (&all);
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    sigdelset (&all, own[i]);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  pthread_mutex_lock (&pool->lock);
  while (n < pool->n_workers && n < pool->n_units
         && fci_os_thread (&pool->workers[n].thread, run_worker, &pool->workers[n]) == 0)
    n++;
  pool->running = n;
  pthread_mutex_unlock (&pool->lock);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return n;
}

static void
wait_for_workers (fci_pool *pool, unsigned n)
{
  struct timespec until;
  pthread_mutex_lock (&pool->lock);
  while (pool->running > 0)
    {
      until = fci_os_cond_now ();
      until.tv_nsec += BEAT_NS;
      until.tv_sec += until.tv_nsec / 1000000000;
      until.tv_nsec %= 1000000000;
      if (pthread_cond_timedwait (&pool->idle, &pool->lock, &until) != ETIMEDOUT)
        continue;
      pthread_mutex_unlock (&pool->lock);
      fci_pool_progress (pool);
      pthread_mutex_lock (&pool->lock);
    }
  pthread_mutex_unlock (&pool->lock);
  for (unsigned i = 0; i < n; i++)
    pthread_join (pool->workers[i].thread, NULL);
}

int
fci_pool_run (fci_pool *pool, fci_job *job, const void *arg, size_t n_units)
{
  pool->job = job;
  pool->job_arg = arg;
  pool->n_units = n_units;
  pool->fault = (fci_fault){ 0 };
  atomic_store (&pool->next, 0);
  atomic_store (&pool->stop, SIZE_MAX);
  if (n_units == 0)
    return fci_check_cancel (pool->ctx);
  unsigned n = start_workers (pool);
  if (n == 0)
    return fci_fail_system (pool->ctx, FMTCONV_E_NOMEM, EAGAIN, NULL, NULL, "cannot start a thread");
  wait_for_workers (pool, n);
  if (pool->fault.code != 0 && pool->fault.code != FMTCONV_E_CANCELLED)
    return fci_fault_report (pool);
  return fci_check_cancel (pool->ctx);
}

/* core/exec/worker/worker.c: workers that take units until there are none, and the thread that waits for them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/worker/fault.h"
#include "core/exec/worker/worker.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum
{
  BEAT_NS = 100 * 1000 * 1000 /* between progress reports */
};

void
fci_work_share (fci_work *work, bool verify)
{
  const size_t plain = work->plan->buffers, n = plain + verify;
  size_t all = work->plan->unit_room * work->plan->buffers;
  size_t room = all / n & ~(size_t) 63;
  for (unsigned i = 0; i < work->n_workers; i++)
    {
      fci_worker *w = &work->workers[i];
      uint8_t **buffer[] = { &w->out, &w->in, &w->dense, &w->flat };
      for (size_t k = 0; k < 4; k++)
        *buffer[k] = k < plain ? w->scratch + k * room : NULL;
      w->other = verify ? w->scratch + plain * room : NULL;
      w->room = room;
    }
}

int
fci_work_rows (fci_work *work, size_t size)
{
  for (unsigned i = 0; i < work->n_workers; i++)
    {
      fci_worker *w = &work->workers[i];
      if (size <= w->row_room)
        continue;
      free (w->row);
      w->row = malloc (size);
      w->row_room = w->row ? size : 0;
      if (!w->row)
        return (void) fci_nomem (work->ctx), FMTCONV_E_NOMEM;
    }
  return 0;
}

static void
init_waiting (fci_work *work)
{
  pthread_condattr_t clock;
  pthread_mutex_init (&work->lock, NULL);
  pthread_condattr_init (&clock);
  pthread_condattr_setclock (&clock, CLOCK_MONOTONIC);
  pthread_cond_init (&work->idle, &clock);
  pthread_condattr_destroy (&clock);
  clock_gettime (CLOCK_MONOTONIC, &work->began);
}

int
fci_work_open (fci_work *work)
{
  const fci_plan *plan = work->plan;
  work->workers = fmtconv_ctx_alloc (work->ctx, plan->cost.threads, sizeof *work->workers);
  if (!work->workers)
    return fmtconv_ctx_failed (work->ctx);
  init_waiting (work);
  while (work->n_workers < plan->cost.threads)
    {
      fci_worker *w = &work->workers[work->n_workers++];
      w->work = work;
      w->scratch = aligned_alloc (FCI_SCRATCH_ALIGN, plan->unit_room * plan->buffers + plan->near_room);
      if (plan->window_room)
        w->window = aligned_alloc (FCI_SCRATCH_ALIGN, plan->window_room);
      if (!w->scratch || (plan->window_room && !w->window))
        return (void) fci_nomem (work->ctx), FMTCONV_E_NOMEM;
      w->near.bytes = w->scratch + plan->unit_room * plan->buffers;
    }
  fci_work_share (work, false);
  return fci_work_rows (work, plan->row_scratch);
}

int
fci_work_files (fci_work *work, size_t n)
{
  work->writing = fmtconv_ctx_alloc (work->ctx, n, sizeof *work->writing);
  for (; work->writing && work->n_writing < n; work->n_writing++)
    pthread_mutex_init (&work->writing[work->n_writing], NULL);
  return fmtconv_ctx_failed (work->ctx);
}

void
fci_work_close (fci_work *work)
{
  while (work->n_writing > 0)
    pthread_mutex_destroy (&work->writing[--work->n_writing]);
  if (!work->workers)
    return;
  for (unsigned i = 0; i < work->n_workers; i++)
    {
      free (work->workers[i].scratch);
      free (work->workers[i].window);
      free (work->workers[i].row);
      free (work->workers[i].read.at);
      free (work->workers[i].written.at);
    }
  pthread_cond_destroy (&work->idle);
  pthread_mutex_destroy (&work->lock);
  work->workers = NULL;
}

void
fci_work_progress (const fci_work *work)
{
  const fmtconv_options *options = &work->ctx->options;
  struct timespec now;
  if (!options->progress)
    return;
  clock_gettime (CLOCK_MONOTONIC, &now);
  fmtconv_progress progress = { .done = atomic_load (&work->done),
                                .total = work->total,
                                .seconds = (double) (now.tv_sec - work->began.tv_sec)
                                           + (double) (now.tv_nsec - work->began.tv_nsec) / 1e9 };
  options->progress (options->arg, &progress);
}

/* Keep the fault of the lowest unit. */
static void
note_fault (fci_worker *worker, size_t unit)
{
  fci_work *work = worker->work;
  pthread_mutex_lock (&work->lock);
  if (unit < atomic_load (&work->stop))
    {
      atomic_store (&work->stop, unit);
      work->fault = worker->fault;
    }
  pthread_mutex_unlock (&work->lock);
}

/* Units are handed out in order, so all that are lower than a faulty one were begun and will be finished:
 * the fault that is kept does not depend on the number of threads. */
static void *
run_worker (void *arg)
{
  fci_worker *worker = arg;
  fci_work *work = worker->work;
  while (!fci_is_cancelled (worker))
    {
      size_t unit = atomic_fetch_add (&work->next, 1);
      if (unit >= work->n_units || unit > atomic_load (&work->stop))
        break;
      if (work->job (worker, unit) != 0)
        note_fault (worker, unit);
    }
  pthread_mutex_lock (&work->lock);
  work->running--;
  pthread_cond_signal (&work->idle);
  pthread_mutex_unlock (&work->lock);
  return NULL;
}

/* Signals are for the application's threads.  Returns how many threads were started. */
static unsigned
start_workers (fci_work *work)
{
  sigset_t all, before;
  unsigned n = 0;
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  pthread_mutex_lock (&work->lock);
  while (n < work->n_workers && n < work->n_units
         && pthread_create (&work->workers[n].thread, NULL, run_worker, &work->workers[n]) == 0)
    n++;
  work->running = n;
  pthread_mutex_unlock (&work->lock);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return n;
}

static void
wait_for_workers (fci_work *work, unsigned n)
{
  struct timespec until;
  pthread_mutex_lock (&work->lock);
  while (work->running > 0)
    {
      clock_gettime (CLOCK_MONOTONIC, &until);
      until.tv_nsec += BEAT_NS;
      until.tv_sec += until.tv_nsec / 1000000000;
      until.tv_nsec %= 1000000000;
      if (pthread_cond_timedwait (&work->idle, &work->lock, &until) != ETIMEDOUT)
        continue;
      pthread_mutex_unlock (&work->lock);
      fci_work_progress (work);
      pthread_mutex_lock (&work->lock);
    }
  pthread_mutex_unlock (&work->lock);
  for (unsigned i = 0; i < n; i++)
    pthread_join (work->workers[i].thread, NULL);
}

int
fci_work_run (fci_work *work, fci_job *job, const void *arg, size_t n_units)
{
  work->job = job;
  work->job_arg = arg;
  work->n_units = n_units;
  work->fault = (fci_fault){ 0 };
  atomic_store (&work->next, 0);
  atomic_store (&work->stop, SIZE_MAX);
  if (n_units == 0)
    return fci_check_cancel (work->ctx);
  unsigned n = start_workers (work);
  if (n == 0)
    return fmtconv_fail (work->ctx, FMTCONV_E_NOMEM, "no thread can be started");
  wait_for_workers (work, n);
  if (work->fault.code != 0 && work->fault.code != FMTCONV_E_CANCELLED)
    return fci_fault_report (work);
  return fci_check_cancel (work->ctx);
}

/* core/exec/worker/worker.h: workers, their scratch, and what goes wrong in one: the types that the executor shares.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_WORKER_H
#define FCI_EXEC_WORKER_WORKER_H

#include "core/base/ctx.h"
#include "core/exec/worker/io.h"
#include "core/plan/run.h"
#include <pthread.h>

/* What went wrong in a unit; worded by the thread that owns the context. */
typedef struct fci_fault
{
  int code;                     /* FMTCONV_E_…; 0: nothing */
  int os_errno;                 /* E_IO: errno or FCI_READ_SHORT */
  const fmtconv_source *source; /* E_IO: reading from it; NULL: writing `file` */
  uint32_t file;                /* number in the layout */
  const char *tensor;           /* E_FORMAT: whose bytes differ from those of `other`, at `element` */
  fmtconv_view *view;
  fmtconv_view *other; /* that must be equal; NULL: the output, read again */
  uint64_t element;
  const char
      *what; /* E_FORMAT: what is wrong with `tensor`, with `view` in the row of `element`; NULL: it differs
                       from the source */
} fci_fault;

/* The checksum of a range of a source that was read in one piece, or of bytes of a region that were written. */
typedef struct fci_crc_range
{
  uint64_t start; /* in the source, or in the region's file */
  uint64_t end;
  uint32_t of; /* the source's id, or the region's number among those with digests */
  uint32_t crc;
} fci_crc_range;

/* The first rows that a coder cannot take; UINT64_MAX: none. */
typedef struct fci_bad_rows
{
  uint64_t nan;
  uint64_t inf;
} fci_bad_rows;

typedef struct fci_crc_ranges
{
  fci_crc_range *at;
  size_t n;
  size_t capacity;
} fci_crc_ranges;

/* Bytes of a file that were read because some of them were needed. */
typedef struct fci_readahead
{
  uint8_t *bytes;            /* as many as the plan's readahead_capacity */
  const fci_disk_file *disk; /* NULL: nothing was read */
  uint64_t start;            /* in the file */
  size_t n;
} fci_readahead;

typedef struct fci_pool fci_pool;

typedef struct fci_worker
{
  fci_pool *pool;
  pthread_t thread;
  uint8_t *scratch; /* all of it */
  uint8_t *out;
  uint8_t *other; /* verification: the second opinion */
  uint8_t *in;
  uint8_t *dense;
  uint8_t *f32_rows;      /* f32 that is to be quantized */
  size_t capacity;        /* bytes of each of these */
  uint8_t *window;        /* what the group's units read; NULL: there are no groups */
  const fci_group *group; /* that is worked on, its windows filled; NULL: none */
  uint64_t fetched;       /* bytes of sources that were read */
  fci_readahead readahead;
  void *row; /* the kernels' */
  size_t row_capacity;
  fci_crc_ranges read;    /* of sources with checksums */
  fci_crc_ranges written; /* of regions with digests */
  fci_fault fault;
} fci_worker;

/* Does unit `unit`; 0, or -1 with worker->fault set. */
typedef int fci_job (fci_worker *worker, size_t unit);

struct fci_pool
{
  fmtconv_ctx *ctx; /* workers touch `cancelled` only */
  const fci_plan *plan;
  const struct fci_io *io;
  const int *fds;           /* of the output files */
  pthread_mutex_t *writing; /* one of each of them: the kernel lets one thread at a time write a file, and the
                               others spin for it */
  size_t n_writing;
  const char *const *display; /* their paths, for messages */
  fci_worker *workers;
  unsigned n_workers;
  fci_tally *tallies;     /* atomically added to; NULL: nothing is counted */
  fci_bad_rows *bad_rows; /* of each coder, atomically lowered */
  bool want_crc;
  atomic_bool no_copy_range; /* the file systems cannot do it */
  uint64_t total;            /* for the progress */
  struct timespec began;
  atomic_uint_fast64_t done;
  /* The job that runs. */
  fci_job *job;
  const void *job_arg;
  size_t n_units;
  atomic_size_t next;
  atomic_size_t stop; /* lowest unit with a fault */
  pthread_mutex_t lock;
  pthread_cond_t idle;
  unsigned running;
  fci_fault fault; /* of unit `stop` */
};

/* Has somebody called fmtconv_ctx_cancel? */
static inline bool
fci_is_cancelled (const fci_worker *worker)
{
  return atomic_load_explicit (&worker->pool->ctx->cancelled, memory_order_relaxed) != 0;
}

#endif

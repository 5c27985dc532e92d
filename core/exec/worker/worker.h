/* core/exec/worker/worker.h: the types of workers, their scratch and their faults, shared by the executor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_WORKER_H
#define FCI_EXEC_WORKER_WORKER_H

#include "core/base/ctx.h"
#include "core/exec/worker/io.h"
#include "core/plan/run.h"
#include "core/source/decoded.h"
#include <pthread.h>

/* A failure in a unit; the thread that owns the context turns it into a message. */
typedef struct fci_fault
{
  int code;     /* FMTCONV_E_…; 0: nothing */
  int os_errno; /* E_IO: errno or FCI_READ_… */
  const fmtconv_source
      *source;        /* E_IO: source of a failed read; NULL: a write to `file` failed.  E_FORMAT: decoded
                                   source with invalid values */
  uint32_t file;      /* number in the plan */
  bool is_reread;     /* E_IO: `file` could not be read again */
  const char *tensor; /* E_FORMAT: tensor that differs from `other` at `element` */
  fmtconv_view *view;
  fmtconv_view *other; /* view that must be equal; NULL: the written output */
  uint64_t element;
  const char *
      what; /* E_FORMAT: defect of `tensor` (`view`) in the row of `element`; NULL: a difference from the source */
} fci_fault;

/* The checksum of a source range that was read at once, or of written bytes of a region. */
typedef struct fci_crc_range
{
  uint64_t start; /* offset in the source, or in the region's file */
  uint64_t end;
  uint32_t of; /* id of the source, or number of the region's digest */
  uint32_t crc;
} fci_crc_range;

/* The first rows with values that an encoder cannot store; UINT64_MAX: none. */
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

/* Bytes of a file that were read together with bytes that were needed. */
typedef struct fci_readahead
{
  uint8_t *bytes;            /* capacity: the plan's readahead_capacity */
  const fci_disk_file *disk; /* NULL: the buffer is empty */
  uint64_t start;            /* offset in the file */
  size_t n;
} fci_readahead;

/* A part of an operand of a codec; no columns: none. */
typedef struct fci_decoding_part
{
  uint64_t row;
  uint64_t rows;
  uint64_t column;
  uint64_t columns;
} fci_decoding_part;

/* The operands of the last call of a codec, which mostly serve the next one. */
typedef struct fci_decoding
{
  uint8_t *scratch;             /* FCI_DECODE_SCRATCH bytes; NULL: the plan decodes nothing */
  const fmtconv_source *source; /* decoded; NULL: none yet */
  fci_decoding_part part[FCI_MAX_OPERANDS];
} fci_decoding;

/* How much a worker had done when its last unit was recorded in the work map. */
typedef struct fci_mark
{
  size_t read;      /* ranges in `read` … */
  size_t written;   /* … and in `written` */
  uint64_t fetched; /* bytes */
} fci_mark;

typedef struct fci_pool fci_pool;
typedef struct fci_against fci_against;

typedef struct fci_worker
{
  fci_pool *pool;
  pthread_t thread;
  uint8_t *scratch; /* divided into the following buffers */
  uint8_t *out;
  uint8_t *other; /* verification: elements of the second view */
  uint8_t *in;
  uint8_t *dense;
  uint8_t *f32_rows;      /* f32 values before they are quantized */
  size_t capacity;        /* bytes of each buffer */
  uint8_t *window;        /* source ranges of the group; NULL: the plan has no groups */
  const fci_group *group; /* current group, with filled windows; NULL: none */
  uint64_t fetched;       /* bytes of sources that were read */
  fci_readahead readahead;
  fci_decoding decoding;
  void *row; /* scratch of the kernels */
  size_t row_capacity;
  fci_crc_ranges read;    /* ranges of sources with checksums */
  fci_crc_ranges written; /* ranges of regions with digests */
  /* With a work map, which records what each unit counted: that of the current unit. */
  fci_tally *tallies;     /* NULL: the pool's are counted up at once */
  fci_bad_rows *bad_rows; /* NULL: likewise */
  fci_mark mark;
  uint8_t *note; /* a record, built before it is appended */
  size_t note_capacity;
  fci_fault fault;
} fci_worker;

/* Processes unit `unit`.  Returns 0, or -1 with worker->fault set. */
typedef int fci_job (fci_worker *worker, size_t unit);

struct fci_pool
{
  fmtconv_ctx *ctx; /* workers touch `cancelled` only */
  const fci_plan *plan;
  const struct fci_io *io;
  const int *fds;  /* descriptors of the output files */
  uint8_t *memory; /* bytes of the only output file from `memory_at`, which is not on a disk; NULL: `fds` */
  uint64_t memory_at;
  struct fci_against
      *against; /* bytes are compared with those of existing files (against.h); NULL: they are written */
  pthread_mutex_t
      *writing; /* one lock per file: the operating system serializes writes to a file, and waiting threads
                               would spin */
  size_t n_writing;
  const char *const *display; /* paths of the output files, for messages */
  fci_worker *workers;
  unsigned n_workers;
  fci_tally *tallies;     /* updated atomically; NULL: nothing is counted */
  fci_bad_rows *bad_rows; /* one per encoder, lowered atomically */
  bool want_crc;
  struct fci_work_map *map;  /* core/exec/write/map.h: what is written is recorded there; NULL: nowhere */
  uint8_t *finished;         /* 1 for each unit of the plan that an earlier run wrote; NULL: none */
  atomic_bool no_copy_range; /* copy_file_range is not supported */
  uint64_t total;            /* bytes, for the progress */
  struct timespec began;
  atomic_uint_fast64_t done;
  uint64_t stretch; /* bytes of the output after which the files leave the page cache.  cache.h */
  atomic_uint_fast64_t next_drop; /* `done` at which they do so next; 0: they stay */
  /* The current job. */
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

/* Returns the tallies that the worker counts up: its own, or those of the pool. */
static inline fci_tally *
fci_worker_tallies (const fci_worker *worker)
{
  return worker->tallies ? worker->tallies : worker->pool->tallies;
}

/* Returns the invalid rows that the worker notes, likewise. */
static inline fci_bad_rows *
fci_worker_bad_rows (const fci_worker *worker)
{
  return worker->bad_rows ? worker->bad_rows : worker->pool->bad_rows;
}

/* Returns whether fmtconv_ctx_cancel was called. */
static inline bool
fci_is_cancelled (const fci_worker *worker)
{
  return atomic_load_explicit (&worker->pool->ctx->cancelled, memory_order_relaxed) != 0;
}

#endif

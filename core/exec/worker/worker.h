/* core/exec/worker/worker.h: what the files of this folder share: workers, their scratch, faults, checksum pieces.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_WORKER_H
#define FCI_EXEC_WORKER_WORKER_H

#include "core/base/ctx.h"
#include "core/exec/exec.h"
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
typedef struct fci_piece
{
  uint64_t start; /* in the source, or in the region's file */
  uint64_t end;
  uint32_t of; /* the source's id, or the region's number among those with digests */
  uint32_t crc;
} fci_piece;

/* The first rows that a coder cannot take; UINT64_MAX: none. */
typedef struct fci_bad_rows
{
  uint64_t nan;
  uint64_t inf;
} fci_bad_rows;

typedef struct fci_pieces
{
  fci_piece *at;
  size_t n;
  size_t room;
} fci_pieces;

/* Bytes of a file that were read because some of them were needed. */
typedef struct fci_near
{
  uint8_t *bytes;       /* as many as the plan's near_room */
  const fci_disk *disk; /* NULL: nothing was read */
  uint64_t start;       /* in the file */
  size_t n;
} fci_near;

typedef struct fci_work fci_work;

typedef struct fci_worker
{
  fci_work *work;
  pthread_t thread;
  uint8_t *scratch; /* all of it */
  uint8_t *out;
  uint8_t *other; /* verification: the second opinion */
  uint8_t *in;
  uint8_t *dense;
  uint8_t *flat;          /* f32 that is to be quantized */
  size_t room;            /* bytes of each of these */
  uint8_t *window;        /* what the group's units read; NULL: there are no groups */
  const fci_group *group; /* that is worked on, its windows filled; NULL: none */
  uint64_t fetched;       /* bytes of sources that were read */
  fci_near near;
  void *row; /* the kernels' */
  size_t row_room;
  fci_pieces read;    /* of sources with checksums */
  fci_pieces written; /* of regions with digests */
  fci_fault fault;
} fci_worker;

/* Does unit `unit`; 0, or -1 with worker->fault set. */
typedef int fci_job (fci_worker *worker, size_t unit);

struct fci_work
{
  fmtconv_ctx *ctx; /* workers touch `cancelled` only */
  const fci_plan *plan;
  const struct fci_io *io;
  const int *fds;           /* of the output files */
  pthread_mutex_t *writing; /* one of each of them: the kernel lets one thread at a time write a file, and the
                               others spin for it */
  size_t n_writing;
  const char *const *shown; /* their paths, for messages */
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

/* Workers and all the scratch that the plan says. */
int fci_work_open (fci_work *work);
void fci_work_close (fci_work *work);

/* A lock for each of n output files.  0 or a code. */
int fci_work_files (fci_work *work, size_t n);

/* At least `size` bytes for the kernels of each worker. */
int fci_work_rows (fci_work *work, size_t size);

/* Share each worker's scratch out over as many equal buffers as the plan has: out, in, dense, flat; verify: and
 * one more, `other`. */
void fci_work_share (fci_work *work, bool verify);

/* Run units 0 … n-1 on all workers, reporting progress.  0, or the error of the lowest unit that failed. */
int fci_work_run (fci_work *work, fci_job *job, const void *arg, size_t n_units);

/* The same progress report at the end, or while something else takes its time. */
void fci_work_progress (const fci_work *work);

/* Has somebody called fmtconv_ctx_cancel? */
static inline bool
fci_is_cancelled (const fci_worker *worker)
{
  return atomic_load_explicit (&worker->work->ctx->cancelled, memory_order_relaxed) != 0;
}

/* Set worker->fault; all return -1. */
int fci_fault_read (fci_worker *worker, const fmtconv_source *source, int error);
int fci_fault_write (fci_worker *worker, uint32_t file, int error);
int fci_fault_code (fci_worker *worker, int code);

/* Record the work's fault on the context. */
int fci_fault_report (const fci_work *work);

/* fci_io.read with the fault set; and with a checksum piece noted where the source has one. */
int fci_worker_read (fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to, size_t n);
int fci_worker_read_piece (fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to,
                           size_t n);

/* Are these bytes, when they are read, a piece of a checksum?  Those in the window were one already. */
bool fci_worker_checks (const fci_worker *worker, const fmtconv_source *source, uint64_t offset, uint64_t n);

/* Read what the group of that number needs into the window, from which then all reads within it are served; no
 * checksum piece is noted again. */
int fci_worker_fill (fci_worker *worker, size_t number);

/* The bytes in the window, as long as the group is worked on; NULL: not all of them are there. */
const uint8_t *fci_worker_peek (const fci_worker *worker, const fmtconv_source *source, uint64_t offset,
                                uint64_t n);

/* One more piece in either list. */
int fci_piece_add (fci_worker *worker, fci_pieces *pieces, fci_piece piece);

/* `size` bytes of a tensor from byte `at`, as written, to `out`; both are multiples of its grain.  tallies: of the
 * whole plan; NULL: nothing is counted. */
int fci_fetch (fci_worker *worker, const fci_rows *rows, fci_tally *tallies, uint64_t at, uint64_t size,
               uint8_t *out);

/* Rows of `columns` f32 values in worker->flat, as blocks to `out`; row: the number of the first in the tensor.
 * Where the coder asks for importance, there is room for one more row and a number. */
int fci_code_rows (fci_worker *worker, const fci_coder *coder, fci_tally *tallies, uint64_t row,
                   size_t n_rows, size_t columns, uint8_t *out);

/* If `run` needs few bytes, read them with those that runs behind it, before `end`, need from the same place. */
void fci_near_fill (fci_worker *worker, const fci_run *run, const fci_run *end);

/* n bytes that were read so; false: they were not. */
bool fci_near_get (const fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to,
                   size_t n);

/* n bytes from `at` of a file, which no other worker writes now. */
int fci_worker_write (fci_worker *worker, uint32_t file, const uint8_t *bytes, size_t n, uint64_t at);

/* The checksum of n bytes from `at` of a file that belong to a region with a digest. */
int fci_note_written (fci_worker *worker, uint32_t region, uint64_t at, uint64_t n, uint32_t crc);

/* n bytes from byte `skip` of a run, whole rows, that may be more than a buffer holds. */
int fci_write_band (fci_worker *worker, uint32_t file, const fci_run *run, uint64_t skip, uint64_t n);

/* Jobs: write unit `unit` of the plan; the units of that group. */
fci_job fci_write_unit;
fci_job fci_write_group;

/* All workers' pieces, those of what was read or of what was written, sorted.  0 or a code. */
int fci_pieces_collect (const fci_work *work, bool written, fci_pieces *all);

/* Write the digests into the files, when all other bytes are there. */
int fci_fill_digests (fci_work *work);

/* Views that are compared, cut into blocks of at most `room` bytes. */
typedef struct fci_comparison
{
  fci_list blocks;
  size_t room;
  bool required; /* the second view is an input too */
} fci_comparison;

/* Both views, which have one data type and shape.  0 or a code. */
int fci_comparison_add (fmtconv_ctx *ctx, fci_comparison *comparison, const fci_rows *wanted,
                        const fci_rows *found);

/* Compare all blocks, with the scratch shared out in four.  0, or the first difference in their order. */
int fci_comparison_run (fci_work *work, fci_comparison *comparison);

/* Bytes of elements that are measured. */
uint64_t fci_measured_bytes (const fci_plan *plan);

/* Measure what the plan says: sources of measured values have their bytes from now on. */
int fci_measure_all (fci_work *work);

/* Compare what must be equal in the inputs. */
int fci_check_required (fci_work *work, fci_outcome *outcome);

/* Compare the checksums of the sources that were read from end to end. */
int fci_check_crcs (fci_work *work, fci_outcome *outcome);

/* Turn tallies into findings; warnings and errors. */
int fci_find (const fci_work *work, fci_outcome *outcome);

/* Read the temporaries again and compare them with the sources. */
int fci_verify (fci_work *work, const fci_execution *execution, const char *const *paths,
                fci_outcome *outcome);

/* ---- Publication */
typedef struct fci_target fci_target;

/* A folder that files are written into. */
typedef struct fci_place
{
  const char *name;  /* as in names of files, without a slash at the end; "": the uppermost */
  const char *base;  /* its last component */
  const char *shown; /* its path, for messages */
  int above;         /* number of the place it lies in; -1: the uppermost */
  int fd;
  bool made; /* by us */
} fci_place;

typedef struct fci_publication
{
  fmtconv_ctx *ctx;
  const struct fci_io *io;
  const fmtconv_layout *layout;
  const char *output;
  const char *folder_path; /* of `folder`, without a trailing slash, but "/" */
  int folder;              /* where files or a whole folder get their names; -1: closed */
  const char *whole;       /* temporary name of a new folder, published as a whole; NULL: files one by one */
  const char *top_path;    /* of places[0]: folder_path, or that of the temporary folder */
  const char *top_shown;   /* the same, as it will be called */
  bool published;
  fci_place *places; /* n_places; the first is the uppermost */
  size_t n_places;
  fci_target *targets; /* n_files */
  int *fds;
  const char **shown; /* paths of the files, for messages */
  const char **paths; /* of the temporaries */
} fci_publication;

/* Open the output's folders, and make those that are not there: all of it is undone by
 * fci_publication_drop. */
int fci_places_open (fci_publication *publication, uint64_t digest);

/* The place of a file, which was opened. */
const fci_place *fci_place_of (const fci_publication *publication, const fmtconv_file *file);

/* Give a new folder its mode, and what is in it to the disk. */
int fci_places_seal (fci_publication *publication, mode_t mask);

/* The names of files in these folders, or in one of them, to the disk. */
int fci_places_sync (const fci_publication *publication);
int fci_sync_folder (const fci_publication *publication, int fd, const char *shown);

/* Remove what was made and not published; close all. */
void fci_places_drop (fci_publication *publication);

/* An older file that the output replaces. */
typedef struct fci_old
{
  struct fci_old *next;
  const char *folder; /* "" or "vae/" */
  const char *name;
} fci_old;

/* Those in the open folder `top` (-1: there is none).  0 or a code. */
int fci_stale_find (fmtconv_ctx *ctx, const fmtconv_layout *layout, int top, const char *top_path,
                    fci_old **list);

/* Refuse them (without FORCE), or those of them that are inputs or no files. */
int fci_stale_check (fmtconv_ctx *ctx, const fmtconv_layout *layout, int top, const char *top_path);

/* Remove them. */
void fci_stale_remove (const fci_publication *publication);

/* Create and reserve the temporaries.  Undone by fci_publication_drop, also when the context is freed. */
int fci_publication_open (fci_publication *publication, uint64_t digest);

/* Give all files of n outputs their modes and names, in order; on an error all is as it was. */
int fci_publish (fci_publication *publications, size_t n);

/* Remove what was not published, close everything.  May be called twice. */
void fci_publication_drop (fci_publication *publication);

/* The path of a file in a folder. */
const char *fci_join (fmtconv_ctx *ctx, const char *folder, const char *name);

/* The folder of OUTPUT, and the descriptor of it (-1: an error was recorded). */
const char *fci_output_folder (fmtconv_ctx *ctx, const char *output);
int fci_open_folder (fmtconv_ctx *ctx, const char *folder);

/* Does OUTPUT, a folder, exist? */
bool fci_output_exists (const char *output);

/* Has the file system of an open folder room for so many bytes? */
int fci_space_check (fmtconv_ctx *ctx, uint64_t size, const char *folder, int fd);

#endif

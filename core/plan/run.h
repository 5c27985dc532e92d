/* core/plan/run.h: the types that a plan is made of: programs, runs, units; for core/plan and core/exec only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLAN_RUN_H
#define FCI_PLAN_RUN_H

#include "core/base/list.h"
#include "core/base/map.h"
#include "core/kernel/kernel.h"
#include "core/plan/plan.h"
#include "core/source/source.h"
#include "core/view/blocks.h"

enum
{
  FCI_FINDINGS = 5,               /* FMTCONV_FINDING_INEXACT … FMTCONV_FINDING_INF */
  FCI_MAX_OPS = 64,               /* of one box, watches included */
  FCI_UNIT_MIN = 64 << 10,        /* bytes of output */
  FCI_UNIT_MAX = 8 << 20,         /* bytes of output */
  FCI_FACTOR_CAPACITY = 64 << 10, /* bytes of factors of elements that a worker holds */
  FCI_SCRATCH_ALIGN = 1 << 12,    /* of every buffer of a worker */
  FCI_WINDOW_ALIGN = 64,          /* elements lie in a window as they lie in the source */
  FCI_ROW_PANEL_ROWS = 2048,      /* most rows of a band */
  FCI_READAHEAD_BYTES = 64 << 10  /* bytes of a worker for small pieces that are read together */
};

/* One rounding: what is asked of its tally. */
typedef struct fci_point
{
  uint8_t asked[FCI_FINDINGS];    /* 0: nobody asked, else severity + 1 */
  uint32_t dtype;                 /* rounded to */
  const char *hint[FCI_FINDINGS]; /* or NULL */
} fci_point;

typedef struct fci_program fci_program;

/* A LOWRANK, MULTIPLY or DIVIDE of a box's operations, and the programs that make f32 of its factors' elements. */
typedef struct fci_term
{
  const fci_product *product; /* LOWRANK */
  const fci_factor *by;       /* MULTIPLY, DIVIDE */
  unsigned track;             /* its first one */
  const fci_program *factor[FCI_FACTORS];
} fci_term;

/* Factors of a term: 1 or 2. */
static inline unsigned
fci_term_factors (const fci_term *term)
{
  return term->product ? FCI_FACTORS : 1;
}

/* What becomes of a box's elements.  Shared by all boxes with the same operations. */
struct fci_program
{
  fci_row_program rows; /* n_steps 0: elements are moved as they are */
  uint32_t blocks;      /* block type they are decoded from first, to f32; 0: none */
  unsigned swap;        /* bytes of numbers that are turned around before; 0: none are */
  unsigned n_points;    /* ROUND steps */
  const fci_point *points;
  unsigned n_terms;    /* ADD, MULTIPLY and DIVIDE steps */
  unsigned n_products; /* ADD steps */
  const fci_term *terms;
};

/* Are bytes moved as they are? */
static inline bool
fci_program_copies (const fci_program *program)
{
  return program->rows.n_steps == 0 && program->swap == 0 && !program->blocks;
}

/* A program as one tensor uses it. */
typedef struct fci_part
{
  const fci_program *program;
  size_t tally; /* number of its first rounding point in the plan */
} fci_part;

/* How rows of f32 become blocks.  The boxes' programs give f32, but for those of stored blocks. */
typedef struct fci_encoder
{
  uint32_t dtype;
  const struct fci_rows *importance; /* one number a column; NULL: none */
  bool divided;                      /* one more, which they are divided by */
  bool mixed;                        /* some boxes are stored blocks */
  fci_point point;                   /* what is asked of values before they are encoded */
  size_t tally;                      /* its number in the plan */
  size_t number;                     /* among the plan's coders */
} fci_encoder;

/* A tensor of which not all is copied. */
typedef struct fci_rows
{
  const char *name;
  const fmtconv_file *file; /* it is written to; NULL: none */
  fmtconv_view *view;       /* as fci_view_evaluated gives it */
  uint64_t grain; /* what is evaluated at once: an element, a block, or a row that needs all of itself */
  uint64_t grain_bytes;
  const fci_encoder *encoder; /* NULL: nothing is quantized */
  bool streams;       /* the elements of every box lie in the source in the order they are written in, and
                             each becomes one by itself: a few rows at a time cost no more than many */
  uint64_t longest;   /* extent of any box along axis 0 */
  uint64_t row_panel; /* bytes of output that need long stretches of the source, though they may be more than
                             a buffer holds: some rows along `row_panel_axis`, evaluated some columns at a time; 0: no */
  unsigned
      row_panel_axis; /* the one whose neighbors lie side by side in the source; one axis behind it has more
                             than one index */
  size_t n_parts;
  fci_part *parts;
  uint32_t *part_of; /* of each box; NULL: parts[0] for all */
} fci_rows;

/* Two views whose elements must be equal. */
typedef struct fci_pair
{
  const fci_rows *wanted;
  const fci_rows *other;
} fci_pair;

/* A view whose blocks' largest values are found before anything is written. */
typedef struct fci_measured
{
  const fci_rows *rows; /* F32 */
  const fci_requirement *requirement;
} fci_measured;

typedef enum fci_run_kind
{
  FCI_RUN_LITERAL,
  FCI_RUN_FILL,
  FCI_RUN_COPY,
  FCI_RUN_ROWS,
  FCI_RUN_DIGEST /* zeros, until the bytes it is of are written */
} fci_run_kind;

/* `size` bytes of a file from `at`, all of one kind.  Runs of a file follow one another. */
typedef struct fci_run
{
  uint64_t at;
  uint64_t size;
  fci_run_kind kind;
  uint32_t wanted; /* of the region: its bytes count for that digest; 0: for none */
  union
  {
    const uint8_t *bytes;     /* LITERAL */
    int fill;                 /* FILL */
    fmtconv_source *source;   /* COPY, from `from` */
    const fci_rows *rows;     /* ROWS, from byte `from` of the tensor as it is written */
    const fci_region *region; /* DIGEST, whose number in the plan is `from` */
  } u;
  uint64_t from;
} fci_run;

/* A range of one file that one worker writes: from within run `run` on, as many as it takes. */
typedef struct fci_unit
{
  uint64_t at;
  uint64_t size;
  size_t run;
  uint32_t file; /* number in the plan */
} fci_unit;

/* A range of a source that is read once for all units of a group, into the worker's window. */
typedef struct fci_window
{
  const fmtconv_source *source;
  uint64_t from;  /* in the source */
  uint64_t size;  /* bytes */
  uint64_t fresh; /* bytes of the source before this one were read for an earlier group, too */
  size_t at;      /* in the worker's window; as `from` modulo FCI_WINDOW_ALIGN */
} fci_window;

/* Units that one worker writes one after the other, as they share what they read. */
typedef struct fci_group
{
  size_t unit; /* the first; they end where those of the next group begin */
  size_t n_units;
  size_t window; /* likewise; ascending in source and place */
  size_t n_windows;
} fci_group;

/* A file of a layout. */
typedef struct fci_plan_file
{
  const fmtconv_file *file;
  size_t run;             /* its first run */
  uint32_t wanted_before; /* regions with digests of the layouts before its own */
} fci_plan_file;

/* The box whose program was asked for last: neighbors mostly share theirs. */
typedef struct fci_memo
{
  const fci_op *ops;
  uint32_t from;
  uint32_t to;
  const fci_program *program; /* NULL: none yet */
} fci_memo;

struct fci_plan
{
  fmtconv_ctx *ctx;
  const fmtconv_layout *const *layouts;
  size_t n_layouts;
  uint32_t n_wanted; /* regions with digests, of all layouts */
  /* Freed with the context. */
  fci_list files;    /* fci_plan_file: those of the first layout, those of the second … */
  fci_list runs;     /* fci_run, file by file */
  fci_list units;    /* fci_unit, ascending in file and place; of several layouts: group by group */
  fci_list groups;   /* fci_group, in the order of what they read; of one layout: none */
  fci_list windows;  /* fci_window, group by group */
  fci_list rows;     /* fci_rows *, in plan order */
  fci_list pairs;    /* fci_pair, in plan order */
  fci_list measured; /* fci_measured, in plan order */
  fci_list checked;  /* fmtconv_source * with a CRC, in the order of first use */
  fci_map *programs; /* by content */
  fci_map *seen;     /* sources of `checked` */
  fci_map *factors;  /* ids of those that products read: how many bytes of them */
  fci_map *required; /* requirements of `pairs` and `measured` */
  fci_memo memo;
  uint64_t kept;         /* bytes that measured values take, of the memory bound */
  size_t n_tallies;      /* rounding points */
  size_t n_encoders;     /* tensors that are quantized */
  uint64_t row_capacity; /* most bytes that one grain needs at once */
  size_t row_scratch;    /* most that a program needs, bytes */
  bool has_products;     /* they need more: fci_plan_workers */
  size_t
      buffers; /* of a worker, each `unit_capacity` bytes: output, for ROWS input and elements, for coders f32 */
  size_t unit_capacity;
  size_t window_capacity;    /* bytes of a worker's window; of one layout: 0 */
  size_t readahead_capacity; /* FCI_READAHEAD_BYTES of a worker, or 0 where the bound leaves no room */
  fci_cost cost;
};

/* Where factors of elements begin in a worker's scratch for the kernels, behind what a row needs. */
#define FCI_FACTOR_AT(scratch) (((scratch) + 63) & ~(size_t) 63)

#define FCI_FILES(plan) ((const fci_plan_file *) (plan)->files.items)
#define FCI_RUNS(plan) ((const fci_run *) (plan)->runs.items)
#define FCI_UNITS(plan) ((const fci_unit *) (plan)->units.items)
#define FCI_GROUPS(plan) ((const fci_group *) (plan)->groups.items)
#define FCI_WINDOWS(plan) ((const fci_window *) (plan)->windows.items)
#define FCI_ROWS(plan) ((fci_rows *const *) (plan)->rows.items)
#define FCI_PAIRS(plan) ((const fci_pair *) (plan)->pairs.items)
#define FCI_MEASURED(plan) ((const fci_measured *) (plan)->measured.items)
#define FCI_CHECKED(plan) ((fmtconv_source *const *) (plan)->checked.items)

/* What a box's program makes: f32 for a coder, else the view's data type. */
static inline uint32_t
fci_box_target (fmtconv_view *view, size_t box)
{
  return fci_ops_encoder (view->boxes[box].ops) ? (uint32_t) FMTCONV_F32 : view->dtype;
}

/* The part of the box of that number. */
static inline const fci_part *
fci_rows_part (const fci_rows *rows, size_t box)
{
  return &rows->parts[rows->part_of ? rows->part_of[box] : 0];
}

/* Bytes of an element of a plain data type. */
static inline size_t
fci_element_bytes (uint32_t dtype)
{
  return fmtconv_dtype_get (dtype)->block_bytes;
}

#endif

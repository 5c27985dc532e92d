/* core/plan/run.h: the types of a plan (programs, runs, units); for core/plan and core/exec only.
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
  FCI_WINDOW_ALIGN = 64,          /* elements have the same alignment in a window as in the source */
  FCI_ROW_PANEL_ROWS = 2048,      /* maximum rows of a row panel */
  FCI_READAHEAD_BYTES = 64 << 10  /* buffer of a worker for small ranges that are read together */
};

/* One rounding, and the findings that are reported for it. */
typedef struct fci_point
{
  uint8_t asked[FCI_FINDINGS];    /* 0: not requested, else severity + 1 */
  uint32_t dtype;                 /* target of the rounding */
  const char *hint[FCI_FINDINGS]; /* or NULL */
} fci_point;

typedef struct fci_program fci_program;

/* A LOWRANK, MULTIPLY, DIVIDE or ADD operation of a box, and the programs that convert its factors to f32. */
typedef struct fci_term
{
  const fci_product *product; /* LOWRANK */
  const fci_factor *by;       /* MULTIPLY, DIVIDE, ADD */
  unsigned track;             /* number of its first track among those of its chain of operations */
  const fci_program *factor[FCI_FACTORS];
} fci_term;

/* Returns the number of factors of a term: 1 or 2. */
static inline unsigned
fci_term_factors (const fci_term *term)
{
  return term->product ? FCI_FACTORS : 1;
}

/* Evaluates the elements of a box.  Shared by all boxes with the same operations. */
struct fci_program
{
  fci_row_program rows; /* n_steps 0: elements are moved unchanged */
  uint32_t blocks;      /* block type of the source, decoded to f32 first; 0: none */
  unsigned swap;        /* size of the numbers that are byte-swapped first; 0: none */
  unsigned n_points;    /* ROUND steps */
  const fci_point *points;
  unsigned n_terms;    /* ADD, MULTIPLY and DIVIDE steps */
  unsigned n_products; /* terms that are low-rank products */
  const fci_term *terms;
};

/* Returns whether bytes are moved unchanged. */
static inline bool
fci_program_copies (const fci_program *program)
{
  return program->rows.n_steps == 0 && program->swap == 0 && !program->blocks;
}

/* A program as one tensor uses it. */
typedef struct fci_part
{
  const fci_program *program;
  size_t tally; /* number in the plan of its first rounding point */
} fci_part;

/* How much the columns of some rows matter. */
typedef struct fci_importance
{
  const struct fci_rows *rows; /* one number per column */
  bool divided;                /* `rows` has one more number, the divisor of the others */
} fci_importance;

/* Quantizes rows of f32 to blocks.  The programs of the boxes give f32, except for boxes of stored blocks. */
typedef struct fci_encoder
{
  const char *name; /* of the tensor */
  uint32_t dtype;
  const fci_importance *
      *of_box;     /* the importance of each box's columns, NULL: none; of_box NULL: no box has any */
  bool mixed;      /* some boxes are stored blocks */
  fci_point point; /* findings in values before they are encoded */
  size_t tally;    /* number of its tally in the plan */
  size_t number;   /* number among the encoders of the plan */
} fci_encoder;

/* A tensor that is evaluated, not only copied. */
typedef struct fci_rows
{
  const char *name;
  const fmtconv_file *file; /* output file; NULL: none */
  fmtconv_view *view;       /* result of fci_view_evaluated */
  uint64_t grain;           /* smallest unit of evaluation, elements: an element, a block, or a row */
  uint64_t grain_bytes;
  const fci_encoder *encoder; /* NULL: nothing is quantized */
  bool
      streams; /* the elements of every box are in the source in the order of the output and are converted one by
                             one, so that a few rows at a time cost no more than many */
  uint64_t longest; /* largest extent of a box along axis 0 */
  uint64_t
      row_panel; /* bytes of a row panel: rows along `row_panel_axis` that are evaluated some columns at a time, to
                             read long ranges of the source; may exceed a buffer; 0: none */
  unsigned row_panel_axis; /* axis with adjacent indices next to each other in the source; one later axis has
                             more than one index */
  size_t n_parts;
  fci_part *parts;
  uint32_t *part_of; /* number of each box's part; NULL: parts[0] for all */
} fci_rows;

/* Two views whose elements must be equal. */
typedef struct fci_pair
{
  const fci_rows *wanted;
  const fci_rows *other;
  const char *why; /* what is wrong if they differ; NULL: two inputs contradict each other */
} fci_pair;

/* A view, or a pair of views, that is measured before anything is written. */
typedef struct fci_measured
{
  const fci_rows *rows;  /* F32 */
  const fci_rows *other; /* F32; NULL: a single view */
  const fci_requirement *requirement;
} fci_measured;

typedef enum fci_run_kind
{
  FCI_RUN_LITERAL,
  FCI_RUN_FILL,
  FCI_RUN_COPY,
  FCI_RUN_ROWS,
  FCI_RUN_DIGEST /* its digest is zeros until what that is of is written */
} fci_run_kind;

/* `size` bytes of a file from `at`, all of one kind.  The runs of a file are contiguous. */
typedef struct fci_run
{
  uint64_t at;
  uint64_t size;
  fci_run_kind kind;
  uint32_t wanted; /* number of the digest that covers these bytes; 0: none */
  union
  {
    const uint8_t *bytes;     /* LITERAL */
    int fill;                 /* FILL */
    fmtconv_source *source;   /* COPY, from `from` */
    const fci_rows *rows;     /* ROWS, from byte `from` of the output tensor */
    const fci_region *region; /* DIGEST; of a checksum, `from` is the number of its first region */
  } u;
  uint64_t from;
} fci_run;

/* A range of one file that one worker writes; it begins in run `run` and may span several. */
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
  uint64_t fresh; /* source bytes before this offset were also read for an earlier group */
  size_t at;      /* offset in the worker's window; equal to `from` modulo FCI_WINDOW_ALIGN */
} fci_window;

/* Units that one worker writes one after the other because they share source ranges. */
typedef struct fci_group
{
  size_t unit; /* number of the first unit */
  size_t n_units;
  size_t window; /* number of the first window; windows ascend by source and offset */
  size_t n_windows;
} fci_group;

/* A file of a layout. */
typedef struct fci_plan_file
{
  const fmtconv_file *file;
  size_t run;             /* number of its first run */
  uint32_t wanted_before; /* regions with digests in all earlier layouts */
} fci_plan_file;

/* The last box and its program: adjacent boxes mostly share a program. */
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
  fci_dealing dealing;
  uint32_t n_wanted; /* regions with digests, of all layouts */
  /* Freed with the context. */
  fci_list files;    /* fci_plan_file, layout by layout */
  fci_list runs;     /* fci_run, file by file */
  fci_list units;    /* fci_unit, ascending by file and offset; of several layouts: group by group */
  fci_list groups;   /* fci_group, in source order; of one layout: none */
  fci_list windows;  /* fci_window, group by group */
  fci_list rows;     /* fci_rows *, in plan order */
  fci_list pairs;    /* fci_pair, in plan order */
  fci_list measured; /* fci_measured, in plan order */
  fci_list checked;  /* fmtconv_source * with a CRC, in the order of first use */
  fci_map *programs; /* by content */
  fci_map *seen;     /* sources of `checked` */
  fci_map *factors;  /* ids of factors that products read: their bytes */
  fci_map *required; /* requirements of `pairs` and `measured` */
  fci_memo memo;
  uint64_t kept;         /* bytes of measured values, part of the memory bound */
  size_t n_tallies;      /* rounding points */
  size_t n_encoders;     /* tensors that are quantized */
  uint64_t row_capacity; /* maximum bytes that one grain needs at once */
  size_t row_scratch;    /* maximum scratch of a program, bytes */
  bool has_products;     /* products need more scratch: fci_plan_workers */
  bool decodes;          /* codecs compute elements or factors, and need FCI_DECODE_SCRATCH */
  size_t
      buffers; /* buffers of a worker, `unit_capacity` bytes each: output; input and elements of ROWS; f32 of encoders */
  size_t unit_capacity;
  size_t window_capacity;    /* bytes of a worker's window; of one layout: 0 */
  size_t readahead_capacity; /* FCI_READAHEAD_BYTES, or 0 if the memory bound does not allow it */
  fci_cost cost;
};

/* Offset of the elements' factors in a worker's kernel scratch, after the `scratch` bytes of a row. */
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

/* Returns the data type that a box's program gives: f32 for an encoder, else that of the view. */
static inline uint32_t
fci_box_target (fmtconv_view *view, size_t box)
{
  return fci_ops_encoder (view->boxes[box].ops) ? (uint32_t) FMTCONV_F32 : view->dtype;
}

/* Returns the part of box number `box`. */
static inline const fci_part *
fci_rows_part (const fci_rows *rows, size_t box)
{
  return &rows->parts[rows->part_of ? rows->part_of[box] : 0];
}

/* Returns the bytes of an element of a plain data type. */
static inline size_t
fci_element_bytes (uint32_t dtype)
{
  return fmtconv_dtype_get (dtype)->block_bytes;
}

#endif

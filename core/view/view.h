/* core/view/view.h: a view's normal form: disjoint boxes, each a strided leaf and what becomes of it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_VIEW_H
#define FCI_VIEW_VIEW_H

#include <fmtconv/model.h>
#include <stdbool.h>

enum
{
  FCI_NO_ORIGIN = UINT32_MAX,
  FCI_MAX_BOXES = 1 << 20 /* of one view */
};

typedef enum fci_op_kind
{
  FCI_OP_BYTESWAP, /* from the other byte order: of stored elements, before all else */
  FCI_OP_CAST,     /* round to `dtype`: a rounding point */
  FCI_OP_SCALE,    /* times (float) factor, in f32 */
  FCI_OP_WATCH,    /* what the next rounding point counts */
  FCI_OP_LOWRANK,  /* plus factor times a product of two matrices, in f32 */
  FCI_OP_MULTIPLY, /* times a factor of each element, in f32 */
  FCI_OP_DIVIDE,   /* divided by it */
  FCI_OP_QUANTIZE  /* to blocks of `dtype`; only watches may follow */
} fci_op_kind;

/* A tensor that others are multiplied by, or a matrix that a product is made of, but for its place: every box has that
 * of its own elements, rows or columns.  Those of the axis that is summed over are `step` bytes apart. */
typedef struct fci_factor
{
  fmtconv_source *source;
  const struct fci_op *ops; /* to what is then rounded to f32; no LOWRANK */
  uint64_t step;            /* of a product */
  uint32_t dtype;           /* of the leaf */
} fci_factor;

enum
{
  FCI_FACTORS = 2,      /* of a product: left and right */
  FCI_MAX_PRODUCTS = 8, /* of one box */
  FCI_MAX_TRACKS = FCI_FACTORS * FCI_MAX_PRODUCTS
};

/* What a LOWRANK adds: the sum over k < rank of left(k) · right(k), k ascending from 0 on. */
typedef struct fci_product
{
  uint64_t rank;
  fci_factor factor[FCI_FACTORS];
} fci_product;

/* Operations on elements, the last one first; immutable and shared between boxes. */
typedef struct fci_op
{
  const struct fci_op *before; /* applied earlier; NULL: the leaf's bytes */
  fci_op_kind kind;
  uint32_t dtype;             /* CAST, QUANTIZE */
  unsigned tracks;            /* of this operation and all before it: see FCI_TRACK */
  double factor;              /* SCALE, LOWRANK */
  const fci_product *product; /* LOWRANK */
  const fci_factor *by;       /* MULTIPLY, DIVIDE */
  unsigned findings;          /* WATCH */
  int severity;               /* WATCH */
  const char *hint;           /* WATCH; may be NULL */
  fmtconv_view *importance;   /* QUANTIZE: F32, one number a column; NULL: none */
} fci_op;

/* A rectangle of the view's elements: element start + i (0 <= i < extent, per axis) is the one at byte
 * offset + Σ i·stride of the source, of data type `dtype`, after `ops`.  Where `dtype` is a block type,
 * strides count elements, and the place they count from is element `phase` of the block at `offset`: all
 * blocks of a leaf lie back to back, or whole blocks apart. */
typedef struct fci_box
{
  fmtconv_source *source;
  uint64_t offset;
  const fci_op *ops; /* NULL: a copy, and dtype is the view's */
  uint64_t *start;   /* rank numbers; extent, stride and tracks lie behind it in one array */
  uint32_t dtype;    /* of the leaf */
  uint32_t origin;   /* number of the tensor of a sealed model that it is part of, or FCI_NO_ORIGIN */
  uint32_t phase;    /* of a block type; else 0 */
} fci_box;

/* Per-axis numbers of a box of a view of that rank.  The stride of an axis of extent 1 moves nothing; it
 * says where the next index would be, so that parts which are put together again become one box. */
#define FCI_EXTENT(box, rank) ((box)->start + (rank))
#define FCI_STRIDE(box, rank) ((int64_t *) ((box)->start + 2 * (rank)))

/* How a factor goes along with an axis of a box: index i has that which is (phase + i) / block steps behind that of
 * index 0.  Where it stands still, step and phase are 0, and block is 1. */
typedef struct fci_block_stride
{
  uint64_t step;  /* bytes */
  uint64_t block; /* not 0 */
  uint64_t phase; /* < block */
} fci_block_stride;

static const fci_block_stride fci_no_block_stride = { .block = 1 };

/* Where a factor is for each element of a box: at byte `at` of its source, and the steps of all axes behind it, is the
 * element, or the first of a product, that of k = 0. */
typedef struct fci_track
{
  uint64_t at;
  fci_block_stride block_stride[]; /* rank */
} fci_track;

/* Tracks are numbers of a box.  Those of the operation that was done first come first; those of an operation are
 * the two factors of a LOWRANK, or the factor of a MULTIPLY or DIVIDE and then all tracks of that
 * factor's own operations, whose paces are fci_no_block_stride. */
#define FCI_TRACK_NUMBERS(rank) (1 + 3 * (size_t) (rank))
#define FCI_TRACK(box, rank, t) ((fci_track *) ((box)->start + 3 * (rank) + (t) *FCI_TRACK_NUMBERS (rank)))

static inline unsigned
fci_tracks (const fci_op *ops)
{
  return ops ? ops->tracks : 0;
}

/* Number of the first track of an operation that has any. */
static inline unsigned
fci_first_track (const fci_op *op)
{
  return fci_tracks (op->before);
}

/* Go on by so many indices of an axis. */
static inline void
fci_block_stride_move (fci_block_stride *block_stride, uint64_t *at, uint64_t by)
{
  *at += (block_stride->phase + by) / block_stride->block * block_stride->step;
  block_stride->phase = (block_stride->phase + by) % block_stride->block;
}

/* How many different elements a factor has for so many indices of an axis. */
static inline uint64_t
fci_block_stride_count (const fci_block_stride *block_stride, uint64_t extent)
{
  return block_stride->step ? (block_stride->phase + extent - 1) / block_stride->block + 1 : 1;
}

/* Tensors that a view was made of and no box shows: those without elements, and those that others must be equal
 * to; ascending. */
typedef struct fci_extra_origins
{
  size_t n;
  uint32_t origin[];
} fci_extra_origins;

/* Of every block of a view the largest absolute value: elements of `source`, which has no bytes before they are
 * measured. */
typedef struct fci_measure
{
  fmtconv_source *source; /* F32, dense and row-major */
  const uint64_t *block;  /* elements per axis */
  float divisor;          /* 0: none */
} fci_measure;

/* What must be done before anything is written that is made of `wanted`: its elements are equal to those of `other`,
 * or it is measured.  Shared by all views that are made of it. */
typedef struct fci_requirement
{
  uint32_t number;            /* ascending in the order made, unique in the context */
  fmtconv_view *wanted;       /* measured: F32 */
  fmtconv_view *other;        /* NULL: it is measured */
  const fci_measure *measure; /* NULL: they are compared */
  const char *tensor;         /* of the first sealed model that has it; NULL: none yet */
} fci_requirement;

/* Ascending by number. */
typedef struct fci_requirements
{
  size_t n;
  fci_requirement *item[];
} fci_requirements;

/* Boxes are disjoint, not empty, cover the shape exactly, and are sorted by start (row-major).  A view
 * with no elements has no boxes.
 *
 * A view of a block type has its blocks along the last axis, and is cut there at their borders only.  Its boxes
 * are stored blocks of that type without operations (raw), or end with a QUANTIZE: these may have any borders,
 * but fill whole blocks together. */
struct fci_view
{
  fmtconv_ctx *ctx;
  uint32_t dtype; /* as written */
  unsigned rank;
  const uint64_t *shape;
  uint64_t elements;
  size_t n_boxes;
  const fci_box *boxes;
  const fci_extra_origins *extra_origins; /* NULL: none */
  const fci_requirements *requirements;   /* NULL: none */
  fmtconv_view *base;                     /* what this is a reshape of; NULL: no reshape */
  fmtconv_view *encoded; /* what this view's bytes encode, and whose boxes these are; NULL: plain boxes */
  bool marked;           /* its origin is that of a tensor of a sealed model, and stays */
};

/* Is it stored in blocks of several elements? */
static inline bool
fci_is_blocks (uint32_t dtype)
{
  return dtype >= FMTCONV_F6_E2M3;
}

#endif

/* core/view/view.h: a view's normal form: disjoint boxes, each a strided leaf with its operations.
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
  FCI_OP_BYTESWAP,   /* reverses the bytes of stored elements, before all other operations */
  FCI_OP_CAST,       /* round to `dtype`: a rounding point */
  FCI_OP_SCALE,      /* times (float) factor, in f32 */
  FCI_OP_ADD_SCALAR, /* plus (float) factor, in f32 */
  FCI_OP_WATCH,      /* findings that the next rounding point counts */
  FCI_OP_LOWRANK,    /* plus factor times a product of two matrices, in f32 */
  FCI_OP_MULTIPLY,   /* times a factor of each element, in f32 */
  FCI_OP_DIVIDE,     /* divided by a factor of each element, in f32 */
  FCI_OP_ADD,        /* plus factor times another element, in f32 */
  FCI_OP_QUANTIZE    /* to blocks of `dtype`; only watches may follow */
} fci_op_kind;

/* A tensor that others are multiplied by or that is added to them, or a matrix of a product, without its
 * position, which each box stores for its own elements, rows or columns. Elements along the summed axis are
 * `step` bytes apart. */
typedef struct fci_factor
{
  fmtconv_source *source;
  const struct fci_op *ops; /* up to the rounding to f32; no LOWRANK */
  uint64_t step;            /* of a product */
  uint32_t dtype;           /* of the leaf */
} fci_factor;

enum
{
  FCI_FACTORS = 2,      /* of a product: left and right */
  FCI_MAX_PRODUCTS = 8, /* of one box */
  FCI_MAX_TRACKS = FCI_FACTORS * FCI_MAX_PRODUCTS
};

/* The addend of a LOWRANK: the sum over k < rank of left(k) · right(k), k ascending from 0. */
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
  unsigned tracks;            /* including all earlier operations: see FCI_TRACK */
  double factor;              /* SCALE, ADD_SCALAR, LOWRANK, ADD */
  const fci_product *product; /* LOWRANK */
  const fci_factor *by;       /* MULTIPLY, DIVIDE, ADD */
  unsigned findings;          /* WATCH */
  int severity;               /* WATCH */
  const char *hint;           /* WATCH; may be NULL */
  fmtconv_view *importance;   /* QUANTIZE: F32, one value per column; NULL: none */
} fci_op;

/* A rectangle of the view's elements: element start + i (0 <= i < extent, per axis) is the one at byte
 * offset + Σ i·stride of the source, of data type `dtype`, after `ops`. For a block type, strides count
 * elements from element `phase` of the block at `offset`; blocks of a leaf are contiguous, or full blocks
 * apart. */
typedef struct fci_box
{
  fmtconv_source *source;
  uint64_t offset;
  const fci_op *ops; /* NULL: a copy, and dtype is the view's */
  uint64_t *start;   /* rank numbers; extent, stride and tracks follow in one array */
  uint32_t dtype;    /* of the leaf */
  uint32_t origin;   /* number of its tensor of a frozen model, or FCI_NO_ORIGIN */
  uint32_t phase;    /* of a block type; else 0 */
} fci_box;

/* Per-axis numbers of a box of a view of that rank. The stride of an axis of extent 1 moves nothing; it
 * gives the place of the next index, so that parts joined again become one box. */
#define FCI_EXTENT(box, rank) ((box)->start + (rank))
#define FCI_STRIDE(box, rank) ((int64_t *) ((box)->start + (size_t) 2 * (rank)))

/* How a factor advances along an axis of a box: the element for index i is (phase + i) / block steps after
 * the element for index 0. If it does not advance, step and phase are 0 and block is 1. */
typedef struct fci_block_stride
{
  uint64_t step;  /* bytes */
  uint64_t block; /* not 0 */
  uint64_t phase; /* < block */
} fci_block_stride;

static const fci_block_stride fci_no_block_stride = { .block = 1 };

/* The position of a factor for each element of a box: byte `at` of its source plus the steps of all axes;
 * of a product, the position of the element for k = 0. */
typedef struct fci_track
{
  uint64_t at;
  fci_block_stride block_stride[]; /* rank */
} fci_track;

/* Tracks are numbers of a box, those of the earliest operation first. An operation has the two factors of
 * a LOWRANK, or the factor of a MULTIPLY, DIVIDE or ADD followed by all tracks of that factor's own
 * operations. These count indices of the box too; for a MULTIPLY or DIVIDE they are fci_no_block_stride. */
#define FCI_TRACK_NUMBERS(rank) (1 + 3 * (size_t) (rank))
#define FCI_TRACK(box, rank, t) \
  ((fci_track *) ((box)->start + (size_t) 3 * (rank) + (t) *FCI_TRACK_NUMBERS (rank)))

static inline unsigned
fci_tracks (const fci_op *ops)
{
  return ops ? ops->tracks : 0;
}

/* Returns the number of the first track of an operation that has tracks. */
static inline unsigned
fci_first_track (const fci_op *op)
{
  return fci_tracks (op->before);
}

/* Advances by `by` indices of an axis. */
static inline void
fci_block_stride_move (fci_block_stride *block_stride, uint64_t *at, uint64_t by)
{
  *at += (block_stride->phase + by) / block_stride->block * block_stride->step;
  block_stride->phase = (block_stride->phase + by) % block_stride->block;
}

/* Returns the number of distinct factor elements for `extent` indices of an axis. */
static inline uint64_t
fci_block_stride_count (const fci_block_stride *block_stride, uint64_t extent)
{
  return block_stride->step ? (block_stride->phase + extent - 1) / block_stride->block + 1 : 1;
}

/* Origins of a view that no box shows: tensors without elements, and tensors that others must be equal to;
 * ascending. */
typedef struct fci_extra_origins
{
  size_t n;
  uint32_t origin[];
} fci_extra_origins;

typedef enum fci_measure_kind
{
  FCI_MEASURE_ABSMAX, /* the largest absolute value of every block of `wanted` */
  FCI_MEASURE_SLERP,  /* the weights of `wanted` and `other` in a spherical interpolation: two values */
  FCI_MEASURE_NORM,   /* the Euclidean norm of each index of the first axis of `wanted` */
  FCI_MEASURE_VALUE   /* the values of `wanted` */
} fci_measure_kind;

/* Values that the executor measures, as elements of `source`, which has no bytes before that. */
typedef struct fci_measure
{
  fci_measure_kind kind;
  fmtconv_source *source; /* F32, dense and row-major */
  const uint64_t *block;  /* ABSMAX: elements per axis */
  float divisor;          /* ABSMAX; 0: none */
  double fraction;        /* SLERP: from `wanted`, 0, to `other`, 1 */
  unsigned level;         /* NORM, VALUE: number of measurements that come before it, one after the other */
} fci_measure;

/* A step that must be done before a view derived from `wanted` is written: its elements are compared with
 * those of `other`, or it is measured. Shared by all derived views. */
typedef struct fci_requirement
{
  uint32_t number;            /* ascending in the order made, unique in the context */
  fmtconv_view *wanted;       /* measured: F32 */
  fmtconv_view *other;        /* of the same shape; NULL: only `wanted` is measured */
  const fci_measure *measure; /* NULL: they are compared */
  const char *why;            /* what is wrong if they differ; NULL: two inputs contradict each other */
  const char *tensor;         /* name in the first frozen model that has it; NULL: none yet */
} fci_requirement;

/* Ascending by number. */
typedef struct fci_requirements
{
  size_t n;
  fci_requirement *item[];
} fci_requirements;

/* Boxes are disjoint, not empty, cover the shape exactly, and are sorted by start (row-major). A view with
 * no elements has no boxes. A view of a block type has its blocks along the last axis and is cut there
 * only between blocks, or it is flat: one box of stored blocks in row-major order, which run on over the ends
 * of rows. Its boxes are stored blocks of that type without operations (raw), or end with a
 * QUANTIZE; the latter may have any boundaries but fill full blocks together. */
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
  fmtconv_view *base;                     /* the view that this reshapes; NULL: not a reshape */
  fmtconv_view *encoded; /* the view whose encoding these bytes are, with its boxes; NULL: plain boxes */
  bool marked;           /* its origin is a tensor of a frozen model, and is final */
};

/* Returns whether the type is stored in blocks of several elements. */
static inline bool
fci_is_blocks (uint32_t dtype)
{
  return dtype >= FMTCONV_F6_E2M3;
}

#endif

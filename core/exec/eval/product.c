/* core/exec/eval/product.c: adds low-rank products to elements, tile by tile in bounded scratch.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A part is a matrix of rows and columns.  The outer factor of a product moves along the rows, the inner factor along the
 * columns; each may be the left factor, as long as the terms are summed in order.  The inner factor is packed once for as
 * many columns as the scratch allows, and used for all rows. */
#include "config.h"

#include "core/base/order.h"
#include "core/exec/eval/part.h"
#include "core/exec/eval/product.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/worker.h"
#include "core/kernel/product.h"
#include "core/kernel/row.h"
#include <string.h>

enum
{
  OUTER,
  INNER,
  NOTHING = -1, /* not loaded */
  ALIGNMENT = 64
};

/* Shares of the scratch. */
enum
{
  PANELS = 4,
  ROWS = 2,
  SUMS = 2,
  RAW = 2,
  BUFFERS = 1, /* each of the two buffers */
  SHARES = PANELS + ROWS + SUMS + RAW + 2 * BUFFERS
};

/* A factor of a product, as a matrix of `rank` by the indices of one axis. */
typedef struct factor
{
  const fci_program *program;
  const fci_factor *stored;
  uint64_t at;
  uint64_t step; /* stride along the axis */
} factor;

/* One product, and its state in the scratch. */
typedef struct term
{
  factor factor[2]; /* OUTER, INNER */
  unsigned place;   /* among the program's terms */
  uint64_t rank;
  size_t depth;       /* indices of the rank that are processed at once */
  float *panels;      /* inner factor: `depth` × columns */
  float *rows;        /* outer factor: slab × `depth` */
  float *sums;        /* strip × columns */
  int64_t at_column;  /* first column of the panels; NOTHING */
  int64_t at_row;     /* first row of `rows`; NOTHING */
  uint64_t panels_at; /* first index of the rank in the panels */
  uint64_t rows_at;
} term;

typedef struct tiling
{
  const fci_factors *factors; /* factors of elements */
  fci_fetching fetch;         /* fetch of factors */
  uint64_t extent[2];
  unsigned n;
  term terms[FCI_MAX_PRODUCTS];
  size_t columns; /* columns of a tile */
  size_t slab;    /* rows of the outer factors that are fetched at once … */
  size_t strip;   /* … and rows of sums */
  float *raw;
  size_t raw_floats;
  uint8_t *in; /* buffers of the worker, saved while factors are fetched */
  uint8_t *dense;
  size_t capacity;
} tiling;

/* Returns the axes along which a factor of a product moves, as bits. */
static unsigned
moves (const fci_part_box *p, unsigned t)
{
  unsigned axes = 0;
  for (unsigned i = 0; i < p->rank; i++)
    axes |= p->track[t].block_stride[i].step ? 1u << i : 0;
  return axes;
}

bool
fci_part_is_matrix (const fci_part_box *p)
{
  if (p->program->n_products == 0)
    return true;
  for (unsigned n = 0; n < p->program->n_terms; n++)
    {
      const fci_term *stored = &p->program->terms[n];
      const unsigned left = stored->product ? moves (p, stored->track) : 0;
      const unsigned right = stored->product ? moves (p, stored->track + 1) : 0;
      if (left == 3 || right == 3 || (left & right))
        return false;
    }
  return p->rank <= 2;
}

/* Arranges the part as rows and columns: sets the strides of the output, and the terms. */
static void
lay_out (tiling *g, const fci_part_box *p, uint64_t *out_step)
{
  unsigned skip = 2 - p->rank; /* axes of extent 1 in front */
  g->n = 0;
  for (unsigned i = 0; i < 2; i++)
    {
      g->extent[i] = i < skip ? 1 : p->extent[i - skip];
      out_step[i] = i < skip ? 0 : p->out[i - skip];
    }
  if (p->rank == 0)
    out_step[1] = p->out_item;
  for (unsigned n = 0; n < p->program->n_terms; n++)
    {
      const fci_term *stored = &p->program->terms[n];
      const unsigned left = stored->track, inner_bit = p->rank ? 1u << (p->rank - 1) : 0;
      if (!stored->product)
        continue;
      const bool turned =
          (moves (p, left) & inner_bit) != 0
          || (p->rank == 2 && moves (p, left + 1) == 1); /* the left factor moves along the columns */
      for (unsigned k = 0; k < 2; k++)
        {
          const unsigned f = k ^ turned;
          const fci_part_track *track = &p->track[left + f];
          g->terms[g->n].factor[k] = (factor){ .program = stored->factor[f],
                                               .stored = &stored->product->factor[f],
                                               .at = track->at,
                                               .step = k < skip ? 0 : track->block_stride[k - skip].step };
        }
      g->terms[g->n].place = n;
      g->terms[g->n++].rank = stored->product->rank;
    }
}

static size_t
least (size_t a, size_t b)
{
  return a < b ? a : b;
}

static size_t
rounded_up (uint64_t n, size_t to)
{
  return (size_t) ((n + to - 1) / to * to);
}

/* Divides the scratch.  A tile has at least one block of the kernel's rows and columns. */
static void
share_out (tiling *g, uint8_t *scratch, size_t size)
{
  const size_t unit = size / SHARES & ~(size_t) (ALIGNMENT - 1);
  const size_t each = unit / g->n & ~(size_t) (ALIGNMENT - 1); /* bytes of a share for one term */
  const size_t panels = PANELS * each / sizeof (float), rows = ROWS * each / sizeof (float),
               sums = SUMS * each / sizeof (float);
  g->columns = least (rounded_up (g->extent[1], FCI_PRODUCT_COLUMNS), sums / FCI_PRODUCT_ROWS);
  g->slab = rounded_up (g->extent[0], FCI_PRODUCT_ROWS);
  for (unsigned n = 0; n < g->n; n++, scratch += (PANELS + ROWS + SUMS) * each)
    {
      term *t = &g->terms[n];
      t->panels = (float *) (void *) scratch;
      t->rows = (float *) (void *) (scratch + PANELS * each);
      t->sums = (float *) (void *) (scratch + (PANELS + ROWS) * each);
      t->at_column = t->at_row = NOTHING;
      t->depth = least (panels / FCI_PRODUCT_COLUMNS, rows / FCI_PRODUCT_ROWS);
      t->depth = t->rank < t->depth ? (size_t) t->rank : t->depth;
      g->columns = least (g->columns, panels / t->depth);
      g->slab = least (g->slab, rows / t->depth);
    }
  g->columns -= g->columns % FCI_PRODUCT_COLUMNS;
  g->slab -= g->slab % FCI_PRODUCT_ROWS;
  g->strip = least (g->slab, sums / g->columns);
  g->strip -= g->strip % FCI_PRODUCT_ROWS;
  g->raw = (float *) (void *) scratch;
  g->raw_floats = RAW * unit / sizeof (float);
  g->in = scratch + RAW * unit;
  g->dense = g->in + BUFFERS * unit;
  g->capacity = BUFFERS * unit;
}

/* Fetches n × depth elements of a factor as f32, from index `first` of its axis and index `k` of the rank.
 * by_rank: the result is `depth` × n. */
static int
fetch_factor (tiling *g, const factor *x, uint64_t first, size_t n, uint64_t k, size_t depth, bool by_rank,
              float *to)
{
  fci_worker *w = g->fetch.worker;
  const unsigned rank_axis = by_rank ? 0 : 1;
  uint8_t *in = w->in, *dense = w->dense;
  const size_t capacity = w->capacity;
  fci_part_box p;
  p.program = x->program;
  p.source = x->stored->source;
  p.offset = x->at + first * x->step + k * x->stored->step;
  p.phase = 0;
  p.rank = 2;
  p.n_tracks = 0;
  p.in_item = fci_element_bytes (x->stored->dtype);
  p.out_item = sizeof (float);
  p.extent[rank_axis] = depth;
  p.extent[!rank_axis] = n;
  p.in[rank_axis] = x->stored->step;
  p.in[!rank_axis] = x->step;
  p.out[0] = p.extent[1] * sizeof (float);
  p.out[1] = sizeof (float);
  w->in = g->in;
  w->dense = g->dense;
  w->capacity = g->capacity;
  int code = fci_fetch_part (&g->fetch, &p, 0, (uint8_t *) to);
  fci_file_order_floats (to, n * depth);
  w->in = in;
  w->dense = dense;
  w->capacity = capacity;
  return code;
}

/* Loads the inner factor for a tile's columns, unless it is loaded. */
static int
need_panels (tiling *g, term *t, uint64_t column, size_t n, uint64_t k, size_t depth)
{
  if (t->at_column == (int64_t) column && t->panels_at == k)
    return 0;
  const size_t most = g->raw_floats / n;
  for (size_t done = 0, count; done < depth; done += count)
    {
      count = least (most, depth - done);
      if (fetch_factor (g, &t->factor[INNER], column, n, k + done, count, true, g->raw) != 0)
        return -1;
      fci_product_pack (t->panels, g->raw, n, depth, done, count);
    }
  t->at_column = (int64_t) column;
  t->panels_at = k;
  return 0;
}

/* Loads the outer factor for a slab's rows, unless it is loaded. */
static int
need_rows (tiling *g, term *t, uint64_t row, size_t n, uint64_t k, size_t depth)
{
  if (t->at_row == (int64_t) row && t->rows_at == k)
    return 0;
  memset (t->rows + n * depth, 0, (rounded_up (n, FCI_PRODUCT_ROWS) - n) * depth * sizeof *t->rows);
  if (fetch_factor (g, &t->factor[OUTER], row, n, k, depth, false, t->rows) != 0)
    return -1;
  t->at_row = (int64_t) row;
  t->rows_at = k;
  return 0;
}

/* A rectangle of the part. */
typedef struct tile
{
  uint64_t row; /* first row of the slab */
  size_t slab_rows;
  size_t skip; /* rows of the slab before the strip */
  size_t rows; /* rows of the strip */
  uint64_t column;
  size_t columns;
} tile;

/* Computes the sums of all products of one strip. */
static int
sum (tiling *g, const tile *at)
{
  for (unsigned n = 0; n < g->n; n++)
    {
      term *t = &g->terms[n];
      for (uint64_t k = 0; k < t->rank; k += t->depth)
        {
          const size_t depth = t->rank - k < t->depth ? (size_t) (t->rank - k) : t->depth;
          if (need_panels (g, t, at->column, at->columns, k, depth) != 0
              || need_rows (g, t, at->row, at->slab_rows, k, depth) != 0)
            return -1;
          fci_product_run (t->sums, g->columns, t->rows + at->skip * depth, depth, t->panels, depth, at->rows,
                           at->columns, k > 0);
        }
    }
  return 0;
}

/* Runs the program on the strip's elements and their sums. */
static void
add (tiling *g, const fci_part_box *p, const tile *at, const uint8_t *from, const uint64_t *out_step,
     fci_tally *tally, uint8_t *out)
{
  fci_operand operands[FCI_MAX_TRACKS];
  const size_t n =
      out_step[1] == p->out_item ? at->columns : 1; /* elements that are contiguous in the output */
  for (size_t i = 0; i < at->rows; i++)
    for (size_t j = 0; j < at->columns; j += n)
      {
        const uint64_t row = at->row + at->skip + i, column = at->column + j;
        const uint64_t index[2] = { p->rank == 2 ? row : column, column };
        fci_factors_at (g->factors, p, index, operands);
        for (unsigned k = 0; k < g->n; k++)
          operands[g->terms[k].place] =
              (fci_operand){ .values = g->terms[k].sums + i * g->columns + j, .block = 1 };
        fci_row_run (&p->program->rows, from + (row * g->extent[1] + column) * p->in_item,
                     out + row * out_step[0] + column * out_step[1], n, g->fetch.worker->row, operands,
                     tally);
      }
}

/* Processes all strips of a slab. */
static int
do_slab (tiling *g, const fci_part_box *p, tile at, const uint8_t *from, const uint64_t *out_step,
         fci_tally *tally, uint8_t *out)
{
  for (at.skip = 0; at.skip < at.slab_rows; at.skip += at.rows)
    {
      at.rows = least (g->strip, at.slab_rows - at.skip);
      if (fci_is_cancelled (g->fetch.worker))
        return fci_fault_code (g->fetch.worker, FMTCONV_E_CANCELLED);
      if (sum (g, &at) != 0)
        return -1;
      add (g, p, &at, from, out_step, tally, out);
    }
  return 0;
}

int
fci_store_products (fci_fetching *f, const fci_part_box *p, const fci_factors *factors, const uint8_t *from,
                    fci_tally *tally, uint8_t *out)
{
  fci_worker *w = f->worker;
  const size_t first = rounded_up (fci_row_scratch (&p->program->rows), ALIGNMENT)
                       + (factors->n ? FCI_FACTOR_CAPACITY + ALIGNMENT : 0);
  uint8_t *scratch = (uint8_t *) w->row + first;
  uint64_t out_step[2];
  tiling g = { .fetch = { .worker = w, .unchecked = true }, .factors = factors };
  scratch += -(uintptr_t) scratch % ALIGNMENT;
  lay_out (&g, p, out_step);
  share_out (&g, scratch, w->row_capacity - first - ALIGNMENT);
  for (tile at = { 0 }; at.column < g.extent[1]; at.column += at.columns)
    {
      at.columns = g.extent[1] - at.column < g.columns ? (size_t) (g.extent[1] - at.column) : g.columns;
      for (at.row = 0; at.row < g.extent[0]; at.row += at.slab_rows)
        {
          at.slab_rows = g.extent[0] - at.row < g.slab ? (size_t) (g.extent[0] - at.row) : g.slab;
          if (do_slab (&g, p, at, from, out_step, tally, out) != 0)
            return -1;
        }
    }
  return 0;
}

/* core/plan/row-panel.c: chooses row panels: the part of a transposed matrix that one unit writes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A unit that fits a buffer has few rows if rows are long, and a row of a transposed matrix is a column of
 * the source, so that each source row would give only a few bytes.  A row panel has enough rows for
 * STRETCH bytes of each source row; it is written some columns at a time. */
#include "config.h"

#include "core/plan/row-panel.h"
#include "core/plan/run.h"

enum
{
  STRETCH = 1024 /* minimum bytes for one read of the source */
};

bool
fci_box_is_in_order (fmtconv_view *view, const fci_box *box)
{
  const uint64_t *extent = FCI_EXTENT (box, view->rank);
  const int64_t *stride = FCI_STRIDE (box, view->rank);
  int64_t last = INT64_MAX;
  for (unsigned i = 0; i < view->rank; i++)
    if (extent[i] > 1)
      {
        if (stride[i] > last)
          return false;
        last = stride[i];
      }
  return true;
}

/* Finds the axis with adjacent indices adjacent in the source.  Returns false unless exactly one later axis
 * has more than one index. */
static bool
find_axis (fmtconv_view *view, const fci_box *box, unsigned *axis)
{
  const uint64_t *extent = FCI_EXTENT (box, view->rank);
  const int64_t *stride = FCI_STRIDE (box, view->rank);
  unsigned later = 0;
  for (unsigned i = view->rank; i-- > 0;)
    {
      if (extent[i] > 1 && stride[i] == (int64_t) fci_element_bytes (box->dtype))
        {
          *axis = i;
          return later == 1;
        }
      later += extent[i] > 1;
    }
  return false;
}

/* Returns whether a tensor is a transposed matrix that is converted element by element, and sets the axis of its rows. */
static bool
is_transposed (const fci_rows *rows, unsigned *axis)
{
  fmtconv_view *view = rows->view;
  const fci_program *program = rows->n_parts == 1 ? rows->parts[0].program : NULL;
  return view->n_boxes == 1 && !rows->encoder && program && !program->n_terms && !program->blocks
         && !fci_is_blocks (view->dtype) && find_axis (view, &view->boxes[0], axis);
}

/* Returns the bytes of the axes after `axis`. */
static uint64_t
row_bytes (fmtconv_view *view, unsigned axis)
{
  uint64_t row = fci_element_bytes (view->dtype);
  for (unsigned i = axis + 1; i < view->rank; i++)
    row *= view->shape[i];
  return row;
}

uint64_t
fci_rows_panel_row (const fci_rows *rows)
{
  unsigned axis;
  return is_transposed (rows, &axis) ? row_bytes (rows->view, axis) : 0;
}

/* Returns the rows of a panel, such that tiles about as wide as high fit the buffer. */
static uint64_t
rows_of_panel (size_t item, uint64_t capacity)
{
  uint64_t n = STRETCH / item;
  while (n > 1 && n * n > capacity / item)
    n /= 2;
  return n < FCI_ROW_PANEL_ROWS ? n : FCI_ROW_PANEL_ROWS;
}

void
fci_rows_choose_panel (fci_rows *rows, uint64_t capacity, uint64_t share)
{
  fmtconv_view *view = rows->view;
  unsigned axis;
  if (!is_transposed (rows, &axis))
    return;
  size_t item = fci_element_bytes (view->boxes[0].dtype);
  uint64_t n = rows_of_panel (item < fci_element_bytes (view->dtype) ? fci_element_bytes (view->dtype) : item,
                              capacity),
           row = row_bytes (view, axis);
  share = share > capacity ? share : capacity;
  n = n * row < share ? n : share / row;
  n = n < view->shape[axis] ? n : view->shape[axis];
  if (row * n <= capacity)
    return;
  rows->row_panel = row * n;
  rows->row_panel_axis = axis;
}

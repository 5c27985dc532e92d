/* core/exec/write/tile.c: writes a row panel of a transposed matrix, some columns at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/eval/fetch.h"
#include "core/exec/worker/write.h"
#include "core/exec/write/tile.h"
#include "core/kernel/crc32.h"
#include <assert.h>

/* Rows of one matrix, with columns along axis `across`. */
typedef struct row_panel
{
  fci_worker *worker;
  const fci_run *run;
  uint32_t file;
  uint64_t at;  /* offset of the first byte in the tensor */
  uint64_t row; /* bytes of a row */
  unsigned across;
  fci_rectangle place;
  uint32_t crc[FCI_ROW_PANEL_ROWS]; /* current checksum of each row */
} row_panel;

static uint64_t
file_offset (const row_panel *b, uint64_t at)
{
  return b->run->at + (at - b->run->from);
}

/* Writes each row of the tile in the buffer, and updates the checksums.  Returns 0, or -1 with the fault set.
 * */
static int
write_tile (row_panel *b)
{
  fci_worker *worker = b->worker;
  const uint64_t item = fci_element_bytes (b->run->u.rows->view->dtype),
                 n = b->place.extent[b->across] * item;
  const uint64_t rows = b->place.extent[b->run->u.rows->row_panel_axis];
  uint64_t to = file_offset (b, b->at) + b->place.start[b->across] * item;
  int code = 0;
  fci_worker_lock (worker, b->file);
  for (uint64_t i = 0; i < rows && code == 0; i++)
    code = fci_worker_write (worker, b->file, worker->out + i * n, (size_t) n, to + i * b->row);
  fci_worker_unlock (worker, b->file);
  for (uint64_t i = 0; i < rows && b->run->wanted && code == 0; i++)
    b->crc[i] = fci_crc32 (b->crc[i], worker->out + i * n, (size_t) n);
  return code;
}

/* Records one checksum for all rows.  Returns 0, or -1 with the fault set. */
static int
note_row_panel (row_panel *b)
{
  const uint64_t rows = b->place.extent[b->run->u.rows->row_panel_axis];
  uint32_t crc = 0;
  if (!b->run->wanted)
    return 0;
  for (uint64_t i = 0; i < rows; i++)
    crc = fci_crc32_combine (crc, b->crc[i], b->row);
  return fci_note_written (b->worker, b->run->wanted, file_offset (b, b->at), rows * b->row, crc);
}

static int
write_row_panel (row_panel *b)
{
  const fci_rows *rows = b->run->u.rows;
  const fmtconv_view *view = rows->view;
  size_t item = fci_element_bytes (view->dtype), from = fci_element_bytes (view->boxes[0].dtype);
  uint64_t columns = view->shape[b->across];
  uint64_t most = b->worker->capacity / (b->place.extent[rows->row_panel_axis] * (item < from ? from : item));
  for (uint64_t start = 0; start < columns; start += most)
    {
      b->place.start[b->across] = start;
      b->place.extent[b->across] = columns - start < most ? columns - start : most;
      if (fci_fetch_rectangle (b->worker, rows, fci_worker_tallies (b->worker), &b->place, b->worker->out)
              != 0
          || write_tile (b) != 0)
        return -1;
    }
  return note_row_panel (b);
}

/* Locates the panel of up to n bytes from b->at, within one matrix and FCI_ROW_PANEL_ROWS.  Returns its
 * bytes. */
static uint64_t
locate_row_panel (row_panel *b, uint64_t n)
{
  const fci_rows *rows = b->run->u.rows;
  const fmtconv_view *view = rows->view;
  uint64_t index = b->at / b->row, height = view->shape[rows->row_panel_axis], count = n / b->row;
  b->place.start[rows->row_panel_axis] = index % height;
  index /= height;
  for (unsigned i = rows->row_panel_axis; i-- > 0; index /= view->shape[i])
    {
      b->place.start[i] = index % view->shape[i];
      b->place.extent[i] = 1;
    }
  height -= b->place.start[rows->row_panel_axis];
  count = count < height ? count : height;
  count = count < FCI_ROW_PANEL_ROWS ? count : FCI_ROW_PANEL_ROWS;
  b->place.extent[rows->row_panel_axis] = count;
  for (uint64_t i = 0; i < count; i++)
    b->crc[i] = 0;
  return count * b->row;
}

int
fci_write_row_panel (fci_worker *worker, uint32_t file, const fci_run *run, uint64_t skip, uint64_t n)
{
  const fci_rows *rows = run->u.rows;
  const fmtconv_view *view = rows->view;
  row_panel b = {
    .worker = worker, .run = run, .file = file, .row = fci_element_bytes (view->dtype), .at = run->from + skip
  };
  for (unsigned i = rows->row_panel_axis + 1; i < view->rank; i++)
    {
      b.row *= view->shape[i];
      b.across = view->shape[i] > 1 ? i : b.across;
      b.place.extent[i] = 1;
    }
  assert (b.at % b.row == 0 && n % b.row == 0);
  for (uint64_t done; n > 0; n -= done, b.at += done)
    {
      done = locate_row_panel (&b, n);
      if (write_row_panel (&b) != 0)
        return -1;
    }
  return 0;
}

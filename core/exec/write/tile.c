/* core/exec/write/tile.c: writes a band of a transposed matrix, some of its columns at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/eval/fetch.h"
#include "core/exec/worker/write.h"
#include "core/exec/write/tile.h"
#include "core/kernel/crc32.h"
#include <assert.h>

/* Rows of one matrix; its columns are along `across`. */
typedef struct band
{
  fci_worker *worker;
  const fci_run *run;
  uint32_t file;
  uint64_t at;  /* of its first byte in the tensor */
  uint64_t row; /* bytes of one */
  unsigned across;
  fci_rectangle place;
  uint32_t crc[FCI_BAND_ROWS]; /* of each row so far */
} band;

static uint64_t
file_place (const band *b, uint64_t at)
{
  return b->run->at + (at - b->run->from);
}

/* Each row of the tile in the buffer to its place; their checksums. */
static int
write_tile (band *b)
{
  fci_worker *worker = b->worker;
  const uint64_t item = fci_item (b->run->u.rows->view->dtype), n = b->place.extent[b->across] * item;
  const uint64_t rows = b->place.extent[b->run->u.rows->band_axis];
  uint64_t to = file_place (b, b->at) + b->place.start[b->across] * item;
  int code = 0;
  pthread_mutex_lock (&worker->work->writing[b->file]);
  for (uint64_t i = 0; i < rows && code == 0; i++)
    code = fci_worker_write (worker, b->file, worker->out + i * n, (size_t) n, to + i * b->row);
  pthread_mutex_unlock (&worker->work->writing[b->file]);
  for (uint64_t i = 0; i < rows && b->run->wanted && code == 0; i++)
    b->crc[i] = fci_crc32 (b->crc[i], worker->out + i * n, (size_t) n);
  return code;
}

/* One checksum for all of its rows. */
static int
note_band (band *b)
{
  const uint64_t rows = b->place.extent[b->run->u.rows->band_axis];
  uint32_t crc = 0;
  if (!b->run->wanted)
    return 0;
  for (uint64_t i = 0; i < rows; i++)
    crc = fci_crc32_combine (crc, b->crc[i], b->row);
  return fci_note_written (b->worker, b->run->wanted, file_place (b, b->at), rows * b->row, crc);
}

static int
write_band (band *b)
{
  const fci_rows *rows = b->run->u.rows;
  const fmtconv_view *view = rows->view;
  size_t item = fci_item (view->dtype), from = fci_item (view->boxes[0].dtype);
  uint64_t columns = view->shape[b->across];
  uint64_t most = b->worker->room / (b->place.extent[rows->band_axis] * (item < from ? from : item));
  for (uint64_t start = 0; start < columns; start += most)
    {
      b->place.start[b->across] = start;
      b->place.extent[b->across] = columns - start < most ? columns - start : most;
      if (fci_fetch_rectangle (b->worker, rows, b->worker->work->tallies, &b->place, b->worker->out) != 0
          || write_tile (b) != 0)
        return -1;
    }
  return note_band (b);
}

/* Up to n bytes from b->at, as far as they are of one matrix and of so few rows; how many.  */
static uint64_t
place_band (band *b, uint64_t n)
{
  const fci_rows *rows = b->run->u.rows;
  const fmtconv_view *view = rows->view;
  uint64_t index = b->at / b->row, height = view->shape[rows->band_axis], count = n / b->row;
  b->place.start[rows->band_axis] = index % height;
  index /= height;
  for (unsigned i = rows->band_axis; i-- > 0; index /= view->shape[i])
    {
      b->place.start[i] = index % view->shape[i];
      b->place.extent[i] = 1;
    }
  height -= b->place.start[rows->band_axis];
  count = count < height ? count : height;
  count = count < FCI_BAND_ROWS ? count : FCI_BAND_ROWS;
  b->place.extent[rows->band_axis] = count;
  for (uint64_t i = 0; i < count; i++)
    b->crc[i] = 0;
  return count * b->row;
}

int
fci_write_band (fci_worker *worker, uint32_t file, const fci_run *run, uint64_t skip, uint64_t n)
{
  const fci_rows *rows = run->u.rows;
  const fmtconv_view *view = rows->view;
  band b = {
    .worker = worker, .run = run, .file = file, .row = fci_item (view->dtype), .at = run->from + skip
  };
  for (unsigned i = rows->band_axis + 1; i < view->rank; i++)
    {
      b.row *= view->shape[i];
      b.across = view->shape[i] > 1 ? i : b.across;
      b.place.extent[i] = 1;
    }
  assert (b.at % b.row == 0 && n % b.row == 0);
  for (uint64_t done; n > 0; n -= done, b.at += done)
    {
      done = place_band (&b, n);
      if (write_band (&b) != 0)
        return -1;
    }
  return 0;
}

/* core/exec/worker/decode.c: computes the bytes of decoded sources, a part of a row at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/order.h"
#include "core/exec/worker/decode.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/read.h"
#include "core/kernel/decode.h"
#include <string.h>

/* The scratch: results, then the operands' values, then floats as they are stored. */
static uint8_t *
values_of (const fci_worker *worker, const fci_decoded_operand *o)
{
  return worker->decoding.scratch + FCI_DECODE_STEP * sizeof (float) + o->place;
}

static uint8_t *
stored_of (const fci_worker *worker)
{
  return worker->decoding.scratch + FCI_DECODE_STEP * sizeof (float) + FCI_DECODE_OPERANDS;
}

/* Sets the indices of an operand that indices [from, from + n) of the result need. */
static void
range_of (const uint32_t *share, uint64_t from, uint64_t n, uint64_t whole, uint64_t *start, uint64_t *count)
{
  if (share[1] == 0)
    {
      *start = 0;
      *count = whole;
      return;
    }
  const uint64_t end = (from + n) * share[0];
  *start = from * share[0] / share[1];
  *count = end / share[1] + (end % share[1] != 0) - *start;
}

/* Reads n values of an operand from byte `at` on. Returns 0, or -1 with the fault set. */
static int
read_values (fci_worker *worker, const fci_decoded_operand *o, uint64_t at, size_t n, uint8_t *to)
{
  if (o->stored == o->given)
    {
      const int code = fci_worker_read (worker, o->source, at, to, n * o->stored);
      fci_file_order (to, n, o->stored);
      return code;
    }
  if (fci_worker_read (worker, o->source, at, stored_of (worker), n * o->stored) != 0)
    return -1;
  fci_decode (o->dtype, stored_of (worker), to, n);
  return 0;
}

/* Reads the part of an operand, unless the last call had the same part. */
static int
read_part (fci_worker *worker, const fci_decoded_operand *o, const fci_decoding_part *wanted,
           fci_decoding_part *held)
{
  if (memcmp (wanted, held, sizeof *held) == 0)
    return 0;
  *held = (fci_decoding_part){ 0 };
  for (uint64_t i = 0; i < wanted->rows; i++)
    if (read_values (worker, o, o->at + (wanted->row + i) * o->pitch + wanted->column * o->stored,
                     (size_t) wanted->columns, values_of (worker, o) + i * wanted->columns * o->given)
        != 0)
      return -1;
  *held = *wanted;
  return 0;
}

static int
fail (fci_worker *worker, const fmtconv_source *source, const char *what)
{
  worker->fault = (fci_fault){ .code = FMTCONV_E_FORMAT, .what = what, .source = source };
  return -1;
}

/* Reads what operand i needs for `count` elements from [row, column] on. */
static int
read_operand (fci_worker *worker, const fmtconv_source *source, unsigned i, uint64_t row, uint64_t column,
              size_t count)
{
  const fci_decoded_operand *o = &fci_source_decoder (source)->operand[i];
  fci_decoding_part wanted = { 0 };
  if (o->by)
    {
      int32_t at;
      memcpy (&at, values_of (worker, &fci_source_decoder (source)->operand[o->by - 1]), sizeof at);
      if (at < 0 || (uint64_t) at >= o->rows)
        return fail (worker, source, "a group number is not a row of the scales");
      wanted.row = (uint64_t) at;
      wanted.rows = 1;
    }
  else
    range_of (o->row_share, row, 1, 1, &wanted.row, &wanted.rows);
  range_of (o->column_share, column, count, o->columns, &wanted.column, &wanted.columns);
  return read_part (worker, o, &wanted, &worker->decoding.part[i]);
}

/* Computes `count` elements from [row, column] on to the start of the scratch. */
static int
decode (fci_worker *worker, const fmtconv_source *source, uint64_t row, uint64_t column, size_t count)
{
  const fci_decoded *d = fci_source_decoder (source);
  fmtconv_operand_part parts[FCI_MAX_OPERANDS];
  if (worker->decoding.source != source)
    memset (worker->decoding.part, 0, sizeof worker->decoding.part);
  worker->decoding.source = source;
  for (unsigned i = 0; i < d->n; i++)
    {
      const fci_decoding_part *part = &worker->decoding.part[i];
      if (read_operand (worker, source, i, row, column, count) != 0)
        return -1;
      parts[i] = (fmtconv_operand_part){ .values = values_of (worker, &d->operand[i]),
                                         .row = part->row,
                                         .column = part->column,
                                         .pitch = (size_t) part->columns };
    }
  const char *what =
      d->codec.decode (d->params, parts, row, column, count, (float *) worker->decoding.scratch);
  fci_file_order (worker->decoding.scratch, count, sizeof (float));
  return what ? fail (worker, source, what) : 0;
}

int
fci_worker_decode (fci_worker *worker, const fmtconv_source *source, uint64_t offset, uint8_t *to, size_t n)
{
  const fci_decoded *d = fci_source_decoder (source);
  while (n > 0)
    {
      const uint64_t element = offset / sizeof (float), column = element % d->columns;
      const size_t skip = (size_t) (offset % sizeof (float));
      uint64_t count = (skip + n + sizeof (float) - 1) / sizeof (float);
      count = count < d->step ? count : d->step;
      count = count < d->columns - column ? count : d->columns - column;
      if (decode (worker, source, element / d->columns, column, (size_t) count) != 0)
        return -1;
      size_t take = (size_t) count * sizeof (float) - skip;
      take = take < n ? take : n;
      memcpy (to, worker->decoding.scratch + skip, take);
      offset += take;
      to += take;
      n -= take;
    }
  return 0;
}

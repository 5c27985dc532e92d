/* core/plan/range.c: cuts a range of a file into units, each of which fits a worker's buffer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/plan/range.h"
#include "core/plan/run.h"
#include "core/view/place.h"

enum
{
  COPY_CUT = 4096 /* cuts in copies fall on multiples of this in the output */
};

uint64_t
fci_rows_cut (const fci_rows *rows, uint64_t at, uint64_t capacity)
{
  fmtconv_view *view = rows->view;
  uint64_t item = rows->grain_bytes, row = fci_dtype_bytes (view->dtype, view->elements);
  for (unsigned i = 0; i < view->rank && row > capacity; i++)
    row = i + 1 < view->rank ? row / view->shape[i] : item;
  uint64_t end = (at + capacity) / row * row;
  return end > at ? end - at : capacity / item * item;
}

/* Returns the bytes of the next row panel of a run, which fills a unit alone; 0: the unit is not empty. */
static uint64_t
take_row_panel (const fci_run *run, uint64_t skip, bool empty)
{
  uint64_t left = run->size - skip;
  if (!empty)
    return 0;
  return left <= run->u.rows->row_panel
             ? left
             : fci_rows_cut (run->u.rows, run->from + skip, run->u.rows->row_panel);
}

/* Returns the bytes of a run from `skip` that go into a unit with `capacity` bytes left; `whole`: capacity of
 * an empty unit.  0: none. */
static uint64_t
take (const fci_run *run, uint64_t skip, uint64_t capacity, uint64_t whole)
{
  uint64_t left = run->size - skip;
  if (left <= capacity)
    return left;
  if (run->kind == FCI_RUN_ROWS && run->u.rows->row_panel)
    return take_row_panel (run, skip, capacity == whole);
  if (left <= whole / 4)
    return 0;
  if (run->kind == FCI_RUN_ROWS)
    return capacity < whole / 4 ? 0 : fci_rows_cut (run->u.rows, run->from + skip, capacity);
  uint64_t at = run->at + skip, end = (at + capacity) & ~(uint64_t) (COPY_CUT - 1);
  return end > at ? end - at : 0;
}

static fci_unit *
open_unit (fci_plan *plan, uint32_t file, size_t run, uint64_t at)
{
  fci_unit *unit = fci_list_add (plan->ctx, &plan->units, sizeof *unit);
  if (unit)
    *unit = (fci_unit){ .at = at, .run = run, .file = file };
  return unit;
}

size_t
fci_plan_cut_range (fci_plan *plan, uint32_t file, uint64_t at, uint64_t end, size_t run)
{
  const fci_run *runs = FCI_RUNS (plan);
  fci_unit *unit = NULL;
  while (at < end)
    {
      uint64_t skip = at - runs[run].at, left = end - at;
      uint64_t capacity = unit && unit->size < plan->unit_capacity ? plan->unit_capacity - unit->size : 0;
      uint64_t n = capacity ? take (&runs[run], skip, capacity, plan->unit_capacity) : 0;
      if (n == 0)
        {
          if (!(unit = open_unit (plan, file, run, at)))
            return SIZE_MAX;
          n = take (&runs[run], skip, plan->unit_capacity, plan->unit_capacity);
        }
      n = n < left ? n : left;
      unit->size += n;
      at += n;
      if (unit->size > plan->cost.unit)
        plan->cost.unit = unit->size;
      if (skip + n == runs[run].size)
        run++;
    }
  return run;
}

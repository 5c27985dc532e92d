/* core/plan/share.c: finds the borders between the shares of a plan.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/plan/row-panel.h"
#include "core/plan/share.h"
#include "core/view/place.h"

enum
{
  COPY_ALIGN = 4096, /* of borders in copies, in the output */
  PIECE = 1 << 16    /* parts of a cost, so that products fit 64 bits */
};

/* Returns the bytes of the source elements of a tensor, without factors. */
static uint64_t
source_bytes (const fci_rows *rows)
{
  fmtconv_view *view = rows->view;
  return view->n_boxes ? fci_dtype_bytes (view->boxes[0].dtype, view->elements) : 0;
}

/* Returns a · b / c without overflow, a <= c: rounded down, to less than one part in PIECE of b. */
static uint64_t
scale (uint64_t b, uint64_t a, uint64_t c)
{
  while (c > PIECE || (a && b > UINT64_MAX / a))
    {
      if (c <= PIECE)
        return b / c * a;
      a /= 2;
      c = (c + 1) / 2;
    }
  return c ? b / c * a + b % c * a / c : 0;
}

uint64_t
fci_run_cost (const fci_run *run)
{
  uint64_t all;
  switch (run->kind)
    {
    case FCI_RUN_COPY:
      return 2 * run->size;
    case FCI_RUN_ROWS:
      all = fci_dtype_bytes (run->u.rows->view->dtype, run->u.rows->view->elements);
      return run->size + (all ? scale (source_bytes (run->u.rows), run->size, all) : 0);
    default:
      return run->size;
    }
}

/* Returns where a border may be at or before byte `skip` of a run. */
static uint64_t
align (const fci_run *run, uint64_t skip)
{
  skip = skip < run->size ? skip : run->size - 1;
  if (run->kind == FCI_RUN_ROWS)
    {
      const uint64_t row = fci_rows_panel_row (run->u.rows), grain = row ? row : run->u.rows->grain_bytes,
                     at = (run->from + skip) / grain * grain;
      return at > run->from ? at - run->from : 0;
    }
  const uint64_t at = run->kind == FCI_RUN_DIGEST ? run->at : (run->at + skip) & ~(uint64_t) (COPY_ALIGN - 1);
  return at > run->at ? at - run->at : 0;
}

/* Returns the cost of share `k` of n parts of a sum: that of the first k shares. */
static uint64_t
part_of (uint64_t sum, unsigned k, unsigned n)
{
  return sum / n * k + sum % n * k / n;
}

/* Advances over the files up to the one that contains run number `run`. */
static uint32_t
file_of (const fci_plan *plan, uint32_t file, size_t run)
{
  while (file + 1 < plan->files.n && FCI_FILES (plan)[file + 1].run <= run)
    file++;
  return file;
}

void
fci_share_borders (const fci_plan *plan, unsigned share, unsigned shares, fci_border *from, fci_border *to)
{
  uint64_t sum = 0, before = 0;
  uint32_t file = 0;
  for (size_t i = 0; i < plan->runs.n; i++)
    sum += fci_run_cost (&FCI_RUNS (plan)[i]);
  const uint64_t first = part_of (sum, share - 1, shares), last = part_of (sum, share, shares);
  *from = *to = (fci_border){ .file = (uint32_t) plan->files.n, .run = plan->runs.n };
  bool began = share == 1;
  if (began)
    *from = (fci_border){ 0 };
  for (size_t i = 0; i < plan->runs.n; i++)
    {
      const fci_run *run = &FCI_RUNS (plan)[i];
      const uint64_t cost = fci_run_cost (run);
      file = file_of (plan, file, i);
      if (!began && first < before + cost)
        {
          const uint64_t at = align (run, scale (run->size, first - before, cost));
          *from = (fci_border){ .file = file, .at = run->at + at, .run = i };
          began = true;
        }
      if (share < shares && last < before + cost)
        {
          const uint64_t at = align (run, scale (run->size, last - before, cost));
          *to = (fci_border){ .file = file, .at = run->at + at, .run = i };
          return;
        }
      before += cost;
    }
}

uint64_t
fci_share_cost (const fci_plan *plan, const fci_border *from, const fci_border *to)
{
  uint64_t sum = 0;
  for (size_t i = from->run; i < plan->runs.n && i <= to->run; i++)
    {
      const fci_run *run = &FCI_RUNS (plan)[i];
      const uint64_t start = i == from->run ? from->at - run->at : 0,
                     end = i == to->run ? to->at - run->at : run->size;
      sum += run->size ? scale (fci_run_cost (run), end - start, run->size) : 0;
    }
  return sum;
}

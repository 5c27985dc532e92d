/* tests/unit/plan-share.c: the dealing of a petabyte to a thousand processes, without data.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/plan/range.h"
#include "core/plan/share.h"
#include "tests/unit/plan-util.h"
#include <stdlib.h>
#include <string.h>

enum
{
  FILES = 200,
  TENSORS = 60, /* of a file, copies and conversions by turns, after a header */
  RUNS = FILES * (TENSORS + 1),
  SHARES = 1000,
  GRAIN = 18 /* bytes, as of blocks */
};

/* A plan without views of real tensors; sizes differ. */
typedef struct big_plan
{
  fci_plan plan;
  fmtconv_file *files;
  struct fci_view view;
  fci_box box;
  fci_rows rows;
  uint64_t bytes;
} big_plan;

static void
set (big_plan *b, fmtconv_ctx *ctx, uint64_t tensor)
{
  memset (b, 0, sizeof *b);
  b->plan.ctx = ctx;
  b->plan.unit_capacity = FCI_UNIT_MAX;
  b->files = calloc (FILES, sizeof *b->files);
  fci_plan_file *files = calloc (FILES, sizeof *files);
  fci_run *runs = calloc (RUNS, sizeof *runs);
  cr_assert (b->files && files && runs);
  b->plan.files = (fci_list){ .items = files, .n = FILES, .capacity = FILES };
  b->plan.runs = (fci_list){ .items = runs, .n = RUNS, .capacity = RUNS };
  b->box = (fci_box){ .dtype = FMTCONV_F32 };
  tensor = tensor / (32 * GRAIN) * (32 * GRAIN);
  b->view = (struct fci_view){
    .dtype = FMTCONV_Q4_0, .elements = tensor / GRAIN * 32, .n_boxes = 1, .boxes = &b->box
  };
  b->rows = (fci_rows){ .view = &b->view, .grain = 32, .grain_bytes = GRAIN };
  size_t n = 0;
  for (size_t i = 0; i < FILES; i++)
    {
      uint64_t at = 100 + i;
      files[i] = (fci_plan_file){ .file = &b->files[i], .run = n };
      runs[n++] = (fci_run){ .size = at, .kind = FCI_RUN_LITERAL };
      for (size_t k = 0; k < TENSORS; k++, n++)
        {
          const bool copy = k % 2;
          const uint64_t size = copy ? tensor / (1 + k % 7) : tensor;
          runs[n] = (fci_run){ .at = at, .size = size, .kind = copy ? FCI_RUN_COPY : FCI_RUN_ROWS };
          if (!copy)
            runs[n].u.rows = &b->rows;
          at += size;
        }
      b->files[i].size = at;
      b->bytes += at;
    }
}

static void
end (big_plan *b)
{
  free (b->files);
  free (b->plan.files.items);
  free (b->plan.runs.items);
  free (b->plan.units.items);
}

static void
check_border (const big_plan *b, const fci_border *border)
{
  if (border->file == FILES)
    return;
  const fci_run *run = &FCI_RUNS (&b->plan)[border->run];
  cr_assert (border->at >= run->at && border->at < run->at + run->size);
  cr_assert (border->run >= FCI_FILES (&b->plan)[border->file].run);
  cr_assert (border->file + 1 == FILES || border->run < FCI_FILES (&b->plan)[border->file + 1].run);
  if (run->kind == FCI_RUN_ROWS)
    cr_assert_eq ((border->at - run->at) % GRAIN, 0);
}

Test (share, deals_a_petabyte_to_a_thousand)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  big_plan b;
  set (&b, ctx, UINT64_C (180) << 30);
  cr_assert_gt (b.bytes, UINT64_C (1) << 50);
  fci_border from, to, last = { 0 };
  const fci_border start = { 0 }, finish = { .file = FILES, .run = RUNS };
  const uint64_t all = fci_share_cost (&b.plan, &start, &finish);
  uint64_t most = 0, sum = 0;
  for (unsigned i = 1; i <= SHARES; i++)
    {
      fci_share_borders (&b.plan, i, SHARES, &from, &to);
      cr_assert (from.file == last.file && from.at == last.at && from.run == last.run, "share %u", i);
      check_border (&b, &to);
      const uint64_t cost = fci_share_cost (&b.plan, &from, &to);
      most = cost > most ? cost : most;
      sum += cost;
      last = to;
    }
  cr_assert (last.file == FILES && last.run == RUNS);
  cr_assert_lt (most, all / SHARES + all / SHARES / 50,
                "the largest share is more than 2 %% above the ideal");
  cr_assert (sum <= all && all - sum < all / 1000);
  end (&b);
  fmtconv_ctx_free (ctx);
}

/* A process makes units for its own share only. */
Test (share, has_units_for_its_own_range)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  big_plan b;
  set (&b, ctx, UINT64_C (9) << 30);
  fci_border from, to;
  uint64_t bytes = 0;
  fci_share_borders (&b.plan, 500, SHARES, &from, &to);
  for (uint32_t i = from.file; i <= to.file; i++)
    cr_assert_neq (fci_plan_cut_range (&b.plan, i, i == from.file ? from.at : 0,
                                       i == to.file ? to.at : b.files[i].size,
                                       i == from.file ? from.run : FCI_FILES (&b.plan)[i].run),
                   SIZE_MAX);
  for (size_t i = 0; i < b.plan.units.n; i++)
    bytes += FCI_UNITS (&b.plan)[i].size;
  cr_assert_lt (b.plan.units.n, 2 * (bytes / FCI_UNIT_MAX + 2));
  cr_assert_lt (bytes, b.bytes / SHARES * 2);
  end (&b);
  fmtconv_ctx_free (ctx);
}

Test (share, of_a_small_plan_may_be_empty)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  big_plan b;
  set (&b, ctx, 32 * GRAIN);
  fci_border from, to, last = { 0 };
  const unsigned shares = 3 * RUNS;
  for (unsigned i = 1; i <= shares; i += shares / 50 - 1)
    {
      fci_share_borders (&b.plan, i, shares, &from, &to);
      cr_assert (from.run < to.run || (from.run == to.run && from.at <= to.at));
      check_border (&b, &from);
      check_border (&b, &to);
      fci_share_borders (&b.plan, i + 1 <= shares ? i + 1 : i, shares, &last, &from);
      cr_assert (i == shares || (last.run == to.run && last.at == to.at));
    }
  end (&b);
  fmtconv_ctx_free (ctx);
}

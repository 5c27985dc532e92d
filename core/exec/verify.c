/* core/exec/verify.c: --verify: the written files, read again, hold what the sources say.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/work.h"
#include <stdlib.h>
#include <string.h>

/* Bytes of a tensor that one worker compares. */
typedef struct block
{
  const fci_rows *wanted;
  const fci_rows *found;
  uint64_t at;
  uint64_t size;
} block;

typedef struct verifier
{
  fci_work *work;
  fci_plan rows; /* only to make programs */
  fci_list blocks;
  size_t room; /* bytes of a block */
} verifier;

static int
compare_block (fci_worker *worker, size_t n)
{
  const fci_list *blocks = worker->work->job_arg;
  const block *b = (const block *) blocks->items + n;
  const fmtconv_dtype_info *info = fmtconv_dtype (b->wanted->view->dtype);
  size_t bytes = (size_t) b->size, at = 0;
  if (fci_fetch (worker, b->wanted, NULL, b->at, bytes, worker->out) != 0
      || fci_fetch (worker, b->found, NULL, b->at, bytes, worker->other) != 0)
    return -1;
  atomic_fetch_add_explicit (&worker->work->done, bytes, memory_order_relaxed);
  if (memcmp (worker->out, worker->other, bytes) == 0)
    return 0;
  while (worker->out[at] == worker->other[at])
    at++;
  worker->fault = (fci_fault){ .code = FMTCONV_E_FORMAT,
                               .tensor = b->wanted->name,
                               .view = b->wanted->view,
                               .element = (b->at + at) / info->block_bytes * info->block };
  return -1;
}

static bool
same_form (fmtconv_view *a, fmtconv_view *b)
{
  return a->dtype == b->dtype && a->rank == b->rank
         && (a->rank == 0 || memcmp (a->shape, b->shape, a->rank * sizeof *a->shape) == 0);
}

static int
add_blocks (verifier *v, const char *name, fmtconv_view *wanted, fmtconv_view *found)
{
  fmtconv_ctx *ctx = v->work->ctx;
  uint64_t end = fci_view_bytes (wanted);
  fmtconv_view *stored[2] = { fci_view_stored (wanted), fci_view_stored (found) };
  const fci_rows *a = stored[0] ? fci_rows_of (&v->rows, name, stored[0]) : NULL;
  const fci_rows *b = a && stored[1] ? fci_rows_of (&v->rows, name, stored[1]) : NULL;
  if (!b)
    return fmtconv_failed (ctx);
  for (uint64_t at = 0, n; at < end; at += n)
    {
      n = fci_rows_cut (a, at, v->room);
      n = n < end - at ? n : end - at;
      block *next = fci_list_add (ctx, &v->blocks, sizeof *next);
      if (!next)
        return fmtconv_failed (ctx);
      *next = (block){ .wanted = a, .found = b, .at = at, .size = n };
    }
  return 0;
}

static int
add_file (verifier *v, const fmtconv_file *file, const fmtconv_model *model, size_t *verified)
{
  fmtconv_ctx *ctx = v->work->ctx;
  for (const fci_region *region = file->first; region; region = region->next)
    {
      if (region->kind != FCI_REGION_TENSOR)
        continue;
      const fmtconv_where where = { .tensor = region->u.tensor.name, .hint = "nothing was published" };
      const fmtconv_tensor *t = fmtconv_find (model, region->u.tensor.name);
      if (!t)
        return fci_fail_file (ctx, FMTCONV_E_FORMAT, file->name, &where,
                              "the written file does not have it when it is read again");
      if (!same_form (region->u.tensor.view, t->view))
        return fci_fail_file (ctx, FMTCONV_E_FORMAT, file->name, &where,
                              "its data type or shape is another when the written file is read again");
      int code = add_blocks (v, region->u.tensor.name, region->u.tensor.view, t->view);
      if (code != 0)
        return code;
      (*verified)++;
    }
  if (fmtconv_count (model) != file->n_tensors)
    return fci_fail_file (ctx, FMTCONV_E_FORMAT, file->name, NULL,
                          "the written file has %zu tensors when it is read again instead of %zu",
                          fmtconv_count (model), file->n_tensors);
  return 0;
}

static int
add_files (verifier *v, const fci_execution *execution, const char *const *paths, size_t *verified)
{
  int code = 0;
  for (const fmtconv_file *file = execution->layout->first; file && code == 0; file = file->next, paths++)
    {
      if (file->n_tensors == 0)
        continue;
      const fmtconv_model *model = execution->reread (execution->arg, file, *paths);
      if (!model)
        return fmtconv_failed (v->work->ctx)
                   ? fmtconv_failed (v->work->ctx)
                   : fmtconv_fail (v->work->ctx, FMTCONV_E_INTERNAL, "the output cannot be read again");
      code = add_file (v, file, model, verified);
    }
  return code;
}

int
fci_verify (fci_work *work, const fci_execution *execution, const char *const *paths, fci_outcome *outcome)
{
  verifier v = { .work = work, .rows = { .ctx = work->ctx, .programs = fci_map_new (work->ctx) } };
  size_t verified = 0;
  if (!v.rows.programs)
    return fmtconv_failed (work->ctx);
  fci_work_share (work, true);
  v.room = work->workers[0].room;
  work->want_crc = false;
  int code = add_files (&v, execution, paths, &verified);
  if (code == 0)
    code = fci_work_rows (work, v.rows.row_scratch);
  if (code == 0)
    code = fci_work_run (work, compare_block, &v.blocks, v.blocks.n);
  if (code == 0)
    outcome->verified = verified;
  free (v.blocks.items);
  return code;
}

/* core/exec/check/verify.c: --verify: compares the written files with the sources.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/check/compare.h"
#include "core/exec/check/verify.h"
#include "core/exec/worker/pool.h"
#include "core/plan/program.h"
#include <stdlib.h>
#include <string.h>

typedef struct verifier
{
  fci_pool *pool;
  fci_reread *reread;
  void *arg;     /* argument of reread */
  fci_plan rows; /* only for its programs */
  fci_comparison comparison;
} verifier;

static bool
same_form (fmtconv_view *a, fmtconv_view *b)
{
  return a->dtype == b->dtype && a->rank == b->rank
         && (a->rank == 0 || memcmp (a->shape, b->shape, a->rank * sizeof *a->shape) == 0);
}

static int
add_tensor (verifier *v, const char *name, fmtconv_view *wanted, fmtconv_view *found)
{
  fmtconv_view *stored[2] = { fci_view_evaluated (wanted), fci_view_evaluated (found) };
  const fci_rows *a = stored[0] ? fci_rows_of (&v->rows, name, stored[0]) : NULL;
  const fci_rows *b = a && stored[1] ? fci_rows_of (&v->rows, name, stored[1]) : NULL;
  return b ? fci_comparison_add (v->pool->ctx, &v->comparison, a, b) : fmtconv_ctx_failed (v->pool->ctx);
}

static int
add_file (verifier *v, const fmtconv_file *file, const fmtconv_model *model, size_t *verified)
{
  fmtconv_ctx *ctx = v->pool->ctx;
  for (const fci_region *region = file->first; region; region = region->next)
    {
      if (!fci_region_is_tensor (region))
        continue;
      const fmtconv_where where = { .tensor = region->u.tensor.name, .hint = "nothing was published" };
      const fmtconv_tensor *t = fmtconv_model_find (model, region->u.tensor.name);
      if (!t)
        return fci_fail_file (ctx, FMTCONV_E_FORMAT, file->name, &where,
                              "it is missing from the written file");
      if (!same_form (region->u.tensor.view, t->view))
        return fci_fail_file (ctx, FMTCONV_E_FORMAT, file->name, &where,
                              "it has another data type or shape in the written file");
      int code = add_tensor (v, region->u.tensor.name, region->u.tensor.view, t->view);
      if (code != 0)
        return code;
      (*verified)++;
    }
  if (fmtconv_model_count (model) != file->n_tensors)
    return fci_fail_file (ctx, FMTCONV_E_FORMAT, file->name, NULL,
                          "the written file has %zu tensors instead of %zu", fmtconv_model_count (model),
                          file->n_tensors);
  return 0;
}

static int
add_files (verifier *v, const char *const *paths, size_t *verified)
{
  int code = 0;
  for (size_t i = 0; i < v->pool->plan->files.n && code == 0; i++)
    {
      const fmtconv_file *file = FCI_FILES (v->pool->plan)[i].file;
      if (file->n_tensors == 0)
        continue;
      const fmtconv_model *model = v->reread (v->arg, file, paths[i]);
      if (!model)
        return fmtconv_ctx_failed (v->pool->ctx)
                   ? fmtconv_ctx_failed (v->pool->ctx)
                   : fmtconv_fail (v->pool->ctx, FMTCONV_E_INTERNAL, "cannot read the output back");
      code = add_file (v, file, model, verified);
    }
  return code;
}

int
fci_verify (fci_pool *pool, fci_reread *reread, void *arg, const char *const *paths, fci_outcome *outcome)
{
  verifier v = { .pool = pool,
                 .reread = reread,
                 .arg = arg,
                 .rows = { .ctx = pool->ctx, .programs = fci_map_new (pool->ctx) } };
  size_t verified = 0;
  if (!v.rows.programs)
    return fmtconv_ctx_failed (pool->ctx);
  fci_pool_share_scratch (pool, true);
  v.comparison.capacity = pool->workers[0].capacity;
  pool->want_crc = false;
  int code = add_files (&v, paths, &verified);
  if (code == 0)
    code = fci_pool_alloc_rows (pool, v.rows.row_scratch);
  if (code == 0)
    code = fci_comparison_run (pool, &v.comparison);
  if (code == 0)
    outcome->verified = verified;
  free (v.comparison.blocks.items);
  return code;
}

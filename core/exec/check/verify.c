/* core/exec/check/verify.c: --verify: reads the written files back, and compares all their tensors with the sources.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/check/compare.h"
#include "core/exec/check/verify.h"
#include "core/exec/check/wanted.h"
#include "core/exec/worker/pool.h"
#include "core/model/model.h"
#include "core/plan/program.h"
#include "core/view/flat.h"
#include "core/view/view.h"
#include <stdlib.h>
#include <string.h>

typedef struct verifier
{
  fci_pool *pool;
  fci_reread *reread;
  void *arg;                /* argument of reread */
  const char *const *paths; /* of the temporaries */
  fci_plan rows;            /* only for its programs */
  fci_comparison comparison;
  size_t verified;
} verifier;

/* The files that one call of a writer wrote. */
typedef struct group
{
  const fci_layout_part *part; /* NULL: no writer did */
  const fmtconv_layout *layout;
  const fmtconv_file **file; /* n_files */
  const char **path;
  size_t *region; /* number of the first region of each file; n_files + 1 */
  size_t n_files;
  fci_stored_files stored;
  fci_wanted wanted;
} group;

static int
add_tensor (verifier *v, const char *name, fmtconv_view *wanted, fmtconv_view *found)
{
  /* Blocks that run over the ends of rows were written in rows of another length. */
  if (fci_view_is_flat (found) && !fci_view_is_flat (wanted))
    found = fmtconv_view_reshape (found, wanted->rank, wanted->shape);
  fmtconv_view *stored[2] = { fci_view_evaluated (wanted), found ? fci_view_evaluated (found) : NULL };
  const fci_rows *a = stored[0] ? fci_rows_of (&v->rows, name, stored[0]) : NULL;
  const fci_rows *b = a && stored[1] ? fci_rows_of (&v->rows, name, stored[1]) : NULL;
  v->verified++;
  return b ? fci_comparison_add (v->pool->ctx, &v->comparison, a, b, NULL)
           : fmtconv_ctx_failed (v->pool->ctx);
}

/* Compares every tensor that was read back with what was written.
 *   file  NULL: all files were read at once
 *   name  of the file or folder, for messages */
static int
add_model (verifier *v, group *g, const fmtconv_file *file, const char *name, const fmtconv_model *model)
{
  fmtconv_ctx *ctx = v->pool->ctx;
  int code = 0;
  FCI_FOREACH_LEAF (leaf, model)
    for (const fmtconv_tensor *t = fmtconv_model_next (leaf, NULL); t && code == 0;
         t = fmtconv_model_next (leaf, t))
      {
        const fmtconv_where where = { .tensor = t->name, .hint = "nothing was published" };
        const char *wrong = NULL;
        fmtconv_view *wanted = fci_wanted_find (&g->wanted, file, leaf, t, &wrong);
        if (wanted)
          code = add_tensor (v, t->name, wanted, t->view);
        else if (wrong)
          code = fci_fail_file (ctx, FMTCONV_E_FORMAT, name, &where, "%s", wrong);
        else
          code = fmtconv_ctx_failed (ctx);
      }
  return code;
}

/* Reads a file or folder back.  Returns 0 or a code. */
static int
read_back (verifier *v, group *g, const fmtconv_file *file, const fci_written *written)
{
  const fmtconv_model *model = v->reread (v->arg, written);
  const int failed = fmtconv_ctx_failed (v->pool->ctx);
  if (model)
    return add_model (v, g, file, file ? file->name : written->base, model);
  return failed ? failed : fmtconv_fail (v->pool->ctx, FMTCONV_E_INTERNAL, "cannot read the output back");
}

static int
read_file (verifier *v, group *g, size_t i, bool all)
{
  const fmtconv_file *file = g->file[i];
  const fci_written written = {
    .part = g->part,
    .base = file->base,
    .path = g->path[i],
    .stored = &g->stored,
    .within = fci_strndup (v->pool->ctx, file->name, (size_t) (file->base - file->name)),
  };
  return written.within ? read_back (v, g, all ? NULL : file, &written) : fmtconv_ctx_failed (v->pool->ctx);
}

/* Reads an output folder whose files the writer itself made. */
static int
read_folder (verifier *v, group *g)
{
  fmtconv_ctx *ctx = v->pool->ctx;
  size_t n = strlen (g->path[0]);
  /* Each component of the file's name is one of the path's, though the last may be temporary. */
  for (const char *slash = g->file[0]->name; slash; slash = strchr (slash + 1, '/'))
    while (n > 0 && g->path[0][--n] != '/')
      continue;
  const fci_written written = { .part = g->part,
                                .base = g->layout->target,
                                .path = n ? fci_strndup (ctx, g->path[0], n) : ".",
                                .stored = &g->stored,
                                .within = "" };
  return written.path ? read_back (v, g, NULL, &written) : fmtconv_ctx_failed (ctx);
}

/* Returns the file of the group that is its writer's target; -1: none. */
static ptrdiff_t
target_of (const group *g)
{
  for (size_t i = 0; g->part && i < g->n_files; i++)
    if (strcmp (g->file[i]->name, g->part->target) == 0)
      return (ptrdiff_t) i;
  return -1;
}

/* Returns whether the target led to tensors in other files, or has none itself. */
static bool
leads_on (const group *g, size_t target)
{
  if (!g->file[target]->n_tensors || g->wanted.found.n)
    return true;
  for (size_t i = 0; i < g->n_files; i++)
    if (i != target && fci_wanted_any (&g->wanted, g->region[i], g->region[i + 1]))
      return true;
  return false;
}

/* Reads the target back.  If it does not lead to the other files, or is not written, each file with tensors is read, as
 * the files of a split model are. */
static int
read_files (verifier *v, group *g)
{
  const ptrdiff_t target = target_of (g);
  int code = target >= 0 ? read_file (v, g, (size_t) target, true) : 0;
  if (target >= 0 && (code || leads_on (g, (size_t) target)))
    return code;
  for (size_t i = 0; i < g->n_files && code == 0; i++)
    if ((ptrdiff_t) i != target && g->file[i]->n_tensors
        && fci_wanted_missing (&g->wanted, g->region[i], g->region[i + 1]))
      code = read_file (v, g, i, false);
  return code;
}

/* Collects the files of a part, and what they should hold. */
static int
collect (verifier *v, group *g)
{
  fmtconv_ctx *ctx = v->pool->ctx;
  const size_t n = v->pool->plan->files.n;
  fci_stored_file *stored = fmtconv_ctx_alloc (ctx, n, sizeof *stored);
  g->file = fmtconv_ctx_alloc (ctx, n, sizeof *g->file);
  g->path = fmtconv_ctx_alloc (ctx, n, sizeof *g->path);
  g->region = fmtconv_ctx_alloc (ctx, n + 1, sizeof *g->region);
  if (!stored || !g->file || !g->path || !g->region)
    return fmtconv_ctx_failed (ctx);
  for (size_t i = 0; i < n; i++)
    {
      const fmtconv_file *file = FCI_FILES (v->pool->plan)[i].file;
      if (file->part != g->part || file->layout != g->layout)
        continue;
      stored[g->n_files] = (fci_stored_file){ .name = file->name, .path = v->paths[i] };
      g->path[g->n_files] = v->paths[i];
      g->file[g->n_files++] = file;
      if (fci_wanted_add (&g->wanted, file))
        return fmtconv_ctx_failed (ctx);
      g->region[g->n_files] = g->wanted.regions.n;
    }
  return fci_stored_set (ctx, &g->stored, stored, g->n_files);
}

static int
verify_group (verifier *v, group *g)
{
  fmtconv_ctx *ctx = v->pool->ctx;
  int code = collect (v, g);
  if (code || !g->wanted.regions.n)
    return code;
  code = g->part && !*g->part->target ? read_folder (v, g) : read_files (v, g);
  const fci_wanted_region *missing = code ? NULL : fci_wanted_missing (&g->wanted, 0, g->wanted.regions.n);
  if (!missing)
    return code;
  return fci_fail_file (
      ctx, FMTCONV_E_FORMAT, missing->file->name,
      &(fmtconv_where){ .tensor = missing->region->u.tensor.name, .hint = "nothing was published" },
      "it is missing from the written file");
}

static int
verify_part (verifier *v, const fmtconv_layout *layout, const fci_layout_part *part)
{
  group g = { .layout = layout, .part = part };
  int code = fci_wanted_init (&g.wanted, v->pool->ctx, part ? part->model : NULL);
  if (code == 0)
    code = verify_group (v, &g);
  fci_wanted_free (&g.wanted);
  return code;
}

/* Adds all comparisons, layout by layout.  Files that no writer made are a part too. */
static int
add_all (verifier *v)
{
  const fmtconv_layout *layout = NULL;
  int code = 0;
  for (size_t i = 0; i < v->pool->plan->files.n && code == 0; i++)
    {
      const fmtconv_layout *next = FCI_FILES (v->pool->plan)[i].file->layout;
      if (next == layout)
        continue;
      layout = next;
      for (const fci_layout_part *part = layout->first_part; part && code == 0; part = part->next)
        code = verify_part (v, layout, part);
      if (code == 0)
        code = verify_part (v, layout, NULL);
    }
  return code;
}

int
fci_verify (fci_pool *pool, fci_reread *reread, void *arg, const char *const *paths, fci_outcome *outcome)
{
  verifier v = { .pool = pool,
                 .reread = reread,
                 .arg = arg,
                 .paths = paths,
                 .rows = { .ctx = pool->ctx, .programs = fci_map_new (pool->ctx) } };
  if (!v.rows.programs)
    return fmtconv_ctx_failed (pool->ctx);
  fci_pool_share_scratch (pool, true);
  v.comparison.capacity = pool->workers[0].capacity;
  pool->want_crc = false;
  int code = add_all (&v);
  if (code == 0)
    code = fci_pool_alloc_rows (pool, v.rows.row_scratch);
  if (code == 0)
    code = fci_comparison_run (pool, &v.comparison);
  if (code == 0)
    outcome->verified = v.verified;
  free (v.comparison.blocks.items);
  return code;
}

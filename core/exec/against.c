/* core/exec/against.c: compares existing files with what a plan gives: the steps of an execution without its writes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/base/text.h"
#include "core/exec/against.h"
#include "core/exec/check/compare.h"
#include "core/exec/check/crc.h"
#include "core/exec/check/digest.h"
#include "core/exec/check/finding.h"
#include "core/exec/check/manifest.h"
#include "core/exec/check/measure.h"
#include "core/exec/prepare.h"
#include "core/exec/publish/path.h"
#include "core/exec/publish/stale.h"
#include "core/exec/worker/against.h"
#include "core/exec/worker/pool.h"
#include "core/exec/write/unit.h"
#include "core/source/disk.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* State of one comparison. */
typedef struct comparison
{
  fmtconv_ctx *ctx;
  const fci_execution *execution;
  fci_defects *defects;
  fci_pool pool;
  fci_against against;
  int *fds; /* of all files; -1: missing */
  size_t n; /* files */
  const char **display;
} comparison;

static const char *
escaped (fmtconv_ctx *ctx, const char *text)
{
  return fci_escape (ctx, text, strlen (text));
}

static int
add (comparison *c, const char *file, const char *what)
{
  return fci_defect_add (
      c->defects, (fci_defect){ .file = escaped (c->ctx, file), .offset = FCI_NO_OFFSET, .what = what });
}

/* Opens an existing file.  Returns 0 or a code. */
static int
open_file (comparison *c, const char *path, const fmtconv_file *file)
{
  struct stat st;
  fci_compared *compared = &c->against.files[c->n];
  if (!path || fci_compared_init (c->ctx, file, compared))
    return fmtconv_ctx_failed (c->ctx);
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  c->display[c->n] = path;
  c->fds[c->n++] = fd;
  compared->differs = fd < 0;
  if (fd < 0 && fci_is_absent (errno))
    return add (c, path, "it is missing");
  if (fd < 0 || fstat (fd, &st) != 0)
    return fci_fail_io (c->ctx, path, "cannot be read");
  compared->differs = !S_ISREG (st.st_mode) || (uint64_t) st.st_size != file->size;
  if (!S_ISREG (st.st_mode))
    return add (c, path, fmtconv_ctx_printf (c->ctx, "this is %s, not a file", fci_file_kind (st.st_mode)));
  compared->size = (uint64_t) st.st_size;
  return compared->differs
             ? add (c, path,
                    fmtconv_ctx_printf (c->ctx, "it has %" PRIu64 " bytes, but the conversion gives %" PRIu64,
                                        compared->size, file->size))
             : 0;
}

/* Opens the files of an output, in the order of the plan. */
static int
open_output (comparison *c, const fci_output *output)
{
  const char *folder = output->layout->is_folder ? output->path : fci_output_folder (c->ctx, output->path);
  int code = folder ? 0 : fmtconv_ctx_failed (c->ctx);
  for (const fmtconv_file *file = output->layout->first; file && code == 0; file = file->next)
    code = open_file (c, fci_path_join (c->ctx, folder, file->name), file);
  return code;
}

/* Adds older files of the output that a conversion would have removed; a manifest of it is not one of them. */
static int
find_stale (comparison *c, const fci_output *output)
{
  const fmtconv_layout *layout = output->layout;
  const char *folder = layout->is_folder ? output->path : fci_output_folder (c->ctx, output->path);
  const int fd = folder ? open (folder, FCI_O_SEARCH) : -1;
  fci_old_file *list = NULL;
  if (!folder || (fd < 0 && fci_is_absent (errno)))
    return fmtconv_ctx_failed (c->ctx);
  if (fd < 0)
    return fci_fail_io (c->ctx, folder, "cannot be opened");
  int code = fci_stale_find (c->ctx, layout, fd, folder, &list);
  close (fd);
  for (const fci_old_file *old = list; old && code == 0; old = old->next)
    {
      const char *name = fmtconv_ctx_printf (c->ctx, "%s%s", old->within, old->name);
      const bool is_manifest = layout->old_manifest && name && strcmp (name, layout->old_manifest) == 0;
      const char *path = name ? fci_path_join (c->ctx, folder, name) : NULL;
      code = !path         ? fmtconv_ctx_failed (c->ctx)
             : is_manifest ? 0
                           : add (c, path, "it is an older file of this output");
    }
  return code;
}

static int
open_all (comparison *c)
{
  const fci_execution *e = c->execution;
  const size_t n = e->plan->files.n;
  c->fds = fmtconv_ctx_alloc (c->ctx, n, sizeof *c->fds);
  c->display = fmtconv_ctx_alloc (c->ctx, n, sizeof *c->display);
  c->against.files = fmtconv_ctx_alloc (c->ctx, n, sizeof *c->against.files);
  int code = c->fds && c->display && c->against.files ? 0 : fmtconv_ctx_failed (c->ctx);
  for (size_t i = 0; i < e->n_outputs && code == 0; i++)
    code = open_output (c, &e->outputs[i]);
  for (size_t i = 0; i < e->n_outputs && code == 0; i++)
    code = find_stale (c, &e->outputs[i]);
  c->pool.fds = c->fds;
  c->pool.display = c->display;
  c->pool.against = &c->against;
  return code;
}

static int
compare_units (comparison *c)
{
  const fci_plan *plan = c->execution->plan;
  c->pool.total =
      fci_measured_bytes (plan) + plan->cost.compared + plan->cost.written + fci_manifest_bytes (plan);
  fci_pool_progress (&c->pool);
  return plan->n_layouts > 1 ? fci_pool_run (&c->pool, fci_write_group, NULL, plan->groups.n)
                             : fci_pool_run (&c->pool, fci_write_unit, NULL, plan->units.n);
}

/* Notes which files differ: a manifest may be right about the others only. */
static void
settle (comparison *c)
{
  for (size_t i = 0; i < c->n; i++)
    for (size_t k = 0; k < c->against.files[i].n_regions; k++)
      c->against.files[i].differs = c->against.files[i].differs || c->against.files[i].regions[k].n;
}

/* Compares checksums and manifests, which depend on all other bytes. */
static int
compare_digests (comparison *c)
{
  c->against.digests = true;
  int code = fci_fill_digests (&c->pool);
  settle (c);
  return code == 0 ? fci_fill_manifests (&c->pool) : code;
}

static int
add_deviation (comparison *c, const char *file, const fci_deviation *d)
{
  const fci_region *region = d->region;
  const uint64_t n = d->n;
  const char *bytes = n == 1 ? "1 byte differs" : fmtconv_ctx_printf (c->ctx, "%" PRIu64 " bytes differ", n);
  const char *what = bytes ? fmtconv_ctx_printf (c->ctx, "%s from what the conversion gives", bytes) : NULL;
  return fci_defect_add (
      c->defects,
      (fci_defect){ .file = escaped (c->ctx, file),
                    .offset = d->first,
                    .tensor = fci_region_is_tensor (region) ? escaped (c->ctx, region->u.tensor.name) : NULL,
                    .what = what });
}

/* Lists all regions that differ.  Returns 0 or a code. */
static int
report (comparison *c)
{
  int code = 0;
  for (size_t i = 0; i < c->n; i++)
    for (size_t k = 0; k < c->against.files[i].n_regions && code == 0; k++)
      if (c->against.files[i].regions[k].n)
        code = add_deviation (c, c->display[i], &c->against.files[i].regions[k]);
  return code;
}

static void
close_all (comparison *c)
{
  for (size_t i = 0; i < c->n; i++)
    if (c->fds[i] >= 0)
      close (c->fds[i]);
  fci_pool_close (&c->pool);
}

int
fci_execute_against (fmtconv_ctx *ctx, const fci_execution *execution, fci_defects *defects,
                     fci_outcome *outcome)
{
  comparison c = { .ctx = ctx, .execution = execution, .defects = defects };
  memset (outcome, 0, sizeof *outcome);
  int code = fci_check_cancel (ctx);
  if (code == 0)
    code = fci_pool_prepare (&c.pool, execution->plan, execution->io);
  if (code == 0)
    code = open_all (&c);
  if (code == 0)
    code = fci_measure_all (&c.pool);
  if (code == 0)
    code = fci_check_required (&c.pool, outcome);
  if (code == 0)
    code = compare_units (&c);
  if (code == 0)
    code = fci_check_crcs (&c.pool, outcome);
  if (code == 0)
    code = fci_report_findings (&c.pool, outcome);
  if (code == 0)
    code = compare_digests (&c);
  if (code == 0)
    code = fci_sources_unchanged (ctx);
  if (code == 0)
    code = report (&c);
  outcome->verified_files = c.n;
  outcome->verified_bytes = execution->plan->cost.written;
  close_all (&c);
  return code;
}

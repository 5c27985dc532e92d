/* core/api/verify.c: fmtconv_verify: examines the output of a conversion.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/tree.h"
#include "core/base/clock.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/presence.h"
#include "core/base/text.h"
#include "core/convert/chain.h"
#include "core/convert/convert.h"
#include "core/convert/examine.h"
#include "core/convert/job.h"
#include "core/convert/sums.h"
#include "core/exec/publish/leftover.h"
#include "core/exec/publish/lock.h"
#include "core/exec/publish/path.h"
#include "core/layout/manifest.h"
#include "core/source/journal.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SUMS ".sha256"
#define INDEX ".index.json" /* what the name of the index of shards adds to that of the output */

enum
{
  DEPTH = 8 /* folders in an output folder */
};

typedef struct verification
{
  fmtconv_ctx *ctx;
  fmtconv_attr *report;
  fmtconv_attr *manifests;
  fci_defects defects;
  const char *manifest; /* name that the job gives; NULL: none */
} verification;

/* A file or folder that is examined. */
typedef struct place
{
  const char *path;   /* without trailing slashes */
  const char *base;   /* its last component */
  const char *folder; /* that holds its files */
  bool is_folder;
} place;

static int
place_of (fmtconv_ctx *ctx, const char *path, place *to)
{
  size_t n = strlen (path);
  while (n > 1 && path[n - 1] == '/')
    n--;
  to->path = fci_strndup (ctx, path, n);
  if (!to->path)
    return ctx->failed;
  const char *slash = strrchr (to->path, '/');
  to->base = slash ? slash + 1 : to->path;
  to->is_folder = fci_folder_exists (ctx, to->path);
  to->folder = to->is_folder ? to->path : fci_output_folder (ctx, to->path);
  return ctx->failed;
}

/* ---- The names of an output */

/* Returns the length of "-00001-of-00003" at the start of a text; 0: it is not there. */
static size_t
shard_number (const char *text)
{
  enum
  {
    DIGITS = 5
  };
  static const char between[] = "-of-";
  const size_t second = 1 + DIGITS + sizeof between - 1;
  return *text == '-' && strspn (text + 1, "0123456789") == DIGITS
                 && strncmp (text + 1 + DIGITS, between, sizeof between - 1) == 0
                 && strspn (text + second, "0123456789") == DIGITS
             ? second + DIGITS
             : 0;
}

/* Returns the name that the output of a conversion had: of shards and their index, it is part of their names. */
static const char *
target_of (fmtconv_ctx *ctx, const char *base)
{
  const size_t n = base ? strlen (base) : 0, tail = sizeof INDEX - 1;
  if (n > tail && strcmp (base + n - tail, INDEX) == 0)
    return fci_strndup (ctx, base, n - tail);
  for (const char *s = base; s && *s; s++)
    if (shard_number (s))
      return fmtconv_ctx_printf (ctx, "%.*s%s", (int) (s - base), base, s + shard_number (s));
  return base;
}

/* Returns whether a file of that name is one of the output `base`, or of its default manifest. */
static bool
is_of_output (fmtconv_ctx *ctx, const char *name, const char *base)
{
  const size_t n = strlen (name), tail = sizeof SUMS - 1;
  const bool is_manifest = n > tail && strcmp (name + n - tail, SUMS) == 0;
  const char *target = target_of (ctx, is_manifest ? fci_strndup (ctx, name, n - tail) : name);
  const char *wanted = target_of (ctx, base);
  return target && wanted && strcmp (target, wanted) == 0;
}

/* ---- What interrupted runs left */

typedef struct search
{
  verification *v;
  const char *folder; /* that is searched */
  const char *base;   /* of the output, if the folder holds it; NULL: the folder is the output */
} search;

/* Adds what was found; next to the output, the temporaries of other outputs are none of its defects. */
static void
take_leftover (void *arg, const char *name)
{
  const search *s = arg;
  fmtconv_ctx *ctx = s->v->ctx;
  const char *target = s->base ? fci_temporary_target (ctx, name) : NULL;
  if (s->base
      && (!target || (!fci_temporary_is_for (target, s->base) && !is_of_output (ctx, target, s->base))))
    return;
  const char *path = fci_path_join (ctx, s->folder, name);
  fci_defect_add (&s->v->defects,
                  (fci_defect){ .file = path ? fci_escape (ctx, path, strlen (path)) : NULL,
                                .offset = FCI_NO_OFFSET,
                                .what = "an interrupted run left it",
                                .hint = "convert again to the same output: that finishes or removes it" });
}

static int
find_leftovers (verification *v, const place *at)
{
  const char *parent = fci_output_folder (v->ctx, at->path);
  if (parent)
    fci_leftovers_find (v->ctx, parent, 0, take_leftover, &(search){ v, parent, at->base });
  if (at->is_folder)
    fci_leftovers_find (v->ctx, at->path, DEPTH, take_leftover, &(search){ v, at->path, NULL });
  return v->ctx->failed;
}

/* ---- The manifest */

/* Returns the default name of the manifest. */
static const char *
manifest_of (fmtconv_ctx *ctx, const place *at)
{
  const char *target = at->is_folder ? at->base : target_of (ctx, at->base);
  return target ? fci_manifest_name (ctx, target, at->is_folder) : NULL;
}

static int
check_manifest (verification *v, const place *at, const fci_examined *examined)
{
  const bool is_given = v->manifest && *v->manifest;
  fci_sums sums;
  if (fci_sums_check (&v->defects, at->folder, is_given ? v->manifest : manifest_of (v->ctx, at),
                      v->manifest != NULL, examined, &sums))
    return v->ctx->failed;
  fmtconv_attr *node = sums.path ? fci_add_object (v->manifests) : NULL;
  if (!node)
    return v->ctx->failed;
  fci_add_text (node, "path", sums.path);
  fci_add_count (node, "files", sums.files);
  fci_add_count (node, "bytes", sums.bytes);
  return v->ctx->failed;
}

/* Looks for leftovers and compares the manifest.  examined: the files that it has to list; NULL: they were compared. */
static int
check_place (verification *v, const char *path, const fci_examined *examined)
{
  place at = { 0 };
  if (place_of (v->ctx, path, &at) || find_leftovers (v, &at))
    return v->ctx->failed;
  return check_manifest (v, &at, examined);
}

/* ---- The two ways */

/* Returns the path of the output, or that of its index if it is split. */
static const char *
path_of (fmtconv_ctx *ctx, const char *output)
{
  struct stat st;
  const char *index = fmtconv_ctx_printf (ctx, "%s" INDEX, output);
  if (!index || fci_name_exists (ctx, AT_FDCWD, output, output, &st) || ctx->failed)
    return output;
  return fci_name_exists (ctx, AT_FDCWD, index, index, &st) ? index : output;
}

static int
examine (verification *v, const fmtconv_job *job)
{
  fci_examined found;
  const char *path = path_of (v->ctx, job->output);
  if (v->ctx->failed || fci_examine (&v->defects, path, job->reader, &found))
    return v->ctx->failed;
  fci_add_text (v->report, "path", path);
  fmtconv_attr_set_bool (v->report, "against", 0);
  fmtconv_attr_set_string (v->report, "reader", found.reader);
  fci_add_count (v->report, "files", found.files);
  fci_add_count (v->report, "bytes", found.bytes);
  fci_add_count (v->report, "tensors", found.model ? fci_model_tensors (found.model) : 0);
  v->manifests = fci_add_array (v->report, "manifests");
  return check_place (v, path, &found);
}

static size_t
tensors_of (const fmtconv_layout *layout)
{
  size_t n = 0;
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    n += file->n_tensors;
  return n;
}

static void
add_paths (verification *v, const fci_conversion *c, size_t n)
{
  fmtconv_attr *list = n > 1 ? fci_add_array (v->report, "outputs") : NULL;
  const char *command = n == 1 ? fci_chain_command (c) : NULL;
  if (n == 1)
    fci_add_text (v->report, "path", c->job.output);
  for (size_t i = 0; list && i < n; i++)
    fci_add_text (list, NULL, c[i].job.output);
  fmtconv_attr_set_bool (v->report, "against", 1);
  if (command)
    fci_add_text (v->report, "command", command);
}

static int
compare (verification *v, const fmtconv_job *job)
{
  size_t n, tensors = 0;
  fci_conversion *c = fci_conversions (v->ctx, job, &n);
  for (size_t i = 0; c && i < n; i++)
    c[i].defects = &v->defects;
  if (!c || fci_convert (c, n))
    return v->ctx->failed;
  for (size_t i = 0; i < n; i++)
    tensors += tensors_of (c[i].layout);
  add_paths (v, c, n);
  fmtconv_attr_set_string (v->report, "reader", NULL);
  fci_add_count (v->report, "files", c->outcome.verified_files);
  fci_add_count (v->report, "bytes", c->outcome.verified_bytes);
  fci_add_count (v->report, "tensors", tensors);
  v->manifests = fci_add_array (v->report, "manifests");
  for (size_t i = 0; i < n && !v->ctx->failed; i++)
    check_place (v, c[i].output, NULL);
  return v->ctx->failed;
}

static void
add_defects (verification *v)
{
  fmtconv_attr *list = fci_add_array (v->report, "defects");
  for (const fci_defect *d = v->defects.first; d; d = d->next)
    {
      fmtconv_attr *node = fci_add_object (list);
      fmtconv_attr_set_string (node, "file", d->file);
      if (d->offset != FCI_NO_OFFSET)
        fci_add_count (node, "offset", d->offset);
      else
        fmtconv_attr_set_string (node, "offset", NULL);
      fmtconv_attr_set_string (node, "tensor", d->tensor);
      fmtconv_attr_set_string (node, "what", d->what);
      fmtconv_attr_set_string (node, "hint", d->hint);
    }
}

fmtconv_attr *
fmtconv_verify (fmtconv_ctx *ctx, const fmtconv_job *given)
{
  const double started = fci_monotonic_seconds ();
  fmtconv_job job;
  if (fci_call_begin (ctx, given, "a job is required") || fci_job_take (ctx, given, &job))
    return NULL;
  verification v = {
    .ctx = ctx, .report = fmtconv_attr_object (ctx), .defects = { .ctx = ctx }, .manifest = job.manifest
  };
  const bool is_against = job.input || job.n_parts;
  if (!is_against && (!job.output || !*job.output))
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "a file or folder to verify is required");
  if (!ctx->failed && (is_against ? compare (&v, given) : examine (&v, &job)) == 0)
    {
      add_defects (&v);
      fmtconv_attr_set_bool (v.report, "fine", v.defects.n == 0);
      fmtconv_attr_set_float (v.report, "seconds", fci_monotonic_seconds () - started);
    }
  return ctx->failed ? NULL : v.report;
}

/* tests/unit/plan-util.c: contexts, folders, files and layouts for the tests of plans and executions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan-util.h"
#include "core/exec/publish/check.h"
#include "core/exec/publish/outputs.h"
#include "core/source/disk.h"
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

place
enter (void)
{
  place at;
  const char *base = getenv ("TMPDIR");
  snprintf (at.path, sizeof at.path, "%s/fmtconv-plan-XXXXXX", base ? base : "/tmp");
  cr_assert_not_null (mkdtemp (at.path));
  return at;
}

static int
remove_one (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  (void) st, (void) type, (void) ftw;
  return remove (path);
}

void
leave (const place *at)
{
  cr_assert_eq (nftw (at->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *
in (const place *at, const char *name)
{
  static _Thread_local char buffer[4][640];
  static _Thread_local unsigned next;
  char *path = buffer[next++ % 4];
  snprintf (path, sizeof *buffer, "%s/%s", at->path, name);
  return path;
}

size_t
n_entries (const char *path)
{
  size_t n = 0;
  DIR *folder = opendir (path);
  while (readdir (folder))
    n++;
  closedir (folder);
  return n - 2;
}

void
put_file (const char *path, const void *bytes, size_t n)
{
  FILE *f = fopen (path, "wb");
  cr_assert (f && fwrite (bytes, 1, n, f) == n && fclose (f) == 0, "%s", path);
}

uint8_t *
get_file (const char *path, size_t *n)
{
  FILE *f = fopen (path, "rb");
  if (!f)
    return NULL;
  fseek (f, 0, SEEK_END);
  *n = (size_t) ftell (f);
  rewind (f);
  uint8_t *bytes = malloc (*n + 1);
  cr_assert (fread (bytes, 1, *n, f) == *n);
  fclose (f);
  return bytes;
}

static void
capture_message (void *arg, const fmtconv_message *m)
{
  captured *h = arg;
  if (m->level == FMTCONV_MSG_NOTE)
    return;
  h->errors += m->level == FMTCONV_MSG_ERROR;
  h->warnings += m->level == FMTCONV_MSG_WARNING;
  if (m->level == FMTCONV_MSG_ERROR)
    {
      h->code = m->code;
      h->os_errno = m->os_errno;
    }
  h->n_details = m->n_details + m->n_more;
  snprintf (h->text, sizeof h->text, "%s", m->text);
}

static void
beat (void *arg, const fmtconv_progress *progress)
{
  captured *h = arg;
  h->beats++;
  h->done = progress->done;
  h->total = progress->total;
}

fmtconv_ctx *
new_ctx (captured *h, unsigned flags, unsigned threads, uint64_t memory)
{
  memset (h, 0, sizeof *h);
  return fmtconv_ctx_new (&(fmtconv_options){ .struct_size = sizeof (fmtconv_options),
                                              .flags = flags,
                                              .threads = threads,
                                              .memory = memory,
                                              .message = capture_message,
                                              .progress = beat,
                                              .arg = h });
}

fmtconv_source *
open_source (fmtconv_ctx *ctx, const char *path)
{
  return fci_source_fd (ctx, open (path, O_RDONLY | O_CLOEXEC), path);
}

uint64_t
rnd (uint64_t *state, uint64_t below)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (*state >> 11) % below;
}

uint8_t *
rnd_bytes (uint64_t seed, size_t n)
{
  uint8_t *bytes = malloc (n + 8);
  for (size_t i = 0; i < n; i += 8)
    {
      uint64_t r = rnd (&seed, UINT64_MAX);
      memcpy (bytes + i, &r, 8);
    }
  return bytes;
}

int
run_all (fmtconv_ctx *ctx, size_t n, const fci_output *outputs, const struct fci_io *io, fci_outcome *outcome)
{
  fci_outcome mine;
  const fmtconv_layout **layouts = fmtconv_ctx_alloc (ctx, n, sizeof *layouts);
  for (size_t i = 0; i < n; i++)
    layouts[i] = outputs[i].layout;
  const fci_plan *plan = fci_plan_compile_all (ctx, layouts, n, NULL);
  for (size_t i = 0; plan && i < n; i++)
    fci_publish_check (ctx, outputs[i].layout, outputs[i].path);
  if (!plan || fci_outputs_check (ctx, outputs, n))
    return fmtconv_ctx_failed (ctx);
  return fci_execute (ctx, &(fci_execution){ .plan = plan, .outputs = outputs, .n_outputs = n, .io = io },
                      outcome ? outcome : &mine);
}

int
run (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output, const struct fci_io *io,
     fci_outcome *outcome)
{
  return run_all (ctx, 1, &(fci_output){ .layout = layout, .path = output }, io, outcome);
}

fmtconv_layout *
layout_of (fmtconv_ctx *ctx, size_t n, fmtconv_view *const *views)
{
  fmtconv_layout *layout = fci_layout_new (ctx, "out");
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  for (size_t i = 0; i < n; i++)
    fmtconv_file_emit_view (file, fmtconv_ctx_printf (ctx, "t%zu", i), views[i]);
  cr_assert_eq (fci_layout_freeze (layout), 0);
  return layout;
}

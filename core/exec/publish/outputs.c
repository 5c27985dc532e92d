/* core/exec/publish/outputs.c: checks that several outputs do not overlap and fit the file system together.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/presence.h"
#include "core/exec/publish/check.h"
#include "core/exec/publish/outputs.h"
#include "core/exec/publish/path.h"
#include "core/layout/names.h"
#include "core/source/source.h"
#include "core/source/within.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An output, and the existing folder that will contain its files. */
typedef struct spot
{
  const fci_output *output;
  const char *folder;
  const char *base;   /* its name in the folder; NULL: the output is the folder */
  struct stat opened; /* status of the folder */
} spot;

static int
find_spot (fmtconv_ctx *ctx, const fci_output *output, spot *s)
{
  const bool existing = output->layout->is_folder && fci_folder_exists (ctx, output->path);
  const char *slash = strrchr (output->path, '/');
  *s = (spot){ .output = output, .base = existing ? NULL : slash ? slash + 1 : output->path };
  s->folder = existing ? output->path : fci_output_folder (ctx, output->path);
  int fd = s->folder && !fmtconv_ctx_failed (ctx) ? fci_open_folder (ctx, s->folder) : -1;
  if (fd < 0)
    return fmtconv_ctx_failed (ctx);
  int code = fstat (fd, &s->opened) == 0 ? 0 : fci_fail_io (ctx, s->folder, "cannot be examined");
  close (fd);
  return code;
}

static bool
same_folder (const spot *a, const spot *b)
{
  return a->opened.st_dev == b->opened.st_dev && a->opened.st_ino == b->opened.st_ino;
}

/* Returns whether `longer` is a path inside `path`. */
static bool
continues (const char *path, const char *longer)
{
  const size_t n = strlen (path);
  return strncmp (path, longer, n) == 0 && longer[n] == '/';
}

static int
fail_same (fmtconv_ctx *ctx, const fci_output *output)
{
  return fci_fail_file (ctx, FMTCONV_E_OUTPUT, output->path,
                        &(fmtconv_where){ .hint = "give each output a different path" },
                        "two outputs have this path");
}

static int
fail_inside (fmtconv_ctx *ctx, const fci_output *outer, const fci_output *inner)
{
  return fci_fail_file (ctx, FMTCONV_E_OUTPUT, inner->path,
                        &(fmtconv_where){ .hint = "give each output a different path" },
                        "this is inside another output, '%s'", outer->path);
}

/* Compares the paths of two outputs, which need not exist.  Returns 0 or a code. */
static int
check_texts (fmtconv_ctx *ctx, const fci_output *a, const fci_output *b)
{
  if (strcmp (a->path, b->path) == 0)
    return fail_same (ctx, b);
  if (a->layout->is_folder && continues (a->path, b->path))
    return fail_inside (ctx, a, b);
  return b->layout->is_folder && continues (b->path, a->path) ? fail_inside (ctx, b, a) : 0;
}

/* Returns whether b would be inside a, an existing folder. */
static bool
is_inside (fmtconv_ctx *ctx, const spot *a, const spot *b)
{
  return !a->base && fci_output_is_within (ctx, b->folder, &a->opened);
}

static int
check_spots (fmtconv_ctx *ctx, const spot *a, const spot *b)
{
  const bool same_name = a->base && b->base ? strcmp (a->base, b->base) == 0 : a->base == b->base;
  if (same_name && same_folder (a, b))
    return fail_same (ctx, b->output);
  if (is_inside (ctx, a, b))
    return fail_inside (ctx, a->output, b->output);
  return is_inside (ctx, b, a) ? fail_inside (ctx, b->output, a->output) : fmtconv_ctx_failed (ctx);
}

/* Returns whether the other output would remove the file as an older file. */
static bool
is_stale (const fmtconv_layout *layout, const fmtconv_file *file)
{
  const size_t n = (size_t) (file->base - file->name);
  for (const fci_stale *stale = layout->stale; stale; stale = stale->next)
    if (strlen (stale->folder) == n && memcmp (stale->folder, file->name, n) == 0
        && fmtconv_glob_match (stale->glob, file->base))
      return true;
  return false;
}

/* Checks that a neither writes nor removes files of b.  Returns 0 or a code. */
static int
check_files (fmtconv_ctx *ctx, const spot *a, const spot *b)
{
  const fmtconv_where where = { .hint = "give one of them another name or another folder" };
  for (const fmtconv_file *file = b->output->layout->first; file; file = file->next)
    if (fci_layout_has_file (a->output->layout, file->name) || is_stale (a->output->layout, file))
      return fci_fail_file (ctx, FMTCONV_E_OUTPUT, fci_path_join (ctx, b->folder, file->name), &where,
                            "two outputs, '%s' and '%s', would write this file", b->output->path,
                            a->output->path);
  return 0;
}

static int
check_two (fmtconv_ctx *ctx, const spot *a, const spot *b)
{
  int code = check_spots (ctx, a, b);
  const bool together = same_folder (a, b) && !a->output->layout->is_folder && !b->output->layout->is_folder;
  if (code == 0 && together)
    code = check_files (ctx, a, b);
  return code == 0 && together ? check_files (ctx, b, a) : code;
}

/* Checks the free space for all outputs on the file system of the last output.  Returns 0 or a code. */
static int
check_space (fmtconv_ctx *ctx, const spot *spots, size_t n)
{
  const spot *last = &spots[n - 1];
  uint64_t size = 0;
  for (size_t i = 0; i < n; i++)
    size += spots[i].opened.st_dev == last->opened.st_dev ? fci_layout_size (spots[i].output->layout) : 0;
  int fd = fci_open_folder (ctx, last->folder);
  if (fd < 0)
    return fmtconv_ctx_failed (ctx);
  int code = fci_space_check (ctx, size, last->folder, fd);
  close (fd);
  return code;
}

int
fci_outputs_check (fmtconv_ctx *ctx, const fci_output *outputs, size_t n)
{
  spot *spots = n > 1 ? fmtconv_ctx_alloc (ctx, n, sizeof *spots) : NULL;
  int code = 0;
  for (size_t i = 0; i < n && code == 0; i++)
    for (size_t k = 0; k < i && code == 0; k++)
      code = check_texts (ctx, &outputs[k], &outputs[i]);
  for (size_t i = 0; spots && i < n && code == 0; i++)
    {
      code = find_spot (ctx, &outputs[i], &spots[i]);
      for (size_t k = 0; k < i && code == 0; k++)
        code = check_two (ctx, &spots[k], &spots[i]);
      code = code == 0 ? check_space (ctx, spots, i + 1) : code;
    }
  return code == 0 ? fmtconv_ctx_failed (ctx) : code;
}

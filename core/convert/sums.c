/* core/convert/sums.c: compares files with the SHA-256 that a manifest has of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/base/text.h"
#include "core/convert/sums.h"
#include "core/exec/publish/path.h"
#include "core/exec/worker/reread.h"
#include "core/kernel/sha256.h"
#include "core/layout/sum-line.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum
{
  MOST_BAD = 1000,  /* defects, after which the rest of a manifest is not checked */
  STEP = 256 << 10, /* bytes that are read at once */
  FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
};

#define NO_LINE "this is not a line of sha256sum"

/* A manifest that is read. */
typedef struct reading
{
  fmtconv_ctx *ctx;
  fci_defects *defects;
  const char *folder; /* path … */
  int fd;             /* … and descriptor of its folder */
  const char *path;   /* of the manifest, for messages */
  char *text;
  size_t size;
  uint8_t *buffer; /* STEP bytes */
  fci_map *listed; /* name → offset of its line */
  fci_map *hashed; /* device and inode of the files that were found */
  bool is_cut;     /* there are too many defects: not all lines were checked */
  fci_sums *sums;
} reading;

static int
add (const reading *r, const char *path, const char *what)
{
  const char *file = path ? fci_escape (r->ctx, path, strlen (path)) : NULL;
  return fci_defect_add (r->defects,
                         (fci_defect){ .file = file, .offset = FCI_NO_OFFSET, .what = file ? what : NULL });
}

/* The same for the line at that offset of the manifest. */
static int
add_at (const reading *r, uint64_t at, const char *what)
{
  const char *file = fci_escape (r->ctx, r->path, strlen (r->path));
  return fci_defect_add (r->defects, (fci_defect){ .file = file, .offset = at, .what = file ? what : NULL });
}

/* Computes the digest of an open file.  Returns 0 or a code. */
static int
hash (const reading *r, int fd, const char *path, uint64_t size, char digest[FCI_SHA256_TEXT])
{
  fci_sha256 sha;
  fci_sha256_begin (&sha);
  for (uint64_t at = 0, n; at < size; at += n)
    {
      n = size - at < STEP ? size - at : STEP;
      const int error = fci_reread_bytes (fd, at, r->buffer, (size_t) n);
      if (error || fci_check_cancel (r->ctx))
        return error ? fci_fail_reread (r->ctx, path, error) : fmtconv_ctx_failed (r->ctx);
      fci_sha256_add (&sha, r->buffer, (size_t) n);
    }
  fci_sha256_end (&sha, digest);
  r->sums->files++;
  r->sums->bytes += size;
  return 0;
}

/* Notes that the manifest lists a file.  Returns 0 or a code. */
static int
note_file (const reading *r, const struct stat *st)
{
  uint64_t *file = fmtconv_ctx_alloc (r->ctx, 2, sizeof *file);
  if (!file)
    return fmtconv_ctx_failed (r->ctx);
  file[0] = (uint64_t) st->st_dev;
  file[1] = (uint64_t) st->st_ino;
  fci_map_add (r->hashed, file, 2 * sizeof *file, 0, NULL);
  return fmtconv_ctx_failed (r->ctx);
}

/* Reads an open file, and compares its digest. */
static int
check_open (const reading *r, int fd, const char *path, const char *wanted)
{
  char found[FCI_SHA256_TEXT];
  struct stat st;
  if (fstat (fd, &st) != 0)
    return fci_fail_io (r->ctx, path, "cannot be examined");
  if (!S_ISREG (st.st_mode))
    return add (r, path, "the manifest lists it, but it is not a file");
  if (note_file (r, &st) || hash (r, fd, path, (uint64_t) st.st_size, found))
    return fmtconv_ctx_failed (r->ctx);
  return strncasecmp (found, wanted, sizeof found) ? add (r, path, "its SHA-256 is not that in the manifest")
                                                   : 0;
}

static int
check_file (const reading *r, const char *name, const char *wanted)
{
  const char *path = fci_path_join (r->ctx, r->folder, name);
  int fd = path ? fci_os_open_beneath (r->fd, name, FLAGS) : -1;
  if (!path)
    return fmtconv_ctx_failed (r->ctx);
  if (fd < 0 && (fci_is_absent (errno) || errno == ENAMETOOLONG))
    return add (r, path, "it is missing, but the manifest lists it");
  if (fd < 0 && (errno == EXDEV || errno == ELOOP))
    return add (r, path, "the manifest lists it, but it is not in the folder");
  if (fd < 0)
    return fci_fail_io (r->ctx, path, "cannot be opened");
  int code = check_open (r, fd, path, wanted);
  close (fd);
  return code;
}

/* Checks the file of a line, unless an earlier one lists it too. */
static int
check_line (const reading *r, const fci_sum_line *line)
{
  uintptr_t first;
  if (fci_map_add (r->listed, line->name, strlen (line->name), line->at, &first))
    return check_file (r, line->name, line->digest);
  return r->ctx->failed ? r->ctx->failed : add_at (r, line->at, "an earlier line lists this file too");
}

/* Checks all lines, until too many are bad: a file of another kind has millions. */
static int
check_lines (reading *r)
{
  fci_sum_text text = { .bytes = r->text, .size = r->size };
  fci_sum_line line;
  size_t before;
  int code = r->size ? 0 : add_at (r, 0, NO_LINE);
  for (size_t bad = 0; code == 0 && fci_sum_line_next (&text, &line); bad += r->defects->n - before)
    {
      before = r->defects->n;
      r->is_cut = bad >= MOST_BAD;
      if (r->is_cut)
        return add_at (r, line.at, "the lines before this one have so many defects that no other is checked");
      if (line.kind == FCI_SUM_FILE)
        code = check_line (r, &line);
      else if (line.kind == FCI_SUM_OTHER)
        code = add_at (r, line.at, NO_LINE);
    }
  return code;
}

/* Adds a file that was examined, unless the manifest lists it. */
static int
check_listed (const reading *r, const struct stat *st, const char *path)
{
  const uint64_t file[2] = { (uint64_t) st->st_dev, (uint64_t) st->st_ino };
  uintptr_t value;
  return fci_map_get (r->hashed, file, sizeof file, &value) ? 0
                                                            : add (r, path, "the manifest does not list it");
}

/* The same for all files that were examined: a manifest without them proves nothing. */
static int
check_all_listed (const reading *r, const fci_examined *examined)
{
  int code = examined && examined->file ? check_listed (r, examined->file, examined->path) : 0;
  const fci_disk_file *disk = examined ? examined->disks : NULL;
  for (; disk && disk != examined->before && code == 0; disk = disk->next)
    if (fci_disk_is_input (disk) && (!examined->file || disk->opened.st_ino != examined->file->st_ino))
      code = check_listed (r, &disk->opened, disk->path);
  return code;
}

/* Reads the open manifest into memory, and checks it. */
static int
check_manifest (reading *r, int fd, const fci_examined *examined)
{
  struct stat st;
  if (fstat (fd, &st) != 0)
    return fci_fail_io (r->ctx, r->path, "cannot be examined");
  if (!S_ISREG (st.st_mode) || st.st_size > FCI_SUM_MANIFEST)
    return add (r, r->path, "it has the name of a manifest, but is not one");
  r->size = (size_t) st.st_size;
  r->text = malloc (r->size + 1);
  r->buffer = malloc (STEP);
  r->listed = fci_map_new (r->ctx);
  r->hashed = fci_map_new (r->ctx);
  if (!r->text || !r->buffer || !r->listed || !r->hashed)
    {
      fci_nomem (r->ctx);
      return FMTCONV_E_NOMEM;
    }
  const int error = fci_reread_bytes (fd, 0, r->text, r->size);
  if (error || check_lines (r))
    return error ? fci_fail_reread (r->ctx, r->path, error) : fmtconv_ctx_failed (r->ctx);
  return r->is_cut || note_file (r, &st) ? fmtconv_ctx_failed (r->ctx) : check_all_listed (r, examined);
}

/* Opens the manifest in its open folder. */
static int
open_manifest (reading *r, const char *name, bool required, const fci_examined *examined)
{
  int fd = openat (r->fd, name, FLAGS);
  if (fd < 0 && fci_is_absent (errno))
    return required ? add (r, r->path, "it is missing") : 0;
  if (fd < 0)
    return fci_fail_io (r->ctx, r->path, "cannot be opened");
  r->sums->path = r->path;
  int code = check_manifest (r, fd, examined);
  close (fd);
  free (r->text);
  free (r->buffer);
  return code;
}

int
fci_sums_check (fci_defects *defects, const char *folder, const char *name, bool required,
                const fci_examined *examined, fci_sums *sums)
{
  fmtconv_ctx *ctx = defects->ctx;
  *sums = (fci_sums){ 0 };
  reading r = { .ctx = ctx,
                .defects = defects,
                .folder = folder,
                .fd = -1,
                .path = folder && name ? fci_path_join (ctx, folder, name) : NULL,
                .sums = sums };
  if (!r.path)
    return fmtconv_ctx_failed (ctx);
  r.fd = open (folder, FCI_O_SEARCH);
  if (r.fd < 0 && fci_is_absent (errno))
    return required ? add (&r, r.path, "it is missing") : 0;
  if (r.fd < 0)
    return fci_fail_io (ctx, folder, "cannot be opened");
  int code = open_manifest (&r, name, required, examined);
  close (r.fd);
  return code;
}

/* core/convert/sums.c: compares files with the SHA-256 that a manifest has of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/base/text.h"
#include "core/convert/sums.h"
#include "core/exec/publish/path.h"
#include "core/exec/worker/reread.h"
#include "core/kernel/sha256.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum
{
  MOST = 16 << 20,  /* bytes of a manifest */
  STEP = 256 << 10, /* bytes that are read at once */
  NAME_AT = FCI_SHA256_TEXT + 2,
  FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
};

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
  fci_sums *sums;
} reading;

static int
add (const reading *r, const char *path, const char *what)
{
  const char *file = path ? fci_escape (r->ctx, path, strlen (path)) : NULL;
  return fci_defect_add (r->defects,
                         (fci_defect){ .file = file, .offset = FCI_NO_OFFSET, .what = file ? what : NULL });
}

static int
add_line (const reading *r, uint64_t at)
{
  const char *file = fci_escape (r->ctx, r->path, strlen (r->path));
  return fci_defect_add (
      r->defects,
      (fci_defect){ .file = file, .offset = at, .what = file ? "this is not a line of sha256sum" : NULL });
}

/* Restores the characters that sha256sum escapes, in place.  Returns false for other escapes. */
static bool
unescape (char *name)
{
  char *to = name;
  for (const char *from = name; *from; from++)
    {
      if (*from != '\\')
        *to++ = *from;
      else if (*++from == '\\' || *from == 'n' || *from == 'r')
        *to++ = *from == 'n' ? '\n' : *from == 'r' ? '\r' : '\\';
      else
        return false;
    }
  *to = '\0';
  return true;
}

/* Splits a line, without its end, into digest and name.  Returns false if it has another form. */
static bool
split (char *line, const char **digest, char **name)
{
  const bool is_escaped = *line == '\\';
  line += is_escaped;
  if (strspn (line, "0123456789abcdefABCDEF") != FCI_SHA256_TEXT || line[FCI_SHA256_TEXT] != ' '
      || !strchr (" *", line[FCI_SHA256_TEXT + 1]) || !line[FCI_SHA256_TEXT + 1] || !line[NAME_AT])
    return false;
  *digest = line;
  *name = line + NAME_AT;
  return !is_escaped || unescape (*name);
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
  if (hash (r, fd, path, (uint64_t) st.st_size, found))
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
  if (fd < 0 && fci_is_absent (errno))
    return add (r, path, "it is missing, but the manifest lists it");
  if (fd < 0 && (errno == EXDEV || errno == ELOOP))
    return add (r, path, "the manifest lists it, but it is not in the folder");
  if (fd < 0)
    return fci_fail_io (r->ctx, path, "cannot be opened");
  int code = check_open (r, fd, path, wanted);
  close (fd);
  return code;
}

/* Checks all lines. */
static int
check_lines (const reading *r)
{
  int code = r->size ? 0 : add_line (r, 0);
  for (size_t at = 0, next; at < r->size && code == 0; at = next)
    {
      char *line = r->text + at, *end = memchr (line, '\n', r->size - at), *name;
      const char *digest;
      next = end ? (size_t) (end - r->text) + 1 : r->size;
      r->text[end ? next - 1 : next] = '\0';
      if (*line == '#')
        continue;
      if (!end || memchr (line, '\0', next - 1 - at) || !split (line, &digest, &name))
        code = add_line (r, at);
      else
        code = check_file (r, name, digest);
    }
  return code;
}

/* Reads the open manifest into memory, and checks it. */
static int
check_manifest (reading *r, int fd)
{
  struct stat st;
  if (fstat (fd, &st) != 0)
    return fci_fail_io (r->ctx, r->path, "cannot be examined");
  if (!S_ISREG (st.st_mode) || st.st_size > MOST)
    return add (r, r->path, "it has the name of a manifest, but is not one");
  r->size = (size_t) st.st_size;
  r->text = malloc (r->size + 1);
  r->buffer = malloc (STEP);
  if (!r->text || !r->buffer)
    {
      fci_nomem (r->ctx);
      return FMTCONV_E_NOMEM;
    }
  const int error = fci_reread_bytes (fd, 0, r->text, r->size);
  return error ? fci_fail_reread (r->ctx, r->path, error) : check_lines (r);
}

/* Opens the manifest in its open folder. */
static int
open_manifest (reading *r, const char *name, bool required)
{
  int fd = openat (r->fd, name, FLAGS);
  if (fd < 0 && fci_is_absent (errno))
    return required ? add (r, r->path, "it is missing") : 0;
  if (fd < 0)
    return fci_fail_io (r->ctx, r->path, "cannot be opened");
  r->sums->path = r->path;
  int code = check_manifest (r, fd);
  close (fd);
  free (r->text);
  free (r->buffer);
  return code;
}

int
fci_sums_check (fci_defects *defects, const char *folder, const char *name, bool required, fci_sums *sums)
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
  int code = open_manifest (&r, name, required);
  close (r.fd);
  return code;
}

/* core/source/journal.c: the journal of a publication: which files of a folder get their names together.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A journal is a list of records, each ended by NUL, which no name contains, with fields separated by '/':
 *   fmtconv journal 1 · owner PID/HOST · move ID/REPLACED/FROM/TO · old ID/NAME · peer /PATH · end
 * ID and REPLACED are identities: a file that was put under a name after a kill is none of the publication's. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/source/journal.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  MAX_BYTES = 64 << 20 /* 100 000 shards take a quarter of it */
};

static int
fail_journal (fmtconv_ctx *ctx, const char *path)
{
  return fci_fail_file (ctx, FMTCONV_E_FORMAT, path,
                        &(fmtconv_where){ .hint = "remove it if the files next to it are complete" },
                        "this is not a journal that fmtconv can read");
}

/* Reads all bytes, and appends a NUL.  Returns 0 or a code. */
static int
load (fmtconv_ctx *ctx, int fd, const char *path, char **text, size_t *n)
{
  struct stat st;
  if (fstat (fd, &st) != 0)
    return fci_fail_io (ctx, path, "cannot be examined");
  if (!S_ISREG (st.st_mode) || st.st_size > MAX_BYTES)
    return fail_journal (ctx, path);
  *text = fmtconv_ctx_alloc (ctx, (size_t) st.st_size + 1, 1);
  for (*n = 0; *text && *n < (size_t) st.st_size;)
    {
      ssize_t got = pread (fd, *text + *n, (size_t) st.st_size - *n, (off_t) *n);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return fci_fail_io (ctx, path, "cannot be read");
      if (got == 0)
        break;
      *n += (size_t) got;
    }
  return fmtconv_ctx_failed (ctx);
}

static bool
is_plain (const char *name)
{
  return *name && strcmp (name, ".") != 0 && strcmp (name, "..") != 0 && !strchr (name, '/');
}

void
fci_identity_write (const struct stat *st, char text[FCI_IDENTITY_TEXT])
{
  if (!st)
    snprintf (text, FCI_IDENTITY_TEXT, "0");
  else if (S_ISDIR (st->st_mode))
    snprintf (text, FCI_IDENTITY_TEXT, "%" PRIu64, (uint64_t) st->st_ino);
  else
    {
      const struct timespec time = fci_os_mtime (st);
      snprintf (text, FCI_IDENTITY_TEXT, "%" PRIu64 ".%" PRId64 ".%" PRId64 ".%ld", (uint64_t) st->st_ino,
                (int64_t) st->st_size, (int64_t) time.tv_sec, time.tv_nsec);
    }
}

/* Cuts the text at the next '/' and returns what follows; NULL: there is none. */
static char *
next_field (char *text)
{
  char *slash = text ? strchr (text, '/') : NULL;
  if (slash)
    *slash = '\0';
  return slash ? slash + 1 : NULL;
}

/* Parses "ID/REPLACED/FROM/TO". */
static bool
parse_move (char *text, fci_journal *journal)
{
  char *replaced = next_field (text), *from = next_field (replaced), *to = next_field (from);
  if (!to)
    return false;
  journal->moves[journal->n_moves++] =
      (fci_journal_move){ .id = text, .replaced = replaced, .from = from, .to = to };
  return *text && *replaced && is_plain (from) && is_plain (to) && strcmp (from, to) != 0;
}

/* Parses "ID/NAME". */
static bool
parse_old (char *text, fci_journal *journal)
{
  const char *name = next_field (text);
  if (!name)
    return false;
  journal->old[journal->n_old++] = (fci_journal_old){ .id = text, .name = name };
  return *text && is_plain (name);
}

static bool
parse_owner (char *text, fci_journal *journal)
{
  char *end;
  journal->owner = strtol (text, &end, 10);
  journal->host = end + 1;
  return end != text && *end == '/' && journal->owner > 0;
}

static bool
parse_record (char *text, fci_journal *journal)
{
  if (strncmp (text, "move ", 5) == 0)
    return parse_move (text + 5, journal);
  if (strncmp (text, "owner ", 6) == 0)
    return parse_owner (text + 6, journal);
  if (strncmp (text, "old ", 4) == 0)
    return parse_old (text + 4, journal);
  if (strncmp (text, "peer ", 5) == 0)
    return *(journal->peers[journal->n_peers++] = text + 5) == '/';
  return false;
}

/* Gives each list room for as many entries as there are records. */
static bool
reserve (fmtconv_ctx *ctx, const char *text, size_t n, fci_journal *journal)
{
  size_t records = 1;
  for (size_t i = 0; i < n; i++)
    records += text[i] == '\0';
  journal->moves = fmtconv_ctx_alloc (ctx, records, sizeof *journal->moves);
  journal->old = fmtconv_ctx_alloc (ctx, records, sizeof *journal->old);
  journal->peers = fmtconv_ctx_alloc (ctx, records, sizeof *journal->peers);
  return journal->moves && journal->old && journal->peers;
}

int
fci_journal_read (fmtconv_ctx *ctx, int fd, const char *path, fci_journal *journal)
{
  char *text = NULL;
  size_t n = 0;
  *journal = (fci_journal){ 0 };
  if (load (ctx, fd, path, &text, &n) || n == 0)
    return fmtconv_ctx_failed (ctx);
  if (!reserve (ctx, text, n, journal))
    return fmtconv_ctx_failed (ctx);
  if (n < sizeof FCI_JOURNAL_HEAD || memcmp (text, FCI_JOURNAL_HEAD, sizeof FCI_JOURNAL_HEAD) != 0)
    return fail_journal (ctx, path);
  for (size_t at = sizeof FCI_JOURNAL_HEAD; at < n;)
    {
      const size_t len = strlen (text + at);
      if (strcmp (text + at, "end") == 0)
        return at + len + 1 == n ? 0 : fail_journal (ctx, path);
      if (!parse_record (text + at, journal))
        break;
      at += len + 1;
    }
  return fail_journal (ctx, path);
}

bool
fci_journal_lock (int fd, const fci_journal *journal)
{
  if (fci_os_lock (fd) == 0)
    return true;
  return errno != EWOULDBLOCK && journal->host && !fci_os_is_running (journal->owner, journal->host);
}

static bool
names (const fci_journal *journal, const char *name)
{
  bool found = false;
  for (size_t i = 0; i < journal->n_moves && !found; i++)
    found = strcmp (journal->moves[i].to, name) == 0;
  for (size_t i = 0; i < journal->n_old && !found; i++)
    found = strcmp (journal->old[i].name, name) == 0;
  return found;
}

static int
refuse (fmtconv_ctx *ctx, int fd, const char *name, const char *display)
{
  fci_journal journal;
  const char *slash = strrchr (display, '/');
  const char *path =
      fmtconv_ctx_printf (ctx, "%.*s" FCI_JOURNAL, slash ? (int) (slash - display) + 1 : 0, display);
  if (!path || fci_journal_read (ctx, fd, path, &journal) || !names (&journal, name))
    return fmtconv_ctx_failed (ctx);
  if (!fci_journal_lock (fd, &journal))
    return fci_fail_file (ctx, FMTCONV_E_IO, display,
                          &(fmtconv_where){ .hint = "wait until it has finished" },
                          "another process is replacing this file and others that belong to it");
  return fci_fail_file (
      ctx, FMTCONV_E_FORMAT, display,
      &(fmtconv_where){ .hint = "run that conversion again, which first finishes the interrupted one" },
      "a conversion was interrupted while it replaced this file and others that belong to it: some may be "
      "old, others "
      "new");
}

int
fci_journal_refuse (fmtconv_ctx *ctx, int folder, const char *name, const char *display)
{
  int fd = openat (folder, FCI_JOURNAL, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0)
    return fci_is_absent (errno) ? 0 : fci_fail_io (ctx, display, "its journal cannot be opened");
  int code = refuse (ctx, fd, name, display);
  close (fd);
  return code;
}

int
fci_journal_refuse_path (fmtconv_ctx *ctx, const char *path)
{
  char *real = realpath (path, NULL);
  if (!real)
    return fci_is_absent (errno) ? 0 : fci_fail_io (ctx, path, "cannot be followed");
  char *base = strrchr (real, '/');
  int code = 0;
  if (base[1])
    {
      *base = '\0';
      int folder = open (*real ? real : "/", FCI_O_SEARCH);
      code = folder >= 0 ? fci_journal_refuse (ctx, folder, base + 1, path)
                         : fci_fail_io (ctx, path, "its folder cannot be opened");
      if (folder >= 0)
        close (folder);
    }
  free (real);
  return code;
}

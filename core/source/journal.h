/* core/source/journal.h: the journal of a publication: which files of a folder get their names together.
 * SPDX-License-Identifier: Apache-2.0
 *
 * It exists while several names change (core/exec/publish/journal.c).  One that nobody holds is left by a run that was
 * killed: the files that it names may be old and new ones, so they are not read until a conversion to this output
 * finishes or undoes the set (core/exec/publish/recover.c). */
#ifndef FCI_SOURCE_JOURNAL_H
#define FCI_SOURCE_JOURNAL_H

#include <fmtconv/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define FCI_JOURNAL ".fmtconv.journal"
#define FCI_JOURNAL_HEAD "fmtconv journal 1"

/* What tells a file from others that have its name later, as text without '/': inode number, size and time of
 * modification; of a folder, whose size and time change with its entries, the inode number; "0": nothing. */
enum
{
  FCI_IDENTITY_TEXT = 112 /* bytes, with NUL */
};

/* Writes the identity of a file; st: NULL: that of nothing. */
void fci_identity_write (const struct stat *st, char text[FCI_IDENTITY_TEXT]);

/* A temporary file or folder and its final name, both in the journal's folder. */
typedef struct fci_journal_move
{
  const char *id;       /* identity of the new file */
  const char *replaced; /* identity of what had the final name before */
  const char *from;
  const char *to;
} fci_journal_move;

/* An older file, which is removed after the moves. */
typedef struct fci_journal_old
{
  const char *id;
  const char *name;
} fci_journal_old;

/* Arrays and strings live as long as the context. */
typedef struct fci_journal
{
  fci_journal_move *moves;
  size_t n_moves;
  fci_journal_old *old;
  size_t n_old;
  const char **peers; /* absolute paths of other folders whose journals belong to the same publication */
  size_t n_peers;
  long owner;       /* process … */
  const char *host; /* … and machine; NULL: not known */
} fci_journal;

/* Parses an open journal; a file without bytes is a journal without moves.  Returns 0 or a code. */
int fci_journal_read (fmtconv_ctx *ctx, int fd, const char *path, fci_journal *journal);

/* Locks an open journal.  Returns false if the process that wrote it may still run; without locks in the file system,
 * its number tells. */
bool fci_journal_lock (int fd, const fci_journal *journal);

/* Returns 0, or records an error if `name` in the folder belongs to a publication that has not ended.
 *   folder   descriptor of the folder
 *   display  path of the name, for messages */
int fci_journal_refuse (fmtconv_ctx *ctx, int folder, const char *name, const char *display);

/* The same for a path that a user gave; links are followed.  A path that does not exist is fine. */
int fci_journal_refuse_path (fmtconv_ctx *ctx, const char *path);

#endif

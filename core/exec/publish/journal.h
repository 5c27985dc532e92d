/* core/exec/publish/journal.h: writes the journals that make several renames one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_JOURNAL_H
#define FCI_EXEC_PUBLISH_JOURNAL_H

#include "core/exec/publish/move.h"
#include "core/exec/publish/stale.h"

/* What a publication changes: names that are given, then older files that are removed. */
typedef struct fci_changes
{
  fmtconv_ctx *ctx;
  const struct fci_io *io;
  fci_move *moves;
  size_t n_moves;
  const fci_old_file **old;
  size_t n_old;
  uint64_t digest; /* of the plan, for the names of temporary files */
} fci_changes;

/* A folder with its journal. */
typedef struct fci_journal_dir
{
  int folder;
  const char *path;    /* absolute */
  const char *display; /* path of its journal, for messages */
  struct stat stat;
  int fd;      /* of the journal, locked; -1: none */
  bool placed; /* it has its final name */
} fci_journal_dir;

typedef struct fci_journals
{
  const fci_changes *changes;
  fci_journal_dir *dirs;
  size_t n;
} fci_journals;

/* Puts a journal into each folder where names change; none for a single change, which is atomic by itself.  Waits for
 * other publications in these folders.  Returns 0 or a code; fci_journals_close is to be called in each case. */
int fci_journals_open (const fci_changes *changes, fci_journals *journals);

/* Removes the journals (`remove`) or leaves them for the next run.  Returns false if one could not be removed. */
bool fci_journals_close (fci_journals *journals, bool remove);

#endif

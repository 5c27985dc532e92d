/* tests/fuzz/journal.c: the journal of a publication, which another user of the folder could have written.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/source/journal.h"
#include "core/base/ctx.h"
#include "tests/fuzz/fuzz.h"
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* A file that the journal may name is opened while it waits. */
static void
refuse_file (void)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  if (fci_journal_refuse (ctx, AT_FDCWD, "a", "a") && !fmtconv_ctx_error (ctx))
    fuzz_broken ("a file is refused without a message", NULL);
  fmtconv_ctx_free (ctx);
}

void
fuzz_journal (const uint8_t *data, size_t size)
{
  fuzz_enter_scratch ();
  const int fd = open (FCI_JOURNAL, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write (fd, data, size) != (ssize_t) size || lseek (fd, 0, SEEK_SET))
    fuzz_broken ("cannot write", FCI_JOURNAL);
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  fci_journal journal = { 0 };
  if (fci_journal_read (ctx, fd, FCI_JOURNAL, &journal) == 0)
    for (size_t i = 0; i < journal.n_moves; i++)
      if (strchr (journal.moves[i].from, '/') || strchr (journal.moves[i].to, '/'))
        fuzz_broken ("a name leaves the folder of the journal", journal.moves[i].to);
  fmtconv_ctx_free (ctx);
  refuse_file ();
  /* As while the process that wrote the journal is at work. */
  if (flock (fd, LOCK_EX | LOCK_NB))
    fuzz_broken ("cannot lock", FCI_JOURNAL);
  refuse_file ();
  close (fd);
}

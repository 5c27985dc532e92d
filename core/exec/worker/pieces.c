/* core/exec/worker/pieces.c: checksums of the pieces that workers read or wrote.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/worker/fault.h"
#include "core/exec/worker/pieces.h"
#include <stdlib.h>
#include <string.h>

int
fci_piece_add (fci_worker *worker, fci_pieces *pieces, fci_piece piece)
{
  if (pieces->n == pieces->room)
    {
      size_t room = pieces->room ? pieces->room * 2 : 256;
      fci_piece *at = realloc (pieces->at, room * sizeof *at);
      if (!at)
        return fci_fault_code (worker, FMTCONV_E_NOMEM);
      pieces->at = at;
      pieces->room = room;
    }
  pieces->at[pieces->n++] = piece;
  return 0;
}

static int
by_place (const void *a, const void *b)
{
  const fci_piece *x = a, *y = b;
  if (x->of != y->of)
    return x->of < y->of ? -1 : 1;
  if (x->start != y->start)
    return x->start < y->start ? -1 : 1;
  return (x->end > y->end) - (x->end < y->end);
}

int
fci_pieces_collect (const fci_work *work, bool written, fci_pieces *all)
{
  size_t n = 0;
  for (unsigned i = 0; i < work->n_workers; i++)
    n += written ? work->workers[i].written.n : work->workers[i].read.n;
  *all = (fci_pieces){ .at = malloc ((n + 1) * sizeof *all->at), .room = n + 1 };
  if (!all->at)
    return (void) fci_nomem (work->ctx), FMTCONV_E_NOMEM;
  for (unsigned i = 0; i < work->n_workers; i++)
    {
      const fci_pieces *own = written ? &work->workers[i].written : &work->workers[i].read;
      if (own->n)
        memcpy (all->at + all->n, own->at, own->n * sizeof *all->at);
      all->n += own->n;
    }
  qsort (all->at, all->n, sizeof *all->at, by_place);
  return 0;
}

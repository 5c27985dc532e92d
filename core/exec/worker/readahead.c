/* core/exec/worker/readahead.c: reads small adjacent ranges of a file together.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/worker/readahead.h"
#include "core/plan/box.h"
#include <string.h>

enum
{
  SMALL = 4096, /* larger ranges are read alone */
  SHARE = 8     /* maximum ratio of bytes read (with headers of an archive) to bytes needed */
};

/* A range of a file. */
typedef struct span
{
  const fci_disk_file *disk;
  uint64_t start;
  uint64_t n;
} span;

/* Finds the bytes that a run needs.  Returns false unless they are few and one range of a file. */
static bool
find_span (const fci_run *run, span *s)
{
  const fmtconv_source *source;
  uint64_t from, n = run->size;
  if (run->kind == FCI_RUN_COPY)
    {
      source = run->u.source;
      from = run->from;
    }
  else if (run->kind == FCI_RUN_ROWS && run->u.rows->view->n_boxes == 1 && run->u.rows->streams)
    {
      const fci_box *box = &run->u.rows->view->boxes[0];
      source = box->source;
      from = box->offset;
      n = fci_box_reads (run->u.rows->view, box);
    }
  else
    return false;
  *s = (span){ .disk = source->disk, .start = source->start + from, .n = n };
  return source->disk && n <= SMALL;
}

static bool
holds (const fci_readahead *ahead, const fci_disk_file *disk, uint64_t start, uint64_t n)
{
  return ahead->disk == disk && start >= ahead->start && start - ahead->start <= ahead->n
         && n <= ahead->n - (start - ahead->start);
}

/* Extends the range by the next, unless too many bytes between them are not needed. */
static bool
join (span *all, const span *next, uint64_t needed)
{
  uint64_t start = next->start < all->start ? next->start : all->start;
  uint64_t end = next->start + next->n, all_end = all->start + all->n;
  uint64_t n = (end > all_end ? end : all_end) - start;
  if (next->disk != all->disk || n > FCI_READAHEAD_BYTES || n > SMALL + SHARE * needed)
    return false;
  all->start = start;
  all->n = n;
  return true;
}

void
fci_readahead_fill (fci_worker *worker, const fci_run *run, const fci_run *end)
{
  fci_readahead *ahead = &worker->readahead;
  span all, next;
  if (!worker->pool->plan->readahead_capacity || !find_span (run, &all)
      || holds (ahead, all.disk, all.start, all.n))
    return;
  uint64_t needed = all.n;
  size_t more = 0;
  while (++run < end)
    {
      if (run->kind != FCI_RUN_COPY && run->kind != FCI_RUN_ROWS)
        continue;
      if (!find_span (run, &next) || !join (&all, &next, needed + next.n))
        break;
      needed += next.n;
      more++;
    }
  if (!more)
    return;
  worker->fetched += all.n;
  bool fine = worker->pool->io->read (all.disk->whole, all.start, ahead->bytes, (size_t) all.n) == 0;
  /* An error is reported by the read that needs the bytes. */
  *ahead = (fci_readahead){
    .bytes = ahead->bytes, .disk = fine ? all.disk : NULL, .start = all.start, .n = (size_t) all.n
  };
}

bool
fci_readahead_get (const fci_worker *worker, const fmtconv_source *source, uint64_t offset, void *to,
                   size_t n)
{
  const fci_readahead *ahead = &worker->readahead;
  uint64_t start = source->start + offset;
  if (n > SMALL || !source->disk || !holds (ahead, source->disk, start, n))
    return false;
  memcpy (to, ahead->bytes + (start - ahead->start), n);
  return true;
}

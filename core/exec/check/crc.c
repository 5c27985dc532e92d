/* core/exec/check/crc.c: compares the checksums of sources, joined from the ranges that workers read.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/check/crc.h"
#include "core/exec/worker/crc-ranges.h"
#include "core/exec/worker/fault.h"
#include "core/exec/worker/read.h"
#include "core/kernel/crc32.h"
#include "core/source/decoded.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum
{
  SMALL_GAP = 64 << 10, /* unread bytes that are read only for the checksum */
  GAP_SHARE = 64,       /* … or that share of the source */
  MAX_CHAINS = 64       /* maximum chains that are followed at once */
};

/* A chain of ranges from the start of a source: the checksum of bytes 0 … end-1. */
typedef struct chain
{
  uint64_t end;
  uint32_t crc;
} chain;

/* Returns the ranges of one source. */
static fci_crc_ranges
pieces_of (const fci_crc_ranges *all, const fmtconv_source *source)
{
  size_t a = 0, b = all->n;
  while (a < b)
    {
      size_t middle = a + (b - a) / 2;
      if (all->at[middle].of < source->id)
        a = middle + 1;
      else
        b = middle;
    }
  fci_crc_ranges found = { .at = all->at + a };
  while (a + found.n < all->n && found.at[found.n].of == source->id)
    found.n++;
  return found;
}

/* Reads n bytes from `start` for their checksum. */
static int
read_gap (fci_pool *pool, const fmtconv_source *source, uint64_t start, uint64_t n, uint32_t *crc)
{
  fci_worker *w = &pool->workers[0];
  *crc = 0;
  while (n > 0)
    {
      size_t take = n < w->capacity ? (size_t) n : w->capacity;
      if (fci_worker_read (w, source, start, w->out, take) != 0)
        {
          pool->fault = w->fault;
          return fci_fault_report (pool);
        }
      *crc = fci_crc32 (*crc, w->out, take);
      start += take;
      n -= take;
    }
  return 0;
}

static uint64_t
unread (const fci_crc_ranges *found, uint64_t size)
{
  uint64_t read = 0, end = 0;
  for (size_t i = 0; i < found->n; i++)
    {
      const fci_crc_range *piece = &found->at[i];
      uint64_t from = piece->start > end ? piece->start : end;
      read += piece->end > from ? piece->end - from : 0;
      end = piece->end > end ? piece->end : end;
    }
  return size - read;
}

/* Adds a chain, unless one with the same end exists. */
static void
extend (chain *chains, size_t *n, chain next)
{
  for (size_t i = 0; i < *n; i++)
    if (chains[i].end == next.end)
      return;
  if (*n < MAX_CHAINS)
    chains[(*n)++] = next;
}

/* Removes the chains that no later range can continue. */
static void
prune (chain *chains, size_t *n, uint64_t start)
{
  size_t kept = 0;
  for (size_t i = 0; i < *n; i++)
    if (chains[i].end >= start)
      chains[kept++] = chains[i];
  *n = kept;
}

/* Reads the gap before `start` if only a gap is between a chain and `start`. */
static int
bridge (fci_pool *pool, const fmtconv_source *source, chain *chains, size_t *n, uint64_t start)
{
  chain *far = &chains[0];
  uint32_t crc;
  for (size_t i = 1; i < *n; i++)
    if (chains[i].end > far->end)
      far = &chains[i];
  if (*n == 0 || far->end >= start)
    return 0;
  int code = read_gap (pool, source, far->end, start - far->end, &crc);
  if (code == 0)
    chains[0] = (chain){ .end = start, .crc = fci_crc32_combine (far->crc, crc, start - far->end) };
  *n = 1;
  return code;
}

/* Sets *whole if the ranges and small gaps cover the source, and *crc to its checksum.  Returns 0 or a code.
 * */
static int
tile (fci_pool *pool, const fmtconv_source *source, const fci_crc_ranges *found, bool *whole, uint32_t *crc)
{
  chain chains[MAX_CHAINS] = { { 0 } };
  size_t n = 1;
  int code = 0;
  for (size_t i = 0; i < found->n && code == 0; i++)
    {
      const fci_crc_range *piece = &found->at[i];
      code = bridge (pool, source, chains, &n, piece->start);
      prune (chains, &n, piece->start);
      for (size_t k = 0; k < n; k++)
        if (chains[k].end == piece->start)
          {
            uint32_t sum = fci_crc32_combine (chains[k].crc, piece->crc, piece->end - piece->start);
            extend (chains, &n, (chain){ .end = piece->end, .crc = sum });
            break;
          }
    }
  if (code == 0)
    code = bridge (pool, source, chains, &n, source->size);
  *whole = false;
  for (size_t k = 0; k < n && !*whole; k++)
    if (chains[k].end == source->size)
      {
        *whole = true;
        *crc = chains[k].crc;
      }
  return code;
}

/* Returns whether a factor of a factor uses the source; these do not have factors. */
static bool
factors_use (const fci_op *ops, const fmtconv_source *source)
{
  for (const fci_op *op = ops; op; op = op->before)
    if (op->by && fci_source_uses (op->by->source, source))
      return true;
  return false;
}

static bool
box_uses (const fci_box *box, const fmtconv_source *source)
{
  for (const fci_op *op = box->ops; op; op = op->before)
    {
      for (unsigned f = 0; op->product && f < FCI_FACTORS; f++)
        if (fci_source_uses (op->product->factor[f].source, source))
          return true;
      if (op->by && (fci_source_uses (op->by->source, source) || factors_use (op->by->ops, source)))
        return true;
    }
  return fci_source_uses (box->source, source);
}

static bool
uses (fmtconv_view *view, const fmtconv_source *source)
{
  for (size_t i = 0; i < view->n_boxes; i++)
    if (box_uses (&view->boxes[i], source))
      return true;
  return false;
}

/* Returns the first tensor that is only compared with bytes of the source; NULL: none. */
static const char *
compared_with (const fci_plan *plan, const fmtconv_source *source)
{
  for (size_t i = 0; i < plan->pairs.n; i++)
    if (uses (FCI_PAIRS (plan)[i].other->view, source))
      return FCI_PAIRS (plan)[i].other->name;
  return NULL;
}

/* Reports a mismatch for the first tensor of the source, with the others as details. */
static int
mismatch (const fci_pool *pool, const fmtconv_source *source, uint32_t crc)
{
  const char *first = NULL;
  for (size_t i = 0; i < pool->plan->files.n; i++)
    for (const fci_region *region = FCI_FILES (pool->plan)[i].file->first; region; region = region->next)
      if (region->kind == FCI_REGION_TENSOR && uses (region->u.tensor.view, source))
        {
          if (first)
            fmtconv_detail (pool->ctx, "also in tensor '%s'", region->u.tensor.name);
          else
            first = region->u.tensor.name;
        }
  const fmtconv_where where = { .tensor = first ? first : compared_with (pool->plan, source),
                                .hint = "get the file again, or set the reader's parameter crc=ignore to "
                                        "convert it all the same" };
  return fci_fail_file (pool->ctx, FMTCONV_E_FORMAT, fci_source_name (source), &where,
                        "checksum mismatch: the archive has %08" PRIx32 ", the data has %08" PRIx32,
                        source->crc, crc);
}

static int
check_source (fci_pool *pool, const fmtconv_source *source, const fci_crc_ranges *found, fci_outcome *outcome)
{
  uint64_t remaining = unread (found, source->size);
  uintptr_t factors = 0;
  bool whole = false;
  uint32_t crc = 0;
  int code = 0;
  if (fci_map_get (pool->plan->factors, &source->id, sizeof source->id, &factors))
    { /* factors are read repeatedly: one more complete read is cheap */
      remaining -= factors < remaining ? factors : remaining;
      whole = remaining <= SMALL_GAP || remaining <= source->size / GAP_SHARE;
      code = whole ? read_gap (pool, source, 0, source->size, &crc) : 0;
    }
  else if (found->n && (remaining <= SMALL_GAP || remaining <= source->size / GAP_SHARE))
    code = tile (pool, source, found, &whole, &crc);
  if (code != 0)
    return code;
  if (whole && crc != source->crc)
    return mismatch (pool, source, crc);
  (*(whole ? &outcome->crc_checked : &outcome->crc_unchecked))++;
  return 0;
}

int
fci_check_crcs (fci_pool *pool, fci_outcome *outcome)
{
  const fci_plan *plan = pool->plan;
  fci_crc_ranges all = { 0 };
  int code = plan->checked.n ? fci_crc_ranges_collect (pool, false, &all) : 0;
  for (size_t i = 0; i < plan->checked.n && code == 0; i++)
    {
      fci_crc_ranges found = pieces_of (&all, FCI_CHECKED (plan)[i]);
      code = check_source (pool, FCI_CHECKED (plan)[i], &found, outcome);
    }
  free (all.at);
  return code;
}

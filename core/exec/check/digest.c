/* core/exec/check/digest.c: writes the digests of regions, joined from the ranges that workers wrote, to the files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/check/digest.h"
#include "core/exec/check/stamps.h"
#include "core/exec/worker/crc-ranges.h"
#include "core/kernel/crc32.h"
#include <stdlib.h>

/* The written ranges of all regions, sorted. */
typedef struct sums
{
  fci_pool *pool;
  fci_stamps *stamps;
  fci_crc_ranges all;
  size_t *first; /* first range of each region by its number, and the end after the last */
} sums;

/* Finds the first range of each region.  Returns 0 or a code. */
static int
index_regions (sums *s, uint32_t n_wanted)
{
  size_t i = 0;
  s->first = calloc ((size_t) n_wanted + 2, sizeof *s->first);
  if (!s->first)
    {
      fci_nomem (s->pool->ctx);
      return FMTCONV_E_NOMEM;
    }
  for (size_t region = 1; region <= n_wanted; region++)
    {
      s->first[region] = i;
      while (i < s->all.n && s->all.at[i].of == region)
        i++;
    }
  s->first[(size_t) n_wanted + 1] = i;
  return 0;
}

/* Continues *crc with the checksum of a region, covered by disjoint ranges; number: that of the region in the plan. */
static int
add_region (const sums *s, const fci_region *region, size_t number, uint32_t *crc)
{
  uint64_t end = region->at;
  for (size_t i = s->first[number]; i < s->first[number + 1]; i++)
    {
      const fci_crc_range *piece = &s->all.at[i];
      if (piece->start != end)
        break;
      *crc = fci_crc32_combine (*crc, piece->crc, piece->end - piece->start);
      end = piece->end;
    }
  return end == region->at + region->size
             ? 0
             : fmtconv_fail (s->pool->ctx, FMTCONV_E_INTERNAL, "the checksum of a region is unknown");
}

/* Sets *crc to the checksum of the regions of a digest; before: regions with digests in all earlier layouts. */
static int
crc_of (const sums *s, const fci_region *digest, size_t before, uint32_t *crc)
{
  const fci_region *last = digest->u.digest.last;
  int code = 0;
  *crc = 0;
  for (const fci_region *region = digest->u.digest.first; code == 0; region = region->next)
    {
      if (region->kind != FCI_REGION_TIED)
        code = add_region (s, region, before + region->wanted, crc);
      if (region == last)
        break;
    }
  return code;
}

static int
fill (const sums *s)
{
  const fci_plan *plan = s->pool->plan;
  uint32_t crc;
  int code = 0;
  for (uint32_t i = 0; i < plan->files.n && code == 0; i++)
    {
      const fci_plan_file *f = &FCI_FILES (plan)[i];
      for (const fci_region *region = f->file->n_references ? f->file->first : NULL; region && code == 0;
           region = region->next)
        if (region->kind == FCI_REGION_DIGEST)
          {
            code = crc_of (s, region, f->wanted_before, &crc);
            code = code == 0 ? fci_stamps_put (s->stamps, i, region->at + region->u.digest.hole, crc) : code;
          }
    }
  code = code == 0 ? fci_stamps_flush (s->stamps) : code;
  return code == 0 ? fci_check_cancel (s->pool->ctx) : code;
}

/* Writes or compares all digests.  Returns 0 or a code. */
static int
each (fci_pool *pool, bool compares)
{
  uint32_t n = pool->plan->n_wanted;
  sums s = { .pool = pool, .stamps = n ? fci_stamps_new (pool, compares) : NULL };
  if (!s.stamps)
    return n ? FMTCONV_E_NOMEM : 0;
  int code = fci_crc_ranges_collect (pool, true, &s.all);
  if (code == 0)
    code = index_regions (&s, n);
  if (code == 0)
    code = fill (&s);
  free (s.first);
  free (s.all.at);
  free (s.stamps);
  return code;
}

int
fci_fill_digests (fci_pool *pool)
{
  return each (pool, false);
}

int
fci_verify_digests (fci_pool *pool)
{
  return each (pool, true);
}

/* core/layout/references.c: resolves region numbers of digests and tied tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/layout/layout.h"
#include "core/layout/references.h"
#include <stdlib.h>

static int
refer_tied (fmtconv_layout *layout, fci_region *region, fci_region **all)
{
  const fci_region *other = all[region->u.tensor.number];
  if (other->kind != FCI_REGION_TENSOR)
    return fmtconv_fail (layout->ctx, FMTCONV_E_INTERNAL, "'%s' is tied to a region that is not a tensor",
                         region->u.tensor.name);
  region->u.tensor.view = other->u.tensor.view;
  region->at = other->at;
  return 0;
}

/* Gives a number to each region of a digest, and points the digest to the first and last that own bytes. */
static int
refer_digest (fmtconv_layout *layout, fci_region *region, fci_region **all)
{
  const size_t first = region->u.digest.number, end = first + region->u.digest.n;
  region->u.digest.first = region->u.digest.last = NULL;
  for (size_t i = first; i < end; i++)
    {
      if (all[i]->kind == FCI_REGION_TIED)
        continue;
      if (all[i]->kind == FCI_REGION_DIGEST)
        return fmtconv_fail (layout->ctx, FMTCONV_E_INTERNAL, "a digest refers to a region that is a digest");
      if (!all[i]->wanted && layout->n_wanted == UINT32_MAX)
        return fmtconv_fail (layout->ctx, FMTCONV_E_LIMIT, "too many regions have digests");
      all[i]->wanted = all[i]->wanted ? all[i]->wanted : ++layout->n_wanted;
      region->u.digest.first = region->u.digest.first ? region->u.digest.first : all[i];
      region->u.digest.last = all[i];
    }
  return region->u.digest.first ? 0
                                : fmtconv_fail (layout->ctx, FMTCONV_E_INTERNAL,
                                                "a digest refers to a region that does not own bytes");
}

static int
resolve (fmtconv_layout *layout, const fmtconv_file *file)
{
  fci_region **all = malloc (file->n_regions * sizeof *all);
  size_t n = 0;
  int code = 0;
  if (!all)
    {
      fci_nomem (layout->ctx);
      return FMTCONV_E_NOMEM;
    }
  for (fci_region *region = file->first; region; region = region->next)
    all[n++] = region;
  for (fci_region *region = file->first; region && code == 0; region = region->next)
    if (region->kind == FCI_REGION_DIGEST)
      code = refer_digest (layout, region, all);
    else if (region->kind == FCI_REGION_TIED)
      code = refer_tied (layout, region, all);
  free (all);
  return code;
}

int
fci_layout_resolve (fmtconv_layout *layout)
{
  int code = 0;
  for (const fmtconv_file *file = layout->first; file && code == 0; file = file->next)
    if (file->n_references)
      code = resolve (layout, file);
  return code;
}

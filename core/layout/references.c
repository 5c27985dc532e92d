/* core/layout/references.c: resolves region numbers of digests and tied tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/layout/layout.h"
#include "core/layout/references.h"
#include <stdlib.h>

static int
refer (fmtconv_layout *layout, fci_region *region, fci_region *other)
{
  if (region->kind == FCI_REGION_TIED)
    {
      if (other->kind != FCI_REGION_TENSOR)
        return fmtconv_fail (layout->ctx, FMTCONV_E_INTERNAL, "'%s' is tied to a region that is not a tensor",
                             region->u.tensor.name);
      region->u.tensor.view = other->u.tensor.view;
      region->at = other->at;
      return 0;
    }
  if (other->kind == FCI_REGION_DIGEST || other->kind == FCI_REGION_TIED)
    return fmtconv_fail (layout->ctx, FMTCONV_E_INTERNAL,
                         "a digest refers to a region that does not own bytes");
  if (!other->wanted && layout->n_wanted == UINT32_MAX)
    return fmtconv_fail (layout->ctx, FMTCONV_E_LIMIT, "too many regions have digests");
  other->wanted = other->wanted ? other->wanted : ++layout->n_wanted;
  region->u.digest.region = other;
  return 0;
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
      code = refer (layout, region, all[region->u.digest.number]);
    else if (region->kind == FCI_REGION_TIED)
      code = refer (layout, region, all[region->u.tensor.number]);
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

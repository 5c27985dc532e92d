/* core/plugin/globs.c: parameters that select tensors by globs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/model/model.h"
#include <fmtconv/plugin.h>

size_t
fmtconv_globs_find (const fmtconv_pairs *globs, const char *name)
{
  size_t i = 0;
  while (i < globs->n && !fmtconv_glob_match (globs->value[i], name))
    i++;
  return i;
}

int
fmtconv_globs_match (const fmtconv_pairs *globs, const char *name)
{
  return fmtconv_globs_find (globs, name) < globs->n;
}

static bool
matches_any (const char *glob, const fmtconv_model *model)
{
  FCI_FOREACH_LEAF (leaf, model)
    FMTCONV_FOREACH (t, leaf)
      if (fmtconv_glob_match (glob, t->name))
        return true;
  return false;
}

int
fmtconv_globs_check (const fmtconv_pairs *globs, const fmtconv_model *model, const char *how)
{
  fmtconv_ctx *ctx = fci_model_ctx (model);
  size_t idle = 0;
  if (!globs->n)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no tensor is selected: give %s", how);
  for (size_t i = 0; i < globs->n; i++)
    if (!matches_any (globs->value[i], model) && ++idle)
      fmtconv_detail (ctx, "%s=%s", globs->key[i], globs->value[i]);
  if (!idle)
    return fmtconv_ctx_failed (ctx);
  return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                       idle == 1 ? "%zu glob matches no tensor:" : "%zu globs match no tensor:", idle);
}

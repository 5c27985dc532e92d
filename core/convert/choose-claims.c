/* core/convert/choose-claims.c: how several matches of one model relate: doubtful, components of a pipeline, or in conflict.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/convert/choose-private.h"
#include "core/convert/choose.h"
#include "core/convert/recognize.h"
#include "core/model/model.h"
#include <string.h>

bool
fci_claims_are_doubtful (const fci_claims *claims)
{
  return claims->n > claims->complete
         && claims->claim[claims->complete].plugin->transform->precedence
                >= claims->claim[0].plugin->transform->precedence;
}

bool
fci_claims_are_components (const fci_claims *claims)
{
  bool fits = claims->complete > 1 && claims->first == claims->complete && !fci_claims_are_doubtful (claims);
  for (size_t i = 0; fits && i < claims->complete; i++)
    for (size_t k = 0; fits && k < i; k++)
      fits = strcmp (claims->claim[i].plugin->transform->kind, claims->claim[k].plugin->transform->kind) != 0;
  return fits;
}

/* Returns whether two transforms take the same tensor. */
static bool
overlap (const fci_conversion *c, const fci_claim *a, const fci_claim *b)
{
  const size_t n = a->found.takes && b->found.takes ? fmtconv_model_count (c->model) : 0;
  for (size_t i = 0; i < n; i++)
    if (a->found.takes[i] && b->found.takes[i])
      return true;
  return false;
}

int
fci_claims_fail_several (const fci_conversion *c, const fci_claims *claims)
{
  for (size_t i = 1; i < claims->complete; i++)
    for (size_t k = 0; k < i; k++)
      if (overlap (c, &claims->claim[k], &claims->claim[i]))
        return fmtconv_fail_at (
            c->ctx, FMTCONV_E_UNSUPPORTED,
            &(fmtconv_where){
                .hint = "choose one with -t, or tell their model files apart by 'when' or 'unless'" },
            "two transforms recognize the same tensors: %s and %s", claims->claim[k].plugin->name,
            claims->claim[i].plugin->name);
  return fmtconv_fail (c->ctx, FMTCONV_E_UNSUPPORTED,
                       "the input holds several models, but the output holds one: choose one with -t");
}

/* core/base/state.c: state that a folder of the core keeps in a context.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/state.h"
#include <string.h>

/* A context has few states, so a list is fast enough. */
struct fci_kept
{
  const fci_state_key *key;
  void *state;
  struct fci_kept *next;
};

void *
fci_state_find (const fmtconv_ctx *ctx, const fci_state_key *key)
{
  const fci_kept *kept = ctx->kept;
  while (kept && kept->key != key && strcmp (kept->key->name, key->name) != 0)
    kept = kept->next;
  return kept ? kept->state : NULL;
}

void *
fci_state (fmtconv_ctx *ctx, const fci_state_key *key)
{
  void *state = fci_state_find (ctx, key);
  fci_kept *kept = state ? NULL : fci_new (ctx, fci_kept);
  if (!kept || !(state = fmtconv_ctx_alloc (ctx, 1, key->size)))
    return state;
  *kept = (fci_kept){ .key = key, .state = state, .next = ctx->kept };
  ctx->kept = kept;
  return state;
}

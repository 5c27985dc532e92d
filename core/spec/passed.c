/* core/spec/passed.c: who wrote the values that a spec passes to the variables of another.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/base/state.h"
#include "core/spec/passed.h"
#include <string.h>

/* The values of a context. */
typedef struct values
{
  fci_map *map; /* from "name=value" to fci_expanded */
} values;

static const fci_state_key values_key = { "spec/passed.c", sizeof (values) };

/* Adds the bytes that the spec wrote to those of an equal value that was passed before, so that the same text cannot be
 * taken for the user's. */
static int
join (fmtconv_ctx *ctx, fci_expanded *kept, fci_owner other)
{
  char *both = kept->owner.each && other.each ? fci_strdup (ctx, kept->owner.each) : NULL;
  for (size_t i = 0; both && both[i]; i++)
    both[i] = other.each[i] == FCI_BY_SPEC ? FCI_BY_SPEC : both[i];
  kept->owner =
      (fci_owner){ .each = both, .is_spec = !both }; /* one of them is all by a spec, if not both are mixed */
  return ctx->failed;
}

int
fci_passed_add (fmtconv_ctx *ctx, const char *name, const fci_expanded *value)
{
  uintptr_t old = 0;
  if (value->owner.each ? !strchr (value->owner.each, FCI_BY_SPEC) : !value->owner.is_spec)
    return 0;
  values *all = fci_state (ctx, &values_key);
  if (!all || (!all->map && !(all->map = fci_map_new (ctx))))
    return ctx->failed;
  const char *key = fmtconv_ctx_printf (ctx, "%s=%s", name, value->text);
  fci_expanded *kept = key ? fci_new (ctx, fci_expanded) : NULL;
  if (!kept)
    return ctx->failed;
  *kept = *value;
  if (!fci_map_add (all->map, key, strlen (key), (uintptr_t) kept, &old) && !ctx->failed)
    return join (ctx, (fci_expanded *) old, value->owner);
  return ctx->failed;
}

const fci_expanded *
fci_passed_find (fmtconv_ctx *ctx, const char *name, const char *value)
{
  uintptr_t kept = 0;
  const values *all = fci_state_find (ctx, &values_key);
  const char *key = all && all->map ? fmtconv_ctx_printf (ctx, "%s=%s", name, value) : NULL;
  return key && fci_map_get (all->map, key, strlen (key), &kept) ? (const fci_expanded *) kept : NULL;
}

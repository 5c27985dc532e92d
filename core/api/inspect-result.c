/* core/api/inspect-result.c: the result of fmtconv_inspect: kind, title, sizes and commands of a model as attributes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/inspect.h"
#include "core/api/parts.h"
#include "core/api/sanitize.h"
#include "core/api/shares.h"
#include "core/api/stats.h"
#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/model/scaling.h"
#include <string.h>

/* Returns whether an earlier transform has the kind of a claim. */
static bool
is_listed (const fci_claims *claims, size_t i)
{
  for (size_t k = 0; k < i; k++)
    if (!strcmp (claims->claim[k].plugin->transform->kind, claims->claim[i].plugin->transform->kind))
      return true;
  return false;
}

/* Lists the kinds that are converted by default; several if the user has to choose. */
static const char *
kind_of (const fci_inspection *s)
{
  const fci_claims *claims = s->is_made && s->others.complete ? &s->others : &s->claims;
  const char *kind = fci_inspect_is_bundle (s) ? "several components" : NULL;
  for (size_t i = 0; i < claims->first && !fci_inspect_is_bundle (s); i++)
    if (!is_listed (claims, i))
      kind = fmtconv_ctx_printf (s->ctx, "%s%s%s", kind ? kind : "", kind ? ", " : "",
                                 claims->claim[i].plugin->transform->kind);
  return kind ? kind : s->described.kind;
}

static void
add_scaled (fmtconv_attr *result, const fci_inspection *s)
{
  size_t n = 0;
  FCI_FOREACH_LEAF (leaf, s->stages[0])
    n += fci_model_scaled (leaf);
  if (n)
    fci_add_count (result, "scaled", n);
}

/* Returns the title of a model whose rules say whose names it has; NULL: they do not. */
static const char *
title_by_sides (const fci_inspection *s)
{
  const fmtconv_rules *rules = fci_inspect_rules_with_sides (s);
  const fmtconv_model *made = s->is_made ? s->origin : s->stages[1];
  const char *title =
      rules && made ? fmtconv_attr_get_string (fmtconv_model_attrs (made), "title", NULL) : NULL;
  if (!title)
    return NULL;
  const size_t n = strcspn (rules->sides, "|");
  return s->is_made ? fmtconv_ctx_printf (s->ctx, "%s, names of %s", title, rules->sides + n + 1)
                    : fmtconv_ctx_printf (s->ctx, "%s, names of %.*s", title, (int) n, rules->sides);
}

static const char *
title_of (const fci_inspection *s)
{
  const char *title = title_by_sides (s);
  for (int i = 1; i >= 0 && !title; i--)
    if (s->stages[i])
      title = fmtconv_attr_get_string (fmtconv_model_attrs (s->stages[i]), "title", NULL);
  if (!title)
    title = s->described.title;
  if (title)
    return title;
  size_t n = fci_model_tensors (s->stages[0]);
  const char *maker = s->is_made && !fci_inspect_is_bundle (s) ? s->claims.claim[0].plugin->name : NULL;
  return fmtconv_ctx_printf (s->ctx, "%zu tensor%s%s%s", n, n == 1 ? "" : "s",
                             maker ? ", as written by " : "", maker ? maker : "");
}

static void
add_list (fmtconv_attr *result, const fci_inspection *s)
{
  fmtconv_attr *list = fci_add_array (result, "list");
  FCI_FOREACH_LEAF (leaf, s->stages[0])
    FMTCONV_FOREACH (t, leaf)
      {
        const char *of = fmtconv_model_name (leaf);
        fci_add_tensor (fci_add_object (list),
                        *of ? fmtconv_ctx_printf (s->ctx, "%s/%s", of, t->name) : t->name, t->view);
      }
}

fmtconv_attr *
fci_inspect_result (const fci_inspection *s)
{
  const fmtconv_model *model = s->stages[0];
  fmtconv_attr *result = fmtconv_attr_object (s->ctx);
  fci_add_text (result, "path", s->path);
  fmtconv_attr_set_string (result, "format", s->reader.plugin->name);
  fmtconv_attr_set_string (result, "kind", kind_of (s));
  fci_add_text (result, "title", title_of (s));
  fci_add_count (result, "tensors", fci_model_tensors (model));
  fci_add_count (result, "bytes", fci_model_bytes (model));
  fci_add_count (result, "parameters", fci_model_elements (model));
  fci_add_dtypes (result, model);
  if (fci_inspect_is_bundle (s))
    fci_add_components (result, model);
  else
    fci_add_parts (result, &s->claims, s->stages, s->commands);
  fci_add_skipped (result, model);
  fci_add_storages (result, model);
  add_scaled (result, s);
  fci_add_sanitized (result, "attributes", fmtconv_model_attrs (model));
  if (*s->needs)
    fci_add_text (result, "needs", s->needs);
  fmtconv_attr *commands = fci_add_array (result, "convert");
  if (s->whole)
    fci_add_text (commands, NULL, s->whole);
  for (size_t i = 0; i < s->n_commands; i++)
    fci_add_text (commands, NULL, s->commands[i]);
  for (size_t i = 0; i < s->described.n; i++)
    fci_add_text (commands, NULL, fci_describe_command (s->ctx, &s->described, i, s->path));
  if (s->ctx->options.flags & FMTCONV_LIST)
    add_list (result, s);
  if (s->ctx->options.flags & FMTCONV_STATS)
    fci_add_stats (result, fmtconv_attr_get (result, "list"), model);
  return s->ctx->failed ? NULL : result;
}

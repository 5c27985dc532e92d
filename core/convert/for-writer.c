/* core/convert/for-writer.c: transforms that change their parameters, or join those that the user typed, for the writer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/choose.h"
#include "core/convert/for-writer.h"
#include "core/convert/recognize.h"
#include "core/plugin/params.h"
#include <string.h>

/* Returns whether the parameters as typed have one of two keys. */
static bool
has_key (fmtconv_ctx *ctx, const char *params, const char *key, const char *other)
{
  const char *found, *value;
  for (const char *at = params; at && *at && (at = fci_params_next (ctx, "", at, &found, &value));
       at += *at == ',')
    if (!strcmp (found, key) || !strcmp (found, other))
      return true;
  return false;
}

/* Adds the parameters in a text to a link that the user typed, without those that have a value there. */
static int
add_params (fmtconv_ctx *ctx, const char *text, fci_link *link)
{
  const char *key, *value, *params = link->params;
  for (const char *at = text; at && *at && (at = fci_params_next (ctx, "", at, &key, &value));
       at += *at == ',')
    if (!has_key (ctx, link->params, key, "reverse"))
      params = fmtconv_ctx_printf (ctx, "%s%s%s", params, *params ? "," : "",
                                   fci_params_pair (ctx, key, value ? value : "yes"));
  if (ctx->failed || params == link->params)
    return ctx->failed;
  fci_link made;
  if (!fci_link_make (ctx, FCI_TRANSFORM, link->plugin, params, &made))
    {
      made.component = link->component;
      *link = made;
    }
  return ctx->failed;
}

int
fci_links_for_writer (fmtconv_ctx *ctx, const char *writer, fci_links *links)
{
  for (size_t i = 0; i < links->n && !ctx->failed; i++)
    {
      fci_link *link = &links->link[i];
      const char *params = fci_transform_for_writer (link->plugin->transform, writer);
      if (params && !link->reverse)
        add_params (ctx, params, link);
    }
  return ctx->failed;
}

/* Returns whether the whole chain is the transform `name` of the model, once or more. */
static bool
is_only (const fci_links *links, const char *name, size_t n)
{
  for (size_t i = 0; i < links->n; i++)
    {
      const fci_link *link = &links->link[i];
      if (link->reverse || link->component || strlen (link->plugin->name) != n
          || strncmp (link->plugin->name, name, n) != 0)
        return false;
    }
  return links->n > 0;
}

int
fci_chain_around_types (fci_conversion *c)
{
  const char *after = c->only_model ? NULL : c->writer.plugin->writer->after;
  const size_t n = after ? strcspn (after, ": ") : 0;
  fci_links chosen = { 0 };
  if (!n || strchr (after, ' ') || !is_only (&c->chain, after, n))
    return 0;
  if (fci_chain_choose_for_writer (c, c->part->read, &chosen) || !chosen.n)
    return c->ctx->failed;
  for (size_t i = 0; i < c->chain.n; i++)
    {
      fci_link *link = fci_links_add (c->ctx, &chosen);
      if (!link)
        return c->ctx->failed;
      *link = c->chain.link[i];
      if (add_params (c->ctx, after + n + (after[n] == ':'), link))
        return c->ctx->failed;
    }
  c->chain = chosen;
  c->detected = true;
  return c->ctx->failed;
}

/* core/convert/for-writer.c: transforms that change their parameters, or join those that the user typed, for the writer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/around.h"
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

/* The parts of a typed chain: merges, a transform for the writer, and the writer's last one, once or more. */
typedef struct typed
{
  size_t merges;      /* how many */
  const fci_link *of; /* NULL: none */
  size_t last;        /* where the last ones begin */
} typed;

static bool
is_named (const fci_link *link, const char *name, size_t n)
{
  return strlen (link->plugin->name) == n && strncmp (link->plugin->name, name, n) == 0;
}

/* Finds the parts of the typed chain. Returns false if it has other links; last_name: n bytes. */
static bool
find_parts (const fci_conversion *c, const char *last_name, size_t n, typed *out)
{
  const fci_links *links = &c->chain;
  size_t i = 0;
  *out = (typed){ 0 };
  for (size_t k = 0; k < links->n; k++)
    if (links->link[k].reverse || links->link[k].component)
      return false;
  for (; i < links->n && links->link[i].plugin->transform->merges; i++)
    out->merges++;
  const fmtconv_transform *next = i < links->n ? links->link[i].plugin->transform : NULL;
  if (next && next->around && next->writer && !strcmp (next->writer, c->writer.plugin->name))
    out->of = &links->link[i++];
  for (out->last = i; i < links->n && is_named (&links->link[i], last_name, n);)
    i++;
  return links->n > 0 && i == links->n;
}

/* Appends a typed link. */
static fci_link *
append (fci_conversion *c, const fci_link *given, fci_links *to)
{
  fci_link *link = fci_links_add (c->ctx, to);
  if (link)
    *link = *given;
  return link;
}

/* Appends the typed transform for the writer, and what stands around it. */
static int
add_given (fci_conversion *c, const fci_link *given, fci_links *to)
{
  if (fci_chain_before (c, given->plugin->transform, to) || !append (c, given, to))
    return c->ctx->failed;
  return fci_chain_next (c, given->plugin->transform, to);
}

int
fci_chain_around_types (fci_conversion *c)
{
  const char *after = c->only_model ? NULL : c->writer.plugin->writer->after;
  const size_t n = after ? strcspn (after, ": ") : 0;
  typed parts;
  fci_links made = { 0 };
  if (!n || strchr (after, ' ') || !find_parts (c, after, n, &parts))
    return 0;
  for (size_t i = 0; i < parts.merges; i++)
    if (!append (c, &c->chain.link[i], &made))
      return c->ctx->failed;
  if (parts.of ? add_given (c, parts.of, &made) : fci_chain_choose_for_writer (c, c->part->read, &made))
    return c->ctx->failed;
  if (made.n == parts.merges)
    return 0;
  for (size_t i = parts.last; i < c->chain.n; i++)
    {
      fci_link *link = append (c, &c->chain.link[i], &made);
      if (!link || add_params (c->ctx, after + n + (after[n] == ':'), link))
        return c->ctx->failed;
    }
  c->is_for_writer = parts.last == c->chain.n;
  c->chain = made;
  c->detected = true;
  return c->ctx->failed;
}

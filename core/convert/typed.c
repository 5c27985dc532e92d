/* core/convert/typed.c: plugins and their parameters as typed, "NAME:key=value", become links.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/stage.h"
#include "core/convert/typed.h"
#include "core/plugin/params.h"
#include "core/plugin/registry.h"
#include <string.h>

/* Returns the position of the bare word "reverse" among the parameters, and in *next the end of it.
 * Returns NULL if it is absent. */
static const char *
find_reverse (fmtconv_ctx *ctx, const char *owner, const char *params, const char **next)
{
  const char *key, *value;
  for (const char *start = params; start && *start; start = *next)
    {
      *next = fci_params_next (ctx, owner, start, &key, &value);
      if (!*next)
        return NULL;
      *next += **next == ',';
      if (!value && !strcmp (key, "reverse"))
        return start;
    }
  return NULL;
}

/* Removes the bare word "reverse" from the parameters, unless it is a parameter of the plugin. Returns
 * whether it was there; reports a transform that cannot run in reverse. */
static bool
take_reverse (fmtconv_ctx *ctx, const fmtconv_plugin *plugin, fci_spec *spec)
{
  const char *owner = fci_plugin_title (ctx, "transform", plugin), *next = NULL;
  if (fci_params_find (plugin->transform->params, "reverse"))
    return false;
  const char *at = find_reverse (ctx, owner, spec->params, &next);
  if (!at)
    return false;
  const char *why = fci_transform_one_way (ctx, plugin);
  if (why)
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s does not run in reverse: %s", owner, why);
  size_t before = (size_t) (at - spec->params);
  if (!*next && before) /* remove the preceding comma, too */
    before--;
  spec->params = fmtconv_ctx_printf (ctx, "%.*s%s", (int) before, spec->params, next);
  return true;
}

int
fci_link_parse (fmtconv_ctx *ctx, const char *text, fci_role role, fci_link *out)
{
  fci_spec spec;
  if (fci_spec_parse (ctx, text, &spec))
    return ctx->failed;
  const fmtconv_plugin *plugin = fci_plugin_find (ctx, spec.name, role);
  if (!plugin)
    return ctx->failed;
  bool reverse = role == FCI_TRANSFORM && take_reverse (ctx, plugin, &spec);
  fci_link_make (ctx, role, plugin, spec.params, out);
  out->reverse = reverse;
  return ctx->failed;
}

/* "COMPONENT/NAME:key=value", or without COMPONENT/. */
static int
resolve_transform (fmtconv_ctx *ctx, const char *text, fci_link *out)
{
  size_t n = strcspn (text, "/:");
  const char *component = text[n] == '/' ? fci_strndup (ctx, text, n) : NULL;
  if (fci_link_parse (ctx, text + (text[n] == '/' ? n + 1 : 0), FCI_TRANSFORM, out))
    return ctx->failed;
  out->component = component;
  return 0;
}

int
fci_reader_parse (fmtconv_ctx *ctx, const char *text, fci_link *out)
{
  return fci_link_parse (ctx, text, FCI_READER, out);
}

int
fci_links_parse (fmtconv_ctx *ctx, const char *const *texts, size_t n, fci_links *out)
{
  for (size_t i = 0; i < n; i++)
    {
      out->none = !strcmp (texts[i], "none");
      if (out->none && n > 1)
        return fmtconv_fail (ctx, FMTCONV_E_USAGE, "-t none cannot be combined with other transforms");
      fci_link *link = out->none ? NULL : fci_links_add (ctx, out);
      if (!out->none && (!link || resolve_transform (ctx, texts[i], link)))
        return ctx->failed;
    }
  return 0;
}

/* core/convert/around.c: transforms that a writer wants around a transform that was chosen for it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/around.h"
#include "core/convert/typed.h"
#include "core/plugin/registry.h"
#include "core/plugin/suggest.h"
#include <string.h>
#include <strings.h>

/* Moves *at after the next word of a text. Returns the word; NULL: there is none, or memory is exhausted. */
static const char *
next_word (fmtconv_ctx *ctx, const char **at)
{
  const char *start = *at ? *at + strspn (*at, " ") : "";
  const size_t n = strcspn (start, " ");
  *at = start + n;
  return n ? fci_strndup (ctx, start, n) : NULL;
}

int
fci_chain_before (fci_conversion *c, fci_links *links)
{
  const char *at = c->writer.plugin->writer->before;
  for (const char *text; (text = next_word (c->ctx, &at));)
    if (fci_links_parse (c->ctx, &text, 1, links))
      break;
  return c->ctx->failed;
}

/* Returns the value in the list "a|b" that `text` spells, in any case; NULL: none, or memory is exhausted. */
static const char *
listed (fmtconv_ctx *ctx, const char *list, const char *text, size_t n)
{
  for (const char *at = list ? list : ""; *at; at += *at == '|')
    {
      const size_t len = strcspn (at, "|");
      if (len == n && !strncasecmp (at, text, n))
        return fci_strndup (ctx, at, len);
      at += len;
    }
  return NULL;
}

/* Returns the value with which the output's name ends: "q8_0" for "model-Q8_0.gguf"; NULL: none. */
static const char *
value_of_name (const fci_conversion *c, const char *values)
{
  const char *start = c->target, *dot = strrchr (start, '.');
  size_t n = dot && dot > start ? (size_t) (dot - start) : strlen (start);
  for (size_t i = 0; i < n; i++)
    if (strchr ("-.", start[i]))
      {
        start += i + 1;
        n -= i + 1;
        i = (size_t) -1;
      }
  return listed (c->ctx, values, start, n);
}

/* Returns the text of a transform with a value for its main parameter; NULL: an error. */
static const char *
with_value (fci_conversion *c, const char *text)
{
  const size_t len = strcspn (text, ":");
  const char *name = fci_strndup (c->ctx, text, len);
  const fmtconv_plugin *plugin = name ? fci_plugin_find (c->ctx, name, FCI_TRANSFORM) : NULL;
  if (!plugin || !plugin->transform->main)
    return plugin ? text : NULL;
  const char *key = fci_strndup (c->ctx, plugin->transform->main, strcspn (plugin->transform->main, "="));
  const char *value = c->job.dtype;
  if (!value && key)
    value = value_of_name (c, fci_suggested (c->ctx, plugin->transform->values, key));
  return fmtconv_ctx_printf (c->ctx, "%s:%s=%s%s%s", name, key, value ? value : "auto", text[len] ? "," : "",
                             text + len + (text[len] != 0));
}

int
fci_chain_after (fci_conversion *c, fci_links *links)
{
  const char *at = c->writer.plugin->writer->after;
  for (const char *text; (text = next_word (c->ctx, &at));)
    {
      if (!at[strspn (at, " ")])
        {
          text = with_value (c, text);
          c->job.dtype = NULL;
        }
      if (!text || fci_links_parse (c->ctx, &text, 1, links))
        break;
    }
  return c->ctx->failed;
}

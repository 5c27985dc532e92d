/* core/convert/around.c: transforms that a writer wants around a transform that was chosen for it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/around.h"
#include "core/convert/typed.h"
#include "core/plugin/registry.h"
#include "core/plugin/suggest.h"
#include "core/view/dtype.h"
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

/* Adds the transforms of a text, until one is "*". */
static int
add_words (fci_conversion *c, const char *at, fci_links *links)
{
  for (const char *text; (text = next_word (c->ctx, &at)) && strcmp (text, "*") != 0;)
    if (fci_links_parse (c->ctx, &text, 1, links))
      break;
  return c->ctx->failed;
}

/* Returns the transforms around one that is chosen for the writer. */
static const char *
around (const fci_conversion *c, const fmtconv_transform *chosen)
{
  return chosen && chosen->around ? chosen->around : c->writer.plugin->writer->before;
}

int
fci_chain_before (fci_conversion *c, const fmtconv_transform *chosen, fci_links *links)
{
  return add_words (c, around (c, chosen), links);
}

int
fci_chain_next (fci_conversion *c, const fmtconv_transform *chosen, fci_links *links)
{
  const char *before = around (c, chosen), *place = before ? strchr (before, '*') : NULL;
  return add_words (c, place ? place + 1 : NULL, links);
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

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

bool
fci_is_type_like (const char *word)
{
  const char *at = word + (*word && strchr ("iItT", *word));
  if (!*at || !strchr ("qQ", *at) || !is_digit (at[1]))
    return false;
  for (at++; is_digit (*at);)
    at++;
  return *at == '_';
}

/* Returns the value that a word of the output's name spells; NULL: none, or an error.  Fails if the word is a type, but not one
 * of the values: the output would have another type than its name says. */
static const char *
value_of_word (const fci_conversion *c, const char *values, const char *word)
{
  const uint32_t dtype = fci_dtype_named (word);
  const char *name = dtype ? fmtconv_dtype_get (dtype)->name : word; /* "f16" for "fp16" */
  const char *value = listed (c->ctx, values, name, strlen (name));
  if (value || c->ctx->failed || !(dtype || fci_is_type_like (word)))
    return value;
  const char *hint =
      fmtconv_ctx_printf (c->ctx, "end the name with one of %s, or choose a type with --dtype", values);
  fmtconv_fail_at (c->ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .hint = hint },
                   "the name of the output ends with '%s', but this type cannot be chosen by a name", word);
  return NULL;
}

/* Returns the value with which the output's name ends: "q8_0" for "model-Q8_0.gguf" and "model_Q8_0.gguf"; NULL: none, or an
 * error. */
static const char *
value_of_name (const fci_conversion *c, const char *values)
{
  const char *start = c->target, *dot = strrchr (start, '.'), *value = NULL;
  const size_t n = dot && dot > start ? (size_t) (dot - start) : strlen (start);
  char *name = fci_strndup (c->ctx, start, n), *word = name;
  for (char *at = name; at && *at; at++)
    if (strchr ("-.", *at))
      word = at + 1;
  while (values && word && !value && !c->ctx->failed)
    {
      value = value_of_word (c, values, word);
      word = strchr (word, '_');
      word += word != NULL;
    }
  return value;
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
  if (c->ctx->failed)
    return NULL;
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

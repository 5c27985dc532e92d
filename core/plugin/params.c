/* core/plugin/params.c: parses NAME:key=value,… into a plugin's struct.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/strbuf.h"
#include "core/base/text.h"
#include "core/plugin/params.h"
#include "core/plugin/search.h"
#include "core/plugin/values.h"
#include <string.h>

typedef struct parse
{
  fmtconv_ctx *ctx;
  const char *owner;
  const fmtconv_param *params;
  size_t n;
  bool *given; /* one per parameter */
  void *block; /* the plugin's struct */
} parse;

int
fci_spec_parse (fmtconv_ctx *ctx, const char *text, fci_spec *out)
{
  size_t len = strcspn (text, ":");
  if (!fci_plugin_name_ok (text, len))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "'%s' does not begin with a plugin name (a lower-case letter, then a-z, 0-9, '-'): "
                         "write NAME or NAME:key=value,key=value",
                         text);
  out->name = fci_strndup (ctx, text, len);
  out->params = fci_strdup (ctx, text[len] ? text + len + 1 : "");
  return fmtconv_ctx_failed (ctx);
}

/* Returns the end of the text from `at`: the first of `stops` without a backslash before it, or the final
 * NUL. */
static const char *
end_of_piece (const char *at, const char *stops)
{
  while (*at && !strchr (stops, *at))
    at += 1 + (*at == '\\' && at[1]);
  return at;
}

/* Sets *out to that text, unescaped.  Returns its end; NULL: an error was recorded. */
static const char *
take_piece (fmtconv_ctx *ctx, const char *owner, const char *at, const char *stops, char **out)
{
  const char *end = end_of_piece (at, stops);
  char *to = *out = fci_strndup (ctx, at, (size_t) (end - at));
  if (!to)
    return NULL;
  for (; at < end; at++)
    {
      if (*at == '\\' && (!at[1] || !strchr (",=:\\", *++at)))
        {
          fmtconv_fail (ctx, FMTCONV_E_USAGE,
                        "%s: a backslash may only precede a comma, '=', ':' or a backslash: "
                        "write two for a literal backslash",
                        owner);
          return NULL;
        }
      *to++ = *at;
    }
  *to = '\0';
  return end;
}

/* Returns the length of the prefix of a key that ends with ".*" ("metadata.*": 9), else 0. */
static size_t
stem (const fmtconv_param *param)
{
  size_t len = strlen (param->key);
  return len > 2 && !strcmp (param->key + len - 2, ".*") ? len - 1 : 0;
}

/* Returns whether a parameter takes all keys that other parameters do not have. */
static bool
takes_any_key (const fmtconv_param *param)
{
  return param->type == FMTCONV_PARAM_PAIRS && !strcmp (param->key, "*");
}

/* Returns whether `key` is in a list such as "rule|keep". */
static bool
is_listed (const char *list, const char *key)
{
  for (size_t n = strlen (key), len; *list; list += len + (list[len] == '|'))
    {
      len = strcspn (list, "|");
      if (len == n && !strncmp (list, key, n))
        return true;
    }
  return false;
}

const fmtconv_param *
fci_params_find (const fmtconv_param *params, const char *key)
{
  for (const fmtconv_param *param = params; param && param->key; param++)
    {
      size_t n = stem (param);
      if (n                                    ? !strncmp (key, param->key, n) && key[n]
          : takes_any_key (param)              ? *key != 0
          : param->type == FMTCONV_PARAM_PAIRS ? is_listed (param->key, key)
                                               : !strcmp (key, param->key))
        return param;
    }
  return NULL;
}

/* Lists the parameters of a table; their keys to `names`. */
static void
list_params (fmtconv_ctx *ctx, const fmtconv_param *params, const char **names)
{
  for (size_t i = 0; params && params[i].key; i++)
    {
      fmtconv_detail (ctx, "%s: %s", params[i].key, params[i].help ? params[i].help : "");
      if (names)
        names[i] = params[i].key;
    }
}

static int
unknown (const parse *p, const char *key)
{
  const char **names = fmtconv_ctx_alloc (p->ctx, p->n + 1, sizeof *names);
  if (!names)
    return fmtconv_ctx_failed (p->ctx);
  list_params (p->ctx, p->params, names);
  const char *suggestion = p->n ? fci_spell_nearest (key, names, p->n) : NULL;
  if (suggestion)
    return fmtconv_fail (p->ctx, FMTCONV_E_USAGE,
                         "%s has no parameter '%s': did you mean '%s'?  Its parameters:", p->owner, key,
                         suggestion);
  return fmtconv_fail (p->ctx, FMTCONV_E_USAGE, "%s has no parameter '%s'%s", p->owner, key,
                       p->n ? "; its parameters:" : "; it takes no parameters");
}

static int
repeated (const parse *p, const char *key)
{
  return fmtconv_fail (p->ctx, FMTCONV_E_USAGE, "%s: parameter '%s' is given twice", p->owner, key);
}

/* Appends a key and value; the arrays double at powers of two.  Returns 0 or a code. */
static int
add_pair (const parse *p, const fmtconv_param *param, const char *key, const char *value)
{
  fmtconv_pairs *pairs = (fmtconv_pairs *) (void *) ((char *) p->block + param->offset);
  const char *name = key + stem (param);
  bool once = stem (param) || takes_any_key (param);
  for (size_t i = 0; once && i < pairs->n; i++)
    if (!strcmp (pairs->key[i], name))
      return repeated (p, key);
  if (!(pairs->n & (pairs->n - 1)))
    {
      size_t capacity = pairs->n ? 2 * pairs->n : 1;
      const char **both = fmtconv_ctx_alloc (p->ctx, 2 * capacity, sizeof *both);
      if (!both)
        return fmtconv_ctx_failed (p->ctx);
      for (size_t i = 0; i < pairs->n; i++)
        {
          both[i] = pairs->key[i];
          both[capacity + i] = pairs->value[i];
        }
      pairs->key = both;
      pairs->value = both + capacity;
    }
  ((const char **) pairs->key)[pairs->n] = name;
  ((const char **) pairs->value)[pairs->n++] = value;
  return 0;
}

/* A word without '=': it is the key of a parameter that needs a value, or a value that needs a key. */
static int
lacks_equals (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *params, const char *word)
{
  if (fci_params_find (params, word))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s: '%s' needs a value: %s=VALUE", owner, word, word);
  if (!params || !params->key)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s takes no parameters, but '%s' was given", owner, word);
  if (!params[1].key && params->type != FMTCONV_PARAM_BOOL && params->type != FMTCONV_PARAM_CHOICE
      && !strpbrk (params->key, "|*"))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s: '%s' is not key=value: did you mean %s=%s?", owner, word,
                         params->key, word);
  list_params (ctx, params, NULL);
  return fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s: '%s' is not key=value; the parameters are:", owner, word);
}

/* Sets a parameter.  value NULL: a key without '=', which means yes.  Returns 0 or a code. */
static int
assign (const parse *p, const char *key, const char *value)
{
  const fmtconv_param *param = fci_params_find (p->params, key);
  if (!value && (!param || param->type != FMTCONV_PARAM_BOOL))
    return lacks_equals (p->ctx, p->owner, p->params, key);
  if (!param)
    return unknown (p, key);
  if (!value)
    value = "yes";
  if (param->type == FMTCONV_PARAM_PAIRS)
    return add_pair (p, param, key, value);
  if (p->given[param - p->params] && !fci_param_repeats (param))
    return repeated (p, key);
  p->given[param - p->params] = true;
  return fci_value_set (p->ctx, p->owner, param, value, p->block);
}

const char *
fci_params_next (fmtconv_ctx *ctx, const char *owner, const char *at, const char **key, const char **value)
{
  char *k, *v;
  at = take_piece (ctx, owner, at, "=,", &k);
  if (!at)
    return NULL;
  *key = k;
  *value = NULL;
  if (*at != '=' && *k)
    return at;
  if (!*k)
    {
      fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s: '%s' is not key=value", owner, at);
      return NULL;
    }
  at = take_piece (ctx, owner, at + 1, ",", &v);
  *value = v;
  return at;
}

static int
assign_all (const parse *p, const char *text)
{
  for (const char *at = text; *at;)
    {
      const char *key, *value;
      at = fci_params_next (p->ctx, p->owner, at, &key, &value);
      if (!at || assign (p, key, value))
        break;
      if (*at == ',' && !*++at)
        return fmtconv_fail (p->ctx, FMTCONV_E_USAGE, "%s: a parameter is missing after the last comma",
                             p->owner);
    }
  return fmtconv_ctx_failed (p->ctx);
}

/* Returns the text with a backslash before each character of `special`. */
static const char *
escape (fmtconv_ctx *ctx, const char *text, const char *special)
{
  char *escaped = fmtconv_ctx_alloc (ctx, strlen (text) + 1, 2), *to = escaped;
  for (; escaped && *text; *to++ = *text++)
    if (strchr (special, *text))
      *to++ = '\\';
  return escaped;
}

const char *
fci_params_pair (fmtconv_ctx *ctx, const char *key, const char *value)
{
  key = escape (ctx, key, ",=\\");
  value = escape (ctx, value, ",\\");
  return key && value ? fmtconv_ctx_printf (ctx, "%s=%s", key, value) : NULL;
}

const char *
fci_main_key (fmtconv_ctx *ctx, const char *main)
{
  return fci_strndup (ctx, main, strcspn (main, "="));
}

/* "to=bf16" of the word "bf16", unless the word is itself a key or there is no main parameter: then NULL. */
static const char *
spell_word (fmtconv_ctx *ctx, const fmtconv_param *params, const char *main, const char *word)
{
  const char *key = main && !fci_params_find (params, word) ? fci_main_key (ctx, main) : NULL;
  return key ? fci_params_pair (ctx, key, word) : NULL;
}

const char *
fci_params_spell (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *params, const char *main,
                  const char *text)
{
  fci_strbuf spelled = { .ctx = ctx };
  for (const char *at = text, *start = at; *at; start = at)
    {
      const char *key, *value;
      at = fci_params_next (ctx, owner, at, &key, &value);
      if (!at)
        return NULL;
      const char *pair = value ? NULL : spell_word (ctx, params, main, key);
      if (pair)
        fci_strbuf_add (&spelled, pair);
      else
        fci_strbuf_add_bytes (&spelled, start, (size_t) (at - start));
      if (*at == ',')
        fci_strbuf_add_bytes (&spelled, at++, 1);
    }
  return ctx->failed ? NULL : fci_strbuf_text (&spelled);
}

static int
assign_defaults (const parse *p)
{
  for (const fmtconv_param *param = p->params; param && param->key; param++)
    {
      bool has_default = param->otherwise && param->type != FMTCONV_PARAM_CHOICE;
      fci_value_unset (param, p->block);
      if (has_default && fci_value_set (p->ctx, p->owner, param, param->otherwise, p->block))
        return fmtconv_ctx_failed (p->ctx);
    }
  return fmtconv_ctx_failed (p->ctx);
}

const void *
fci_params_parse (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *params, const char *text)
{
  parse p = { .ctx = ctx, .owner = owner, .params = params };
  while (params && params[p.n].key)
    p.n++;
  p.given = fmtconv_ctx_alloc (ctx, p.n + 1, sizeof *p.given);
  p.block = fmtconv_ctx_alloc (ctx, 1, FCI_PARAMS_SIZE);
  if (!p.given || !p.block || assign_defaults (&p) || assign_all (&p, text))
    return NULL;
  return p.block;
}

const char *
fci_params_shared (fmtconv_ctx *ctx, const fmtconv_param *params, const char *text)
{
  const char *shared = "";
  for (const char *at = text ? text : "", *start = at; *at && shared; start = at)
    {
      const char *key, *value;
      at = fci_params_next (ctx, "", at, &key, &value);
      if (!at)
        return NULL;
      if (fci_params_find (params, key))
        shared = fmtconv_ctx_printf (ctx, "%s%s%.*s", shared, *shared ? "," : "", (int) (at - start), start);
      at += *at == ',';
    }
  return shared;
}

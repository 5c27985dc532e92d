/* core/rules/override.c: replaces values of a table by those of the user.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/strbuf.h"
#include "core/base/text.h"
#include "core/rules/file.h"
#include <string.h>

enum
{
  MOST = 64 /* names that are suggested */
};

/* Splits the first "name=expression" off .let. Returns the rest; NULL: there is none. */
static const char *
next_let (fmtconv_ctx *ctx, const char *s, const char **name, const char **value)
{
  s += strspn (s, " \n;");
  const size_t n = strcspn (s, " ="), end = strcspn (s, ";");
  const char *equals = strchr (s, '=');
  if (!*s || !equals)
    return NULL;
  *name = fci_strndup (ctx, s, n);
  *value = *name ? fci_strndup (ctx, equals + 1, (size_t) (s + end - equals - 1)) : NULL;
  return *value ? s + end : NULL;
}

/* Returns the value that the user gave, or NULL. */
static const char *
given (const fmtconv_pairs *values, const char *name)
{
  for (size_t i = 0; i < values->n; i++)
    if (!strcmp (values->key[i], name))
      return values->value[i];
  return NULL;
}

/* Fails unless the rules have each name. */
static int
check_names (fmtconv_ctx *ctx, const fmtconv_rules *rules, const fmtconv_pairs *values)
{
  const char *names[MOST], *ignored, *s = rules->let ? rules->let : "";
  size_t n = 0;
  while (n < MOST && (s = next_let (ctx, s, &names[n], &ignored)))
    n++;
  for (size_t i = 0; i < values->n && !ctx->failed; i++)
    {
      size_t k = 0;
      while (k < n && strcmp (names[k], values->key[i]))
        k++;
      const char *nearest = k == n ? fci_spell_nearest (values->key[i], names, n) : NULL;
      if (nearest)
        fmtconv_fail (ctx, FMTCONV_E_USAGE, "there is no value '%s': did you mean '%s'?", values->key[i],
                      nearest);
      else if (k == n)
        fmtconv_fail (ctx, FMTCONV_E_USAGE, "there is no value '%s'", values->key[i]);
    }
  return ctx->failed;
}

const fmtconv_rules *
fci_rules_with (fmtconv_ctx *ctx, const fmtconv_rules *rules, const fmtconv_pairs *values)
{
  fci_strbuf let = { .ctx = ctx };
  fmtconv_rules *changed = values->n ? fci_new (ctx, fmtconv_rules) : NULL;
  const char *name, *value, *s = rules->let ? rules->let : "";
  if (!values->n)
    return rules;
  if (!changed || check_names (ctx, rules, values))
    return NULL;
  while ((s = next_let (ctx, s, &name, &value)))
    {
      const char *own = given (values, name);
      if (own && strchr (own, ';'))
        {
          fmtconv_fail (ctx, FMTCONV_E_USAGE, "let.%s: a value cannot contain ';'", name);
          return NULL;
        }
      fci_strbuf_add_all (&let, name, "=", own ? own : value, "; ", NULL);
    }
  *changed = *rules;
  changed->let = fci_strbuf_text (&let);
  return ctx->failed ? NULL : changed;
}

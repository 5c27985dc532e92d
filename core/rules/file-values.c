/* core/rules/file-values.c: reads the values and the conditions of a file of rules.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/yaml-check.h"
#include "core/base/ctx.h"
#include "core/base/strbuf.h"
#include "core/rules/file-parts.h"
#include <string.h>

static fmtconv_ctx *
ctx_of (const fci_reading *r)
{
  return r->file.ctx;
}

/* Returns the text that the user gave for the name, or NULL. */
static const char *
given (const fci_reading *r, const char *name)
{
  for (size_t i = 0; r->values && i < r->values->n; i++)
    if (!strcmp (r->values->key[i], name))
      return r->values->value[i];
  return NULL;
}

/* Appends an expression to a list that ';' separates. */
static int
add_expression (const fci_reading *r, fci_strbuf *list, const fci_yaml *node, const char *text)
{
  if (strchr (text, ';'))
    return fci_yaml_fail (&r->file, node->at, "an expression cannot contain ';'");
  fci_strbuf_add_all (list, node->key ? node->key : "", node->key ? "=" : "", text, "; ", NULL);
  return fmtconv_ctx_failed (ctx_of (r));
}

/* A value that the file leaves open is an empty expression. */
static int
take_let (const fci_reading *r, const fci_yaml *node, fci_strbuf *list)
{
  const char *text = given (r, node->key);
  if (!text && node->kind == FCI_YAML_NULL)
    text = "";
  else if (!text && fci_yaml_is (&r->file, node, FCI_YAML_TEXT, node->key))
    return fmtconv_ctx_failed (ctx_of (r));
  return add_expression (r, list, node, text ? text : node->text);
}

/* Checks that the file has each name to which the user gave a value. */
static int
check_given (const fci_reading *r, const fci_yaml *lets)
{
  for (size_t i = 0; r->values && i < r->values->n; i++)
    {
      const fci_yaml *node = lets ? lets->first : NULL;
      while (node && strcmp (node->key, r->values->key[i]))
        node = node->next;
      if (node)
        continue;
      for (node = lets ? lets->first : NULL; node; node = node->next)
        fmtconv_detail (ctx_of (r), "%s", node->key);
      return fmtconv_fail (ctx_of (r), FMTCONV_E_USAGE, "%s has no value '%s' to change%s", r->file.path,
                           r->values->key[i], lets ? "; its values:" : "");
    }
  return 0;
}

int
fci_take_lets (const fci_reading *r, const fci_yaml *map)
{
  const fci_yaml *lets = fci_yaml_find (map, "let");
  fci_strbuf list = { .ctx = ctx_of (r) };
  if ((lets && fci_yaml_is (&r->file, lets, FCI_YAML_MAP, "let")) || check_given (r, lets))
    return fmtconv_ctx_failed (ctx_of (r));
  for (const fci_yaml *node = lets ? lets->first : NULL; node; node = node->next)
    if (take_let (r, node, &list))
      return fmtconv_ctx_failed (ctx_of (r));
  r->table->let = list.len ? fci_strbuf_text (&list) : NULL;
  return fmtconv_ctx_failed (ctx_of (r));
}

/* Adds a condition, or its opposite. */
static int
add_condition (const fci_reading *r, const fci_yaml *node, bool opposite, fci_strbuf *list)
{
  if (fci_yaml_is (&r->file, node, FCI_YAML_TEXT, "a condition"))
    return fmtconv_ctx_failed (ctx_of (r));
  if (!opposite)
    return add_expression (r, list, &(fci_yaml){ .at = node->at }, node->text);
  const char *text = fmtconv_ctx_printf (ctx_of (r), "!(%s)", node->text);
  return text ? add_expression (r, list, &(fci_yaml){ .at = node->at }, text)
              : fmtconv_ctx_failed (ctx_of (r));
}

/* Reads a condition, or a list of conditions. */
static int
add_conditions (const fci_reading *r, const fci_yaml *node, bool opposite, fci_strbuf *list)
{
  if (!node || node->kind == FCI_YAML_TEXT)
    return node ? add_condition (r, node, opposite, list) : 0;
  if (fci_yaml_is (&r->file, node, FCI_YAML_LIST, node->key))
    return fmtconv_ctx_failed (ctx_of (r));
  for (const fci_yaml *one = node->first; one; one = one->next)
    if (add_condition (r, one, opposite, list))
      break;
  return fmtconv_ctx_failed (ctx_of (r));
}

int
fci_take_conditions (const fci_reading *r, const fci_yaml *map)
{
  fci_strbuf list = { .ctx = ctx_of (r) };
  if (add_conditions (r, fci_yaml_find (map, "when"), false, &list)
      || add_conditions (r, fci_yaml_find (map, "unless"), true, &list))
    return fmtconv_ctx_failed (ctx_of (r));
  r->table->when = list.len ? fci_strbuf_text (&list) : NULL;
  fci_strbuf checks = { .ctx = ctx_of (r) };
  if (add_conditions (r, fci_yaml_find (map, "check"), false, &checks))
    return fmtconv_ctx_failed (ctx_of (r));
  r->table->check = checks.len ? fci_strbuf_text (&checks) : NULL;
  return fmtconv_ctx_failed (ctx_of (r));
}

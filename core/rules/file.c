/* core/rules/file.c: reads rule tables that people write, as strict YAML.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/attr/yaml-check.h"
#include "core/attr/yaml-node.h"
#include "core/attr/yaml-strict.h"
#include "core/base/ctx.h"
#include "core/base/strbuf.h"
#include "core/rules/rules.h"
#include "core/source/source.h"
#include <fmtconv/formats.h>
#include <string.h>

/* A table that is being read. */
typedef struct reading
{
  fci_yaml_file file;
  fmtconv_rules *table;
  const fmtconv_pairs *values; /* given by the user; may be NULL */
} reading;

static fmtconv_ctx *
ctx_of (const reading *r)
{
  return r->file.ctx;
}

/* Reads a text; leaves *out unchanged if the key is absent. */
static int
take_text (const reading *r, const fci_yaml *map, const char *key, const char **out)
{
  const fci_yaml *node = fci_yaml_find (map, key);
  if (!node)
    return 0;
  *out = node->text;
  return fci_yaml_is (&r->file, node, FCI_YAML_TEXT, key);
}

static int
take_bool (const reading *r, const fci_yaml *map, const char *key, unsigned *flags, unsigned bit)
{
  const fci_yaml *node = fci_yaml_find (map, key);
  bool value = false;
  if (node && fci_yaml_bool (&r->file, node, &value))
    return fmtconv_ctx_failed (ctx_of (r));
  *flags |= value ? bit : 0;
  return 0;
}

/* Reads `optional`: yes, no, or all. */
static int
take_optional (const reading *r, const fci_yaml *map, unsigned *flags)
{
  const fci_yaml *node = fci_yaml_find (map, "optional");
  if (!node || node->kind != FCI_YAML_TEXT || strcmp (node->text, "all") != 0)
    return take_bool (r, map, "optional", flags, FMTCONV_RULE_OPTIONAL);
  *flags |= FMTCONV_RULE_ALL_OR_NONE;
  return 0;
}

static int
take_axis (const reading *r, const fci_yaml *map, unsigned *axis)
{
  const fci_yaml *node = fci_yaml_find (map, "axis");
  if (!node)
    return 0;
  if (fci_yaml_is (&r->file, node, FCI_YAML_TEXT, "axis"))
    return fmtconv_ctx_failed (ctx_of (r));
  if (strlen (node->text) != 1 || *node->text < '0' || *node->text > '7')
    return fci_yaml_fail (&r->file, node->at, "axis must be a number from 0 to 7, not '%s'", node->text);
  *axis = (unsigned) (*node->text - '0');
  return 0;
}

static int
take_rule (const reading *r, const fci_yaml *node, fmtconv_rule *rule)
{
  static const char *const keys[] = {
    "from", "to", "shape", "parts", "pick", "ops", "why", "axis", "optional"
  };
  rule->line = (unsigned) node->at.line;
  if (fci_yaml_is (&r->file, node, FCI_YAML_MAP, "a rule")
      || fci_yaml_keys (&r->file, node, "a rule", keys, sizeof keys / sizeof *keys)
      || take_text (r, node, "from", &rule->from) || take_text (r, node, "to", &rule->to)
      || take_text (r, node, "shape", &rule->shape) || take_text (r, node, "pick", &rule->pick)
      || take_text (r, node, "ops", &rule->ops) || take_text (r, node, "why", &rule->why)
      || take_text (r, node, "parts", &rule->parts) || take_optional (r, node, &rule->flags))
    return fmtconv_ctx_failed (ctx_of (r));
  if (!rule->from)
    return fci_yaml_fail (&r->file, node->at, "a rule needs 'from', the names that it matches");
  if (!rule->to && !rule->why)
    return fci_yaml_fail (&r->file, node->at,
                          "a rule needs 'to', the new name, or 'why', the reason to drop the tensor");
  return take_axis (r, node, &rule->axis);
}

static int
take_rules (const reading *r, const fci_yaml *map)
{
  const fci_yaml *list = fci_yaml_find (map, "rules");
  if (!list)
    return fci_yaml_fail (&r->file, map->at, "the key 'rules' is missing");
  if (fci_yaml_is (&r->file, list, FCI_YAML_LIST, "rules"))
    return fmtconv_ctx_failed (ctx_of (r));
  fmtconv_rule *rules = fmtconv_ctx_alloc (ctx_of (r), list->n + 1, sizeof *rules), *next = rules;
  for (const fci_yaml *node = list->first; rules && node; node = node->next)
    if (take_rule (r, node, next++))
      break;
  r->table->rules = rules;
  return fmtconv_ctx_failed (ctx_of (r));
}

/* Reads `unmatched`: error, keep, or the reason to drop tensors that no rule takes. */
static int
take_unmatched (const reading *r, const fci_yaml *map)
{
  const char *word = "error";
  if (take_text (r, map, "unmatched", &word))
    return fmtconv_ctx_failed (ctx_of (r));
  r->table->unmatched = !strcmp (word, "error")  ? NULL
                        : !strcmp (word, "keep") ? FMTCONV_UNMATCHED_KEEP
                                                 : word;
  return 0;
}

/* ---- let and when */

/* Returns the text that the user gave for the name, or NULL. */
static const char *
given (const reading *r, const char *name)
{
  for (size_t i = 0; r->values && i < r->values->n; i++)
    if (!strcmp (r->values->key[i], name))
      return r->values->value[i];
  return NULL;
}

/* Appends an expression to a list that ';' separates. */
static int
add_expression (const reading *r, fci_strbuf *list, const fci_yaml *node, const char *text)
{
  if (strchr (text, ';'))
    return fci_yaml_fail (&r->file, node->at, "an expression cannot contain ';'");
  fci_strbuf_add_all (list, node->key ? node->key : "", node->key ? "=" : "", text, "; ", NULL);
  return fmtconv_ctx_failed (ctx_of (r));
}

/* A value that the file leaves open is an empty expression. */
static int
take_let (const reading *r, const fci_yaml *node, fci_strbuf *list)
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
check_given (const reading *r, const fci_yaml *lets)
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

static int
take_lets (const reading *r, const fci_yaml *map)
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

/* Reads `when`: a condition, or a list of conditions that must all hold. */
static int
take_when (const reading *r, const fci_yaml *map)
{
  const fci_yaml *when = fci_yaml_find (map, "when");
  fci_strbuf list = { .ctx = ctx_of (r) };
  if (!when || when->kind == FCI_YAML_TEXT)
    {
      r->table->when = when ? when->text : NULL;
      return 0;
    }
  if (fci_yaml_is (&r->file, when, FCI_YAML_LIST, "when"))
    return fmtconv_ctx_failed (ctx_of (r));
  for (const fci_yaml *node = when->first; node; node = node->next)
    if (fci_yaml_is (&r->file, node, FCI_YAML_TEXT, "a condition")
        || add_expression (r, &list, node, node->text))
      return fmtconv_ctx_failed (ctx_of (r));
  r->table->when = list.len ? fci_strbuf_text (&list) : NULL;
  return fmtconv_ctx_failed (ctx_of (r));
}

static int
take_table (const reading *r, const fci_yaml *map)
{
  static const char *const keys[] = { "fmtconv-rules", "prefix", "lists", "complete", "dense",
                                      "unmatched",     "rules",  "let",   "when" };
  const char *version = NULL;
  if (fci_yaml_is (&r->file, map, FCI_YAML_MAP, "a rules file")
      || fci_yaml_keys (&r->file, map, "a rules file", keys, sizeof keys / sizeof *keys)
      || take_text (r, map, "fmtconv-rules", &version))
    return fmtconv_ctx_failed (ctx_of (r));
  if (!version || strcmp (version, "1"))
    return fci_yaml_fail (&r->file, map->at, "a rules file must begin with 'fmtconv-rules: 1'");
  if (take_text (r, map, "prefix", &r->table->prefix) || take_text (r, map, "lists", &r->table->lists)
      || take_text (r, map, "complete", &r->table->complete)
      || take_bool (r, map, "dense", &r->table->dense, 1) || take_unmatched (r, map) || take_lets (r, map)
      || take_when (r, map))
    return fmtconv_ctx_failed (ctx_of (r));
  return take_rules (r, map);
}

const fmtconv_rules *
fmtconv_rules_read (fmtconv_input *in, const fmtconv_pairs *values)
{
  fmtconv_source *file = fmtconv_input_open (in);
  const fci_yaml *root = fci_yaml_strict (file, fmtconv_input_path (in));
  if (!root)
    return NULL;
  reading r = { .file = { .ctx = file->ctx, .path = fmtconv_input_path (in) },
                .table = fci_new (file->ctx, fmtconv_rules),
                .values = values };
  if (!r.table || take_table (&r, root))
    return NULL;
  r.table->source = r.file.path;
  return fci_rules_check (r.file.ctx, r.table) == 0 ? r.table : NULL;
}

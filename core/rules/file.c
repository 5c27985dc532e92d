/* core/rules/file.c: reads rule tables that people write, as strict YAML.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/attr/yaml-check.h"
#include "core/attr/yaml-node.h"
#include "core/attr/yaml-strict.h"
#include "core/base/ctx.h"
#include "core/rules/rules.h"
#include "core/source/source.h"
#include <string.h>

/* A table that is being read. */
typedef struct reading
{
  fci_yaml_file file;
  fmtconv_rules *table;
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
  static const char *const keys[] = { "from", "to", "shape", "pick", "ops", "why", "axis", "optional" };
  rule->line = (unsigned) node->at.line;
  if (fci_yaml_is (&r->file, node, FCI_YAML_MAP, "a rule")
      || fci_yaml_keys (&r->file, node, "a rule", keys, sizeof keys / sizeof *keys)
      || take_text (r, node, "from", &rule->from) || take_text (r, node, "to", &rule->to)
      || take_text (r, node, "shape", &rule->shape) || take_text (r, node, "pick", &rule->pick)
      || take_text (r, node, "ops", &rule->ops) || take_text (r, node, "why", &rule->why)
      || take_bool (r, node, "optional", &rule->flags, FMTCONV_RULE_OPTIONAL))
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

static int
take_table (const reading *r, const fci_yaml *map)
{
  static const char *const keys[] = { "fmtconv-rules", "prefix",    "lists", "complete",
                                      "dense",         "unmatched", "rules" };
  const char *version = NULL;
  if (fci_yaml_is (&r->file, map, FCI_YAML_MAP, "a rules file")
      || fci_yaml_keys (&r->file, map, "a rules file", keys, sizeof keys / sizeof *keys)
      || take_text (r, map, "fmtconv-rules", &version))
    return fmtconv_ctx_failed (ctx_of (r));
  if (!version || strcmp (version, "1"))
    return fci_yaml_fail (&r->file, map->at, "a rules file must begin with 'fmtconv-rules: 1'");
  if (take_text (r, map, "prefix", &r->table->prefix) || take_text (r, map, "lists", &r->table->lists)
      || take_text (r, map, "complete", &r->table->complete)
      || take_bool (r, map, "dense", &r->table->dense, 1) || take_unmatched (r, map))
    return fmtconv_ctx_failed (ctx_of (r));
  return take_rules (r, map);
}

const fmtconv_rules *
fmtconv_rules_read (fmtconv_input *in)
{
  fmtconv_source *file = fmtconv_input_open (in);
  const fci_yaml *root = fci_yaml_strict (file, fmtconv_input_path (in));
  if (!root)
    return NULL;
  reading r = { .file = { .ctx = file->ctx, .path = fmtconv_input_path (in) },
                .table = fci_new (file->ctx, fmtconv_rules) };
  if (!r.table || take_table (&r, root))
    return NULL;
  r.table->source = r.file.path;
  return fci_rules_check (r.file.ctx, r.table) == 0 ? r.table : NULL;
}

/* core/rules/file-pipeline.c: reads the components of a model file that describes a pipeline.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/attr/yaml-check.h"
#include "core/base/ctx.h"
#include "core/model/bundle.h"
#include "core/rules/file-parts.h"
#include <string.h>

static fmtconv_ctx *
ctx_of (const fci_reading *r)
{
  return r->file.ctx;
}

/* Reads the values that a component gives to names of its model file. */
static int
take_values (const fci_reading *r, const fci_yaml *node, fmtconv_pairs *out)
{
  const fci_yaml *lets = fci_yaml_find (node, "let");
  if (!lets || fci_yaml_is (&r->file, lets, FCI_YAML_MAP, "let"))
    return fmtconv_ctx_failed (ctx_of (r));
  const char **key = fmtconv_ctx_alloc (ctx_of (r), lets->n + 1, sizeof *key),
             **value = fmtconv_ctx_alloc (ctx_of (r), lets->n + 1, sizeof *value);
  for (const fci_yaml *let = lets->first; key && value && let; let = let->next, out->n++)
    {
      if (fci_yaml_is (&r->file, let, FCI_YAML_TEXT, let->key))
        return fmtconv_ctx_failed (ctx_of (r));
      key[out->n] = let->key;
      value[out->n] = let->text;
    }
  out->key = key;
  out->value = value;
  return fmtconv_ctx_failed (ctx_of (r));
}

/* Reads what converts a component: the name of a model file, and the prefix of the component's tensors. */
static int
take_model_of (const fci_reading *r, const fci_yaml *node, fmtconv_rules_component *part, fci_rules_part *its)
{
  const fci_yaml *optional = fci_yaml_find (node, "optional"), *files = fci_yaml_find (node, "files");
  bool is_optional = false, has_files = false;
  if (fci_take_text (r, node, "model", &its->model) || fci_take_text (r, node, "prefix", &part->prefix)
      || take_values (r, node, &its->let) || (optional && fci_yaml_bool (&r->file, optional, &is_optional)))
    return fmtconv_ctx_failed (ctx_of (r));
  part->flags = is_optional ? FMTCONV_RULE_OPTIONAL : 0;
  if (files && fci_yaml_bool (&r->file, files, &has_files))
    return fmtconv_ctx_failed (ctx_of (r));
  part->has_files = has_files;
  if (!its->model != !part->prefix)
    return fci_yaml_fail (&r->file, node->at, "a component has both 'model' and 'prefix', or neither");
  if (part->prefix && (!*part->prefix || strpbrk (part->prefix, "{}[]|/ ")))
    return fci_yaml_fail (&r->file, node->at, "'%s' is not a prefix of names", part->prefix);
  if (!its->model && (optional || fci_yaml_find (node, "let")))
    return fci_yaml_fail (&r->file, node->at, "'optional' and 'let' are of components with a 'model'");
  if (part->has_files && ((its->model && !is_optional) || fci_yaml_find (node, "config")))
    return fci_yaml_fail (&r->file, node->at,
                          "a component of files has no 'config', and a 'model' only with 'optional: yes'");
  return 0;
}

/* Adds the attributes of a component. */
static int
take_description (const fci_reading *r, const fci_yaml *node, fmtconv_attr *to)
{
  static const char *const keys[][2] = {
    { "library", "library" }, { "class", "class" }, { "file", "config-name" }, { "note", "note" }
  };
  const fci_yaml *config = fci_yaml_find (node, "config");
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    {
      const char *text = NULL;
      if (fci_take_text (r, node, keys[i][0], &text))
        return fmtconv_ctx_failed (ctx_of (r));
      if (text)
        fmtconv_attr_set_string (to, keys[i][1], text);
    }
  if (!config || fci_yaml_is (&r->file, config, FCI_YAML_MAP, "config"))
    return fmtconv_ctx_failed (ctx_of (r));
  const char *class = fmtconv_attr_get_string (to, "class", NULL);
  fmtconv_attr *made = fmtconv_attr_make (to, "config");
  if (class)
    fmtconv_attr_set_string (made, "_class_name", class);
  fmtconv_attr_overlay (made, fci_model_tree (r, config));
  return fmtconv_ctx_failed (ctx_of (r));
}

static int
take_component (const fci_reading *r, const fci_yaml *node, fmtconv_attr *all, fmtconv_rules_component *part,
                fci_rules_part *its)
{
  static const char *const keys[] = { "model", "prefix", "optional", "let",    "library",
                                      "class", "file",   "files",    "config", "note" };
  part->name = node->key;
  if (!fci_component_name_ok (node->key))
    return fci_yaml_fail (&r->file, node->key_at, "'%s' is not a valid component name", node->key);
  if (fci_yaml_is (&r->file, node, FCI_YAML_MAP, node->key)
      || fci_yaml_keys (&r->file, node, "a component", keys, sizeof keys / sizeof *keys)
      || take_model_of (r, node, part, its))
    return fmtconv_ctx_failed (ctx_of (r));
  return take_description (r, node, fmtconv_attr_make (all, node->key));
}

int
fci_take_pipeline (const fci_reading *r, const fci_yaml *map, fmtconv_attr *to)
{
  const fci_yaml *list = fci_yaml_find (map, "pipeline");
  if (!list || fci_yaml_is (&r->file, list, FCI_YAML_MAP, "pipeline"))
    return fmtconv_ctx_failed (ctx_of (r));
  fmtconv_rules_component *all = fmtconv_ctx_alloc (ctx_of (r), list->n + 1, sizeof *all), *part = all;
  fci_rules_part *its = fmtconv_ctx_alloc (ctx_of (r), list->n + 1, sizeof *its);
  r->about->parts = its;
  r->table->components = all;
  fmtconv_attr *attributes = fmtconv_attr_make (to, "components");
  size_t n_folders = 0;
  for (const fci_yaml *node = list->first; all && its && node; node = node->next, part++)
    {
      if (take_component (r, node, attributes, part, its++))
        break;
      n_folders += part->has_files;
      if (n_folders > FCI_MAX_FOLDERS)
        return fci_yaml_fail (&r->file, node->key_at, "a pipeline has at most %d components of files",
                              FCI_MAX_FOLDERS);
    }
  return fmtconv_ctx_failed (ctx_of (r));
}

/* A tensor of a component is not one of the table: what the component makes of it counts. */
int
fci_add_component_rules (const fci_reading *r, size_t n)
{
  size_t more = 0;
  for (const fmtconv_rules_component *part = r->table->components; part && part->name; part++)
    more++;
  fmtconv_rule *rules = more ? fmtconv_ctx_alloc (ctx_of (r), n + more + 1, sizeof *rules) : NULL;
  if (!rules)
    return fmtconv_ctx_failed (ctx_of (r));
  if (n)
    memcpy (rules, r->table->rules, n * sizeof *rules);
  for (size_t i = 0; i < n; i++)
    if (rules[i].to)
      return fci_yaml_fail (
          &r->file, (fci_yaml_pos){ .line = rules[i].line, .column = 1 },
          "the rules of a pipeline only drop tensors: components are converted by their models");
  for (const fmtconv_rules_component *part = r->table->components; part->name; part++)
    if (part->prefix)
      rules[n++] = (fmtconv_rule){ .from = fmtconv_ctx_printf (ctx_of (r), "/%s{x*}", part->prefix),
                                   .why = "no part of the component" };
  r->table->rules = rules;
  return fmtconv_ctx_failed (ctx_of (r));
}

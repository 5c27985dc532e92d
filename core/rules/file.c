/* core/rules/file.c: reads files of rules and model files, which people write, as strict YAML.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/attr/yaml-check.h"
#include "core/attr/yaml-node.h"
#include "core/attr/yaml-strict.h"
#include "core/base/ctx.h"
#include "core/rules/file-parts.h"
#include "core/rules/rules.h"
#include "core/source/folder.h"
#include "core/source/source.h"
#include <fmtconv/formats.h>
#include <string.h>

static fmtconv_ctx *
ctx_of (const fci_reading *r)
{
  return r->file.ctx;
}

/* Reads a text; leaves *out unchanged if the key is absent. */
int
fci_take_text (const fci_reading *r, const fci_yaml *map, const char *key, const char **out)
{
  const fci_yaml *node = fci_yaml_find (map, key);
  if (!node)
    return 0;
  *out = node->text;
  return fci_yaml_is (&r->file, node, FCI_YAML_TEXT, key);
}

static int
take_bool (const fci_reading *r, const fci_yaml *map, const char *key, unsigned *flags, unsigned bit)
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
take_optional (const fci_reading *r, const fci_yaml *map, unsigned *flags)
{
  const fci_yaml *node = fci_yaml_find (map, "optional");
  static const char *const words[] = { "no", "false", "yes", "true", "all" };
  static const unsigned bits[] = { 0, 0, FMTCONV_RULE_OPTIONAL, FMTCONV_RULE_OPTIONAL,
                                   FMTCONV_RULE_ALL_OR_NONE };
  for (size_t i = 0; node && node->kind == FCI_YAML_TEXT && i < sizeof words / sizeof *words; i++)
    if (!strcmp (node->text, words[i]))
      {
        *flags |= bits[i];
        return 0;
      }
  return node ? fci_yaml_fail (&r->file, node->at, "'optional' must be yes, no or all") : 0;
}

static int
take_axis (const fci_reading *r, const fci_yaml *map, unsigned *axis)
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

/* Checks the keys of a rule without a source. */
static int
check_make (const fci_reading *r, const fci_yaml *node, fmtconv_rule *rule)
{
  static const char *const others[] = { "from", "parts", "pick", "groups", "copies", "ops", "why", "axis" };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (fci_yaml_find (node, others[i]))
      return fci_yaml_fail (&r->file, node->at, "a rule with 'make' does not have '%s': it has no source",
                            others[i]);
  if (rule->flags & FMTCONV_RULE_ALL_OR_NONE)
    return fci_yaml_fail (&r->file, node->at, "'optional' of a rule with 'make' must be yes or no");
  rule->from = "";
  return 0;
}

static int
take_rule (const fci_reading *r, const fci_yaml *node, fmtconv_rule *rule)
{
  static const char *const keys[] = { "from", "to",   "shape",    "parts", "pick",  "groups", "ops",
                                      "why",  "axis", "optional", "make",  "dtype", "when",   "copies" };
  rule->line = (unsigned) node->at.line;
  if (fci_yaml_is (&r->file, node, FCI_YAML_MAP, "a rule")
      || fci_yaml_keys (&r->file, node, "a rule", keys, sizeof keys / sizeof *keys)
      || fci_take_text (r, node, "from", &rule->from) || fci_take_text (r, node, "to", &rule->to)
      || fci_take_text (r, node, "shape", &rule->shape) || fci_take_text (r, node, "pick", &rule->pick)
      || fci_take_text (r, node, "ops", &rule->ops) || fci_take_text (r, node, "why", &rule->why)
      || fci_take_text (r, node, "parts", &rule->parts) || fci_take_text (r, node, "groups", &rule->groups)
      || fci_take_text (r, node, "make", &rule->make) || fci_take_text (r, node, "dtype", &rule->dtype)
      || fci_take_text (r, node, "when", &rule->when) || fci_take_text (r, node, "copies", &rule->copies)
      || take_optional (r, node, &rule->flags))
    return fmtconv_ctx_failed (ctx_of (r));
  if (rule->make)
    return check_make (r, node, rule);
  if (rule->dtype)
    return fci_yaml_fail (&r->file, node->at,
                          "'dtype' is for a rule with 'make'; 'ops: cast TYPE' changes a tensor");
  if (!rule->from)
    return fci_yaml_fail (&r->file, node->at, "a rule needs 'from', the names that it matches");
  if (!rule->to && !rule->why)
    return fci_yaml_fail (&r->file, node->at,
                          "a rule needs 'to', the new name, or 'why', the reason to drop the tensor");
  return take_axis (r, node, &rule->axis);
}

static int
take_rules (const fci_reading *r, const fci_yaml *map)
{
  const fci_yaml *list = fci_yaml_find (map, "rules");
  if (!list && r->table->components)
    return fci_add_component_rules (r, 0);
  if (!list)
    return fci_yaml_fail (&r->file, map->at, "the key 'rules' is missing");
  if (fci_yaml_is (&r->file, list, FCI_YAML_LIST, "rules"))
    return fmtconv_ctx_failed (ctx_of (r));
  fmtconv_rule *rules = fmtconv_ctx_alloc (ctx_of (r), list->n + 1, sizeof *rules), *next = rules;
  for (const fci_yaml *node = list->first; rules && node; node = node->next)
    if (take_rule (r, node, next++))
      break;
  r->table->rules = rules;
  return fmtconv_ctx_failed (ctx_of (r)) ? fmtconv_ctx_failed (ctx_of (r))
                                         : fci_add_component_rules (r, list->n);
}

/* Reads `unmatched`: error, keep, or the reason to drop tensors that no rule takes. */
static int
take_unmatched (const fci_reading *r, const fci_yaml *map)
{
  const char *word = "error";
  if (fci_take_text (r, map, "unmatched", &word))
    return fmtconv_ctx_failed (ctx_of (r));
  r->table->unmatched = !strcmp (word, "error")  ? NULL
                        : !strcmp (word, "keep") ? FMTCONV_UNMATCHED_KEEP
                                                 : word;
  return 0;
}

/* The keys of both kinds of files. */
#define TABLE_KEYS "prefix", "lists", "unmatched", "rules", "let", "help", "when", "unless", "check"

static int
take_table (const fci_reading *r, const fci_yaml *map)
{
  static const char *const keys[] = { "fmtconv-rules", "complete", "dense", TABLE_KEYS };
  if (fci_yaml_keys (&r->file, map, "a rules file", keys, sizeof keys / sizeof *keys)
      || fci_take_text (r, map, "prefix", &r->table->prefix)
      || fci_take_text (r, map, "complete", &r->table->complete))
    return fmtconv_ctx_failed (ctx_of (r));
  return take_bool (r, map, "dense", &r->table->dense, 1);
}

static int
take_model (const fci_reading *r, const fci_yaml *map)
{
  static const char *const keys[] = { FCI_MODEL_KEYS, TABLE_KEYS };
  if (fci_yaml_keys (&r->file, map, "a model file", keys, sizeof keys / sizeof *keys))
    return fmtconv_ctx_failed (ctx_of (r));
  return fci_take_model (r, map);
}

/* Reads what stands in both kinds of files. */
static int
take_common (const fci_reading *r, const fci_yaml *map)
{
  if (fci_take_text (r, map, "lists", &r->table->lists) || take_unmatched (r, map) || fci_take_lets (r, map)
      || fci_take_conditions (r, map) || fci_take_places (r, map))
    return fmtconv_ctx_failed (ctx_of (r));
  return take_rules (r, map);
}

/* Reads the whole document. The first key says which kind of file it is. */
static int
take_file (const fci_reading *r, const fci_yaml *root)
{
  static const char model[] = "fmtconv-model";
  const char *version = NULL;
  if (fci_yaml_is (&r->file, root, FCI_YAML_MAP, "a rules file"))
    return fmtconv_ctx_failed (ctx_of (r));
  const bool is_model = fci_yaml_find (root, model) != NULL;
  if (fci_take_text (r, root, is_model ? model : "fmtconv-rules", &version))
    return fmtconv_ctx_failed (ctx_of (r));
  if (!version || strcmp (version, "1"))
    return fci_yaml_fail (&r->file, root->at,
                          is_model ? "a model file must begin with 'fmtconv-model: 1'"
                                   : "a rules file must begin with 'fmtconv-rules: 1'");
  if (is_model ? take_model (r, root) : take_table (r, root))
    return fmtconv_ctx_failed (ctx_of (r));
  return take_common (r, root);
}

/* ---- Faults */

static const fci_yaml *
child (const fci_yaml *list, size_t n)
{
  const fci_yaml *node = list ? list->first : NULL;
  for (; node && n; n--)
    node = node->next;
  return node;
}

/* Returns the n-th condition, of 'when', then of 'unless', then of 'check'. */
static const fci_yaml *
condition (const fci_yaml *root, size_t n)
{
  static const char *const keys[] = { "when", "unless", "check" };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    {
      const fci_yaml *node = fci_yaml_find (root, keys[i]);
      const size_t own = !node ? 0 : node->kind == FCI_YAML_LIST ? node->n : 1;
      if (n < own)
        return node->kind == FCI_YAML_LIST ? child (node, n) : node;
      n -= own;
    }
  return NULL;
}

static const fci_yaml *
attribute (const fci_yaml *root, const char *key)
{
  static const char *const maps[] = { "config", "gguf", "tensors" };
  for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
    {
      const fci_yaml *map = fci_yaml_find (root, maps[i]);
      const fci_yaml *entry = map && map->kind == FCI_YAML_MAP ? fci_yaml_find (map, key) : NULL;
      if (entry)
        return entry;
    }
  return fci_yaml_find (root, key);
}

/* Returns the node in which a fault is. */
static const fci_yaml *
place_of (const fci_yaml *root, const fci_rules_fault *fault)
{
  const fci_yaml *node = NULL;
  if (fault->rule)
    node = child (fci_yaml_find (root, "rules"), fault->rule - 1);
  else if (fault->part == FCI_PART_LET)
    node = child (fci_yaml_find (root, "let"), fault->number);
  else if (fault->part == FCI_PART_WHEN)
    node = condition (root, fault->number);
  else if (fault->part == FCI_PART_ATTRIBUTES)
    node = attribute (root, fault->attribute);
  return node ? node : root;
}

/* Compiles the table, and reports its fault at its place. */
static int
check (const fci_reading *r, const fci_yaml *root)
{
  fci_rules_fault fault;
  if (fci_rules_find_fault (ctx_of (r), r->table, &fault) || !fault.what)
    return fmtconv_ctx_failed (ctx_of (r));
  return fci_yaml_fail (&r->file, place_of (root, &fault)->at, "%s", fault.what);
}

int
fci_rules_file_read (fmtconv_input *in, const fmtconv_pairs *values, fci_rules_file *out)
{
  fmtconv_source *file = fmtconv_input_open (in);
  const char *path = file ? fmtconv_input_path (in) : NULL;
  const fci_yaml *root = fci_yaml_strict (file, path);
  *out = (fci_rules_file){ 0 };
  if (!root)
    return in ? fmtconv_ctx_failed (fci_input_ctx (in)) : FMTCONV_E_NOMEM;
  fci_reading r = { .file = { .ctx = file->ctx, .path = path },
                    .table = fci_new (file->ctx, fmtconv_rules),
                    .about = out,
                    .values = values };
  if (!r.table || take_file (&r, root))
    return file->ctx->failed;
  r.table->source = path;
  out->path = path;
  out->map = root;
  out->rules = r.table;
  return check (&r, root);
}

int
fci_rules_file_check_name (fmtconv_ctx *ctx, const fci_rules_file *file, const char *stem)
{
  if (!file->name || !strcmp (file->name, stem))
    return 0;
  return fci_yaml_fail (&(fci_yaml_file){ .ctx = ctx, .path = file->path },
                        fci_yaml_find (file->map, "name")->at,
                        "the name is '%s', but the file is %s.yaml: both must be equal", file->name, stem);
}

const fmtconv_rules *
fmtconv_rules_read (fmtconv_input *in, const fmtconv_pairs *values)
{
  fci_rules_file read;
  if (fci_rules_file_read (in, values, &read))
    return NULL;
  if (!read.parts)
    return read.rules;
  fmtconv_fail_at (fci_input_ctx (in), FMTCONV_E_USAGE,
                   &(fmtconv_where){ .hint = "add its folder to FMTCONV_MODEL_PATH, and use it by its name" },
                   "%s describes a pipeline, whose components are converted by other model files",
                   fmtconv_input_path (in));
  return NULL;
}

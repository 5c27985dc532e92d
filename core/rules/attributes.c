/* core/rules/attributes.c: the attributes of the output, config.json among them, from a JSON text with expressions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/base/strbuf.h"
#include "core/model/description.h"
#include "core/model/model.h"
#include "core/rules/attributes.h"
#include "core/rules/env.h"
#include "core/rules/keys.h"
#include "core/rules/let.h"
#include "core/rules/no-value.h"
#include "core/rules/rules.h"
#include "core/rules/template.h"
#include <string.h>

enum
{
  LONGEST_ARRAY = 4096
};

/* Returns the tree that .attributes holds; NULL: *why is the reason, or NULL if there is none. */
static fmtconv_attr *
parse (const fci_table *table, const char **why)
{
  const char *text = table->declared->attributes;
  *why = NULL;
  fmtconv_attr *tree = text ? fmtconv_attr_parse_json (table->ctx, text, why) : NULL;
  if (tree && tree->kind != FMTCONV_ATTR_OBJECT)
    *why = "it is not an object";
  return *why ? NULL : tree;
}

/* ---- Checking */

static bool
check_piece (fci_table *table, const fci_template_piece *piece)
{
  for (unsigned i = 0; i < piece->n_exprs; i++)
    if (!fci_table_check_result (table, piece->expr[i]))
      return false;
  return true;
}

static bool
check_text (fci_table *table, const fmtconv_attr *node)
{
  fci_template_piece piece;
  for (const char *at = node->v.s; *at;)
    {
      const char *why = fci_template_next (table->arena, &at, &piece);
      if (why)
        return fci_table_bad (table, 0, ".attributes '%s': '%.80s': %s", table->attribute, node->v.s, why);
      if (!check_piece (table, &piece))
        return false;
    }
  return true;
}

static bool
check_tree (fci_table *table, const fmtconv_attr *node)
{
  if (node->key)
    table->attribute = node->key;
  if (node->kind == FMTCONV_ATTR_STRING)
    return check_text (table, node);
  const bool holds = node->kind == FMTCONV_ATTR_OBJECT || node->kind == FMTCONV_ATTR_ARRAY;
  for (const fmtconv_attr *child = holds ? node->first : NULL; child; child = child->next)
    if (!check_tree (table, child))
      return false;
  return true;
}

bool
fci_table_attributes (fci_table *table)
{
  const char *why = NULL;
  fmtconv_attr *tree = table->env ? NULL : parse (table, &why);
  if (why)
    return fci_table_bad (table, 0, ".attributes: %s", why);
  table->part = FCI_PART_ATTRIBUTES;
  table->attribute = "";
  const bool is_fine = !tree || check_tree (table, tree);
  table->part = is_fine ? FCI_PART_OTHER : table->part;
  return is_fine;
}

/* ---- Computing */

/* Returns the node of a value. */
static fmtconv_attr *
node_of (fmtconv_ctx *ctx, const fci_expr_value *value)
{
  static const unsigned kinds[] = {
    [FCI_VALUE_NUMBER] = FMTCONV_ATTR_INT,
    [FCI_VALUE_TRUTH] = FMTCONV_ATTR_BOOL,
    [FCI_VALUE_NULL] = FMTCONV_ATTR_NULL,
    [FCI_VALUE_REAL] = FMTCONV_ATTR_FLOAT,
  };
  if (value->type == FCI_VALUE_NODE)
    return (fmtconv_attr *) value->node; /* who keeps it copies it */
  if (value->type == FCI_VALUE_TEXT)
    return fci_attr_string (ctx, value->text.at, value->text.len);
  fmtconv_attr *node = fci_attr_new (ctx, kinds[value->type]);
  if (node && value->type == FCI_VALUE_REAL)
    node->v.f = value->real;
  else if (node && value->type != FCI_VALUE_NULL)
    node->v.i = value->number;
  return node;
}

/* Reports an expression without a value: the first in the error, the others below it. */
static void
fail_value (fci_rule_run *run, const fci_template_piece *piece, const char *reason)
{
  if (run->silent || run->no_value.what)
    fci_rule_run_problem (run, FCI_PROBLEM_CONDITION, "%s '%.*s': %s", run->table.attribute,
                          (int) piece->text.len, piece->text.at, reason);
  else
    {
      run->problems[FCI_PROBLEM_CONDITION]++;
      fci_no_value_describe (run, piece, reason);
    }
}

/* Returns an array of numbers with equal distances; NULL: it has no value (reported), or out of memory. */
static fmtconv_attr *
range_value (fci_rule_run *run, const fci_template_piece *piece)
{
  int64_t bound[FCI_TEMPLATE_EXPRS] = { 0, 0, 1, INT64_MAX }; /* first, last, step, largest */
  for (unsigned i = 0; i < piece->n_exprs; i++)
    if (!fci_rule_run_number (run, piece->expr[i], &bound[i]))
      {
        fail_value (run, piece, run->reason);
        return NULL;
      }
  const int64_t first = bound[0], last = bound[1], step = bound[2], largest = bound[3];
  uint64_t n = 0;
  if (step <= 0)
    fail_value (run, piece, "the step of an array is not above 0");
  else if (first <= last && (n = ((uint64_t) last - (uint64_t) first) / (uint64_t) step + 1) > LONGEST_ARRAY)
    fail_value (run, piece, "an array is longer than 4096 numbers");
  else
    {
      fmtconv_attr *array = fci_attr_new (run->ctx, FMTCONV_ATTR_ARRAY);
      for (uint64_t i = 0; array && i < n; i++)
        {
          const int64_t number = first + (int64_t) i * step;
          fmtconv_attr_set_int (array, NULL, number < largest ? number : largest);
        }
      return array;
    }
  return NULL;
}

/* Returns the value of an expression; NULL: it has none (reported), or out of memory. */
static fmtconv_attr *
expr_value (fci_rule_run *run, const fci_template_piece *piece)
{
  fci_expr_env env = fci_rule_run_env (run);
  fci_expr_value value = { 0 };
  if (piece->n_exprs > 1)
    return range_value (run, piece);
  if (fci_expr_eval (&env, piece->expr[0], &value) == FCI_EXPR_KNOWN)
    return node_of (run->ctx, &value);
  fail_value (run, piece, env.reason);
  return NULL;
}

static void
add_value (fci_strbuf *to, fmtconv_attr *value)
{
  if (value && value->kind == FMTCONV_ATTR_STRING)
    fci_strbuf_add (to, value->v.s);
  else if (value)
    fci_strbuf_add (to, fmtconv_attr_json_text (value, 0));
}

/* Returns the value of a string: of its expression, or a text with the values of its expressions. */
static fmtconv_attr *
text_value (fci_rule_run *run, const fmtconv_attr *node)
{
  fci_strbuf text = { .ctx = run->ctx };
  fci_template_piece piece;
  for (const char *at = node->v.s; *at;)
    {
      const bool is_first = at == node->v.s;
      if (fci_template_next (&run->arena, &at, &piece))
        return NULL; /* refused when the table was checked */
      if (!piece.n_exprs)
        {
          fci_strbuf_add_bytes (&text, piece.text.at, piece.text.len);
          continue;
        }
      fmtconv_attr *value = expr_value (run, &piece);
      if (is_first && !*at)
        return value;
      add_value (&text, value);
    }
  return fci_attr_string (run->ctx, text.len ? fci_strbuf_text (&text) : "", text.len);
}

/* Replaces the texts in a tree by their values. */
static fmtconv_attr *
tree_value (fci_rule_run *run, fmtconv_attr *node)
{
  if (node->key)
    run->table.attribute = node->key;
  if (node->kind == FMTCONV_ATTR_STRING)
    return text_value (run, node);
  if (node->kind != FMTCONV_ATTR_OBJECT && node->kind != FMTCONV_ATTR_ARRAY)
    return node;
  fmtconv_attr *made = fci_attr_new (run->ctx, node->kind);
  for (fmtconv_attr *child = node->first; made && child; child = child->next)
    {
      fmtconv_attr *value = tree_value (run, child);
      if (value)
        fmtconv_attr_set (made, child->key, value);
    }
  return made;
}

/* ---- Comparing, in reverse */

static double
number_of (const fmtconv_attr *node)
{
  return node->kind == FMTCONV_ATTR_FLOAT  ? node->v.f
         : node->kind == FMTCONV_ATTR_UINT ? (double) node->v.u
                                           : (double) node->v.i;
}

static bool
is_number (const fmtconv_attr *node)
{
  return node->kind == FMTCONV_ATTR_INT || node->kind == FMTCONV_ATTR_UINT
         || node->kind == FMTCONV_ATTR_FLOAT;
}

/* Returns whether the two say the same; null says nothing. */
static bool
agree (fmtconv_attr *a, fmtconv_attr *b)
{
  if (a->kind == FMTCONV_ATTR_NULL || b->kind == FMTCONV_ATTR_NULL)
    return true;
  if (is_number (a) && is_number (b))
    return !(number_of (a) < number_of (b)) && !(number_of (a) > number_of (b));
  const char *x = fmtconv_attr_json_text (a, 0), *y = fmtconv_attr_json_text (b, 0);
  return x && y && !strcmp (x, y);
}

/* Notes the entries of the input's configuration that the output has no place for. */
static void
note_lost (const fci_rule_run *run, const fmtconv_attr *config, fmtconv_attr *made)
{
  size_t n = 0;
  for (const fmtconv_attr *entry = config->first; entry; entry = entry->next)
    if (*entry->key != '_' && !fmtconv_attr_get (made, entry->key))
      {
        fmtconv_detail (run->ctx, "%s", entry->key);
        n++;
      }
  if (n)
    fmtconv_note (run->ctx, "config.json: left out %zu entr%s that the output has no place for:", n,
                  n == 1 ? "y" : "ies");
}

/* Returns whether the input's configuration is already that of the output: the names of both sides are equal. */
static bool
is_converted (const fci_rule_run *run)
{
  static const char key[] = "_class_name";
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (run->in), "config"),
               *made = fmtconv_attr_get (run->attributes, "config");
  const char *class = made ? fmtconv_attr_get_string (made, key, NULL) : NULL;
  return config && class && !strcmp (fmtconv_attr_get_string (config, key, ""), class);
}

/* Compares the entries of the input's configuration that the rules know. */
static void
compare_config (fci_rule_run *run)
{
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (run->in), "config"),
               *made = fmtconv_attr_get (run->attributes, "config");
  if (config && made && run->table.reverse)
    note_lost (run, config, made);
  for (fmtconv_attr *entry = config && made ? config->first : NULL; entry; entry = entry->next)
    {
      fmtconv_attr *own = fmtconv_attr_get (made, entry->key);
      if (own && !agree (own, entry))
        fci_rule_run_problem (run, FCI_PROBLEM_CONFIG, "%s: %s in config.json, %s by the tensors", entry->key,
                              fmtconv_attr_json_text (entry, 0), fmtconv_attr_json_text (own, 0));
    }
}

void
fci_rule_run_attributes (fci_rule_run *run)
{
  const char *why = NULL;
  fmtconv_attr *tree = parse (&run->table, &why);
  if (!run->is_for_comfy)
    fmtconv_attr_unset (tree, FCI_COMFY);
  run->has_keys = tree && fci_rule_has_keys (tree);
  if (run->has_keys)
    fci_rule_keys_choose (tree, run->table.reverse);
  run->attributes = tree ? tree_value (run, tree) : NULL;
  if (run->attributes && run->has_keys)
    fci_rule_run_keys (run);
  else if (run->attributes && (run->table.reverse || is_converted (run)))
    compare_config (run);
}

/* Returns whether a computed attribute describes the input alone. */
static bool
is_of_input (const fci_rule_run *run, const char *key)
{
  if (run->has_keys)
    return run->table.reverse && !strcmp (key, "architecture");
  return (run->table.reverse || run->keeps) && strcmp (key, "title") != 0 && strcmp (key, "architecture") != 0
         && strcmp (key, FCI_COMFY) != 0;
}

/* Keeps the entries of a configuration that is already that of the output. */
static void
keep_config (fci_rule_run *run)
{
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (run->in), "config"),
               *made = fmtconv_attr_get (run->attributes, "config");
  for (fmtconv_attr *entry = config->first; entry; entry = entry->next)
    if (!fmtconv_attr_get (made, entry->key))
      fmtconv_attr_set (made, entry->key, entry);
}

/* Gives the file the architecture that ComfyUI-GGUF knows such models by. */
static void
name_for_comfy (fci_rule_run *run)
{
  fmtconv_attr *comfy = run->is_for_comfy ? fmtconv_attr_get (run->attributes, FCI_COMFY) : NULL;
  const char *name = fmtconv_attr_get_string (comfy, "architecture", NULL);
  if (name)
    fmtconv_attr_set_string (run->attributes, "architecture", name);
}

/* Prints what people should know of the output, which does not have this member. */
static void
print_note (const fci_rule_run *run)
{
  const char *note = fmtconv_attr_get_string (run->attributes, "note", "");
  if (*note && !run->table.reverse && !run->keeps)
    fmtconv_note (run->ctx, "%s", note);
  fmtconv_attr_unset (run->attributes, "note");
}

void
fci_rule_run_put_attributes (fci_rule_run *run)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (run->out);
  if (run->attributes && !run->has_keys && !run->table.reverse && is_converted (run))
    keep_config (run);
  if (run->attributes)
    fci_model_forget_description (run->out);
  if (run->has_keys)
    {
      fci_rule_run_put_tensors (run);
      fci_rule_run_put_keys (run);
    }
  name_for_comfy (run);
  print_note (run);
  for (fmtconv_attr *node = run->attributes ? run->attributes->first : NULL, *next; node; node = next)
    {
      next = node->next;
      if (is_of_input (run, node->key))
        fmtconv_attr_unset (attrs, node->key);
      else
        fmtconv_attr_set (attrs, node->key, node);
    }
}

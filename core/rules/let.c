/* core/rules/let.c: parses the values and conditions of a table, and checks the names that expressions use.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/let.h"
#include "core/rules/lists.h"
#include <ctype.h>
#include <string.h>

enum
{
  SHOWN = 80,        /* bytes of an expression in a message */
  LOOKS_AT_NAMES = 6 /* position of the first such function */
};

/* What an expression may name. */
typedef struct scope
{
  const fci_table *table;
  unsigned n_lets; /* those that may be used */
  bool variables;  /* shape variables and counts may be used */
  bool is_often;   /* it is evaluated for every tensor: no function that looks at all names */
  fci_text_span unknown;
} scope;

fci_let *
fci_table_let (fci_table *table, fci_text_span name)
{
  for (unsigned i = 0; i < table->n_lets; i++)
    if (fci_text_span_equal (table->let[i].name, name))
      return &table->let[i];
  return NULL;
}

/* Parses an expression up to ';', and moves *s after it. */
static bool
parse (fci_table *table, const char *what, const char **s, const fci_expr **expr)
{
  const char *start = *s, *end = start + strcspn (start, ";");
  const char *error = fci_expr_parse (table->arena, s, end, true, expr);
  if (error || *s != end)
    return fci_table_bad (table, 0, "%s '%.*s': %s", what, end - start < SHOWN ? (int) (end - start) : SHOWN,
                          start, error ? error : "an unexpected character");
  *s += **s == ';';
  return true;
}

static size_t
name_length (const char *s)
{
  size_t n = 0;
  while (isalnum ((unsigned char) s[n]) || s[n] == '_')
    n++;
  return isdigit ((unsigned char) *s) ? 0 : n;
}

bool
fci_table_lets (fci_table *table)
{
  for (const char *s = table->declared->let; s && *(s += strspn (s, " \n"));)
    {
      const fci_text_span name = { s, name_length (s) };
      const char *equals = s + name.len + strspn (s + name.len, " ");
      table->part = FCI_PART_LET;
      table->number = table->n_lets;
      if (!name.len || *equals != '=')
        return fci_table_bad (table, 0, ".let is not of the form 'name=expression; …'");
      if (fci_table_let (table, name) || table->n_lets == FCI_MAX_LETS)
        return fci_table_bad (table, 0, ".let '%.*s': %s", (int) name.len, name.at,
                              table->n_lets == FCI_MAX_LETS ? "there are too many" : "it is declared twice");
      s = equals + 1;
      fci_let *let = &table->let[table->n_lets];
      s += strspn (s, " ");
      if (!*s || *s == ';') /* its user has to give it */
        s += *s == ';';
      else if (!parse (table, ".let", &s, &let->expr))
        return false;
      let->name = name;
      table->n_lets++;
    }
  table->part = FCI_PART_OTHER;
  return true;
}

/* Parses the conditions of .when or .check. */
static bool
parse_conditions (fci_table *table, const char *what, const char *s, bool is_check)
{
  for (; s && *(s += strspn (s, " \n"));)
    {
      const char *start = s;
      table->part = FCI_PART_WHEN;
      table->number = table->n_conditions;
      if (table->n_conditions == FCI_MAX_CONDITIONS)
        return fci_table_bad (table, 0, "%s has too many conditions", what);
      fci_condition *condition = &table->condition[table->n_conditions++];
      if (!parse (table, what, &s, &condition->expr))
        return false;
      condition->is_check = is_check;
      condition->text = (fci_text_span){ start, (size_t) (s - start) };
      while (condition->text.len && strchr ("; ", start[condition->text.len - 1]))
        condition->text.len--;
    }
  table->part = FCI_PART_OTHER;
  return true;
}

bool
fci_table_conditions (fci_table *table)
{
  return parse_conditions (table, ".when", table->declared->when, false)
         && parse_conditions (table, ".check", table->declared->check, true);
}

static bool
is_count (const fci_table *table, fci_text_span name)
{
  const unsigned capture = *name.at == '#'
                               ? fci_table_capture (table, (fci_text_span){ name.at + 1, name.len - 1 })
                               : FCI_RULE_NONE;
  return capture != FCI_RULE_NONE && name.len == 2 && name.at[1] >= 'i' && name.at[1] <= 'n';
}

static bool
is_name (const scope *in, fci_text_span name)
{
  for (unsigned i = 0; i < in->n_lets; i++)
    if (fci_text_span_equal (in->table->let[i].name, name))
      return true;
  for (unsigned i = 0; in->variables && i < in->table->n_vars; i++)
    if (fci_text_span_equal (in->table->var[i].name, name))
      return true;
  return in->variables && is_count (in->table, name);
}

static const char *
check_node (void *arg, const fci_expr *node)
{
  static const char *const functions[] = { "config",       "gguf",         "args",  "source",
                                           "rope_factors", "rope_scaling", "flags", "texts",
                                           "values",       "has",          "shape", "rank" };
  scope *in = arg;
  in->unknown = node->text;
  if (node->kind == FCI_EXPR_NAME)
    return is_name (in, node->text) ? NULL : "is neither a let above it nor a shape variable nor a count";
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    if (fci_text_span_equal (node->text, FCI_TEXT_SPAN (functions[i])))
      return in->is_often && i >= LOOKS_AT_NAMES
                 ? "can stand in let and when alone: give its value a name in let"
                 : NULL;
  return "is not a function: there are config, gguf, args, source, rope_factors, rope_scaling, flags, texts, "
         "values, has, shape and rank, and float, int, floor, sqrt, log, length and gcd";
}

static bool
check (fci_table *table, unsigned rule, scope *in, const fci_expr *expr)
{
  const char *reason = fci_expr_visit (expr, check_node, in);
  return !reason || fci_table_bad (table, rule, "'%.*s' %s", (int) in->unknown.len, in->unknown.at, reason);
}

bool
fci_table_check_expr (fci_table *table, const fci_expr *expr)
{
  scope in = { .table = table, .n_lets = table->n_lets };
  return check (table, 0, &in, expr);
}

bool
fci_table_check_result (fci_table *table, const fci_expr *expr)
{
  scope in = { .table = table, .n_lets = table->n_lets, .variables = true };
  return check (table, 0, &in, expr);
}

static bool
check_shape (fci_table *table, unsigned rule, scope *in, const fci_rule_shape *shape)
{
  for (unsigned d = 0; d < shape->rank; d++)
    if (shape->dim[d].var == FCI_DIM_EXPR && !check (table, rule, in, shape->dim[d].expr))
      return false;
  return true;
}

static bool
check_rule (fci_table *table, scope *in, const fci_rule *rule)
{
  for (unsigned i = 0; i < rule->n_shapes; i++)
    if (!check_shape (table, rule->number, in, &rule->shape[i]))
      return false;
  for (unsigned i = 0; i < rule->n_ops; i++)
    if (rule->op[i].kind == FCI_RULE_RESHAPE && !check_shape (table, rule->number, in, &rule->op[i].to))
      return false;
  const unsigned n = rule->n_split > 1 ? rule->n_split : rule->n_join;
  for (unsigned i = 0; rule->part && i < n; i++)
    if (!check (table, rule->number, in, rule->part[i]))
      return false;
  return true;
}

bool
fci_table_check_names (fci_table *table)
{
  scope in = { .table = table, .variables = true };
  table->part = FCI_PART_LET;
  for (table->number = 0; table->number < table->n_lets; table->number++, in.n_lets++)
    if (!check (table, 0, &in, table->let[table->number].expr))
      return false;
  table->part = FCI_PART_WHEN;
  for (table->number = 0; table->number < table->n_conditions; table->number++)
    if (!check (table, 0, &in, table->condition[table->number].expr))
      return false;
  table->part = FCI_PART_OTHER;
  in.is_often = true;
  for (unsigned i = 0; i < table->n_rules; i++)
    if (!check_rule (table, &in, &table->rule[i]))
      return false;
  for (unsigned i = 0; i < table->n_constants; i++)
    if (!check_shape (table, 0, &in, &table->constant[i].shape))
      return false;
  return true;
}

bool
fci_table_wants (fci_table *table, const fmtconv_rule *declared, unsigned number, bool *wanted)
{
  const char *s = declared->when, *end = s ? s + strlen (s) : NULL;
  const fci_expr *expr = NULL;
  fci_expr_value value = { 0 };
  *wanted = true;
  if (!s)
    return true;
  const char *error = fci_expr_parse (table->arena, &s, end, true, &expr);
  if (error || s != end)
    return fci_table_bad (table, number, ".when '%.80s': %s", declared->when,
                          error ? error : "it is not one expression");
  if (!fci_table_check_expr (table, expr))
    return false;
  if (!table->env)
    return true;
  if (fci_expr_eval (table->env, expr, &value) != FCI_EXPR_KNOWN || value.type != FCI_VALUE_TRUTH)
    return fci_table_bad (table, number, ".when '%.80s' is neither true nor false", declared->when);
  *wanted = value.number != 0;
  return true;
}

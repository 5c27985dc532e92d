/* core/rules/no-value.c: describes values and attributes that cannot be computed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/rules/let.h"
#include "core/rules/lists.h"
#include "core/rules/no-value.h"
#include <string.h>

/* Returns the place of a name in .let, or of an entry of .attributes, or NULL. */
static const fmtconv_rules_place *
place_of (const fci_table *table, fci_text_span key, bool is_let)
{
  for (const fmtconv_rules_place *place = table->declared->places; place && place->key; place++)
    if (fci_text_span_equal (FCI_TEXT_SPAN (place->key), key)
        && is_let == (place->map && !strcmp (place->map, "let")))
      return place;
  return NULL;
}

unsigned
fci_no_value_line (const fci_table *table, const fci_let *let)
{
  const fmtconv_rules_place *place = place_of (table, let->name, true);
  return place ? place->line : 0;
}

/* Returns the place as a text, or NULL if it is not known. */
static const char *
place_text (const fci_rule_run *run, const fmtconv_rules_place *place)
{
  const char *source = run->table.declared->source;
  return place && source ? fmtconv_ctx_printf (run->ctx, "%s:%u:%u", source, place->line, place->column)
                         : NULL;
}

/* A search for the value of .let that is a number, or an entry of the input with a number for inputs without it, which the user can
 * replace. */
typedef struct search
{
  fci_table *table;
  const fci_let *found;
} search;

static bool
is_number (const fci_expr *expr)
{
  return expr->kind == FCI_EXPR_NUMBER || expr->kind == FCI_EXPR_REAL;
}

/* Returns whether an expression is config, gguf or args with a number for inputs that lack the entry. */
static bool
has_default (const fci_expr *expr)
{
  static const char *const functions[] = { "config", "gguf", "args" };
  bool is_entry = false;
  for (size_t i = 0; expr->kind == FCI_EXPR_CALL && i < sizeof functions / sizeof *functions; i++)
    is_entry = is_entry || fci_text_span_equal (expr->text, FCI_TEXT_SPAN (functions[i]));
  return is_entry && expr->a && is_number (expr->a);
}

/* A name in .let refers to names above it only, so that this ends. */
static const char *
visit (void *arg, const fci_expr *node)
{
  search *s = arg;
  const fci_let *let = node->kind == FCI_EXPR_NAME ? fci_table_let (s->table, node->text) : NULL;
  if (!let || !let->expr)
    return NULL;
  if (is_number (let->expr) || has_default (let->expr))
    {
      s->found = let;
      return "found";
    }
  return fci_expr_visit (let->expr, visit, s);
}

/* Returns what to type for a value that has none, or for another one. */
static const char *
hint_of (const fci_rule_run *run, const fci_let *let)
{
  const fmtconv_rules_place *place = place_of (&run->table, let->name, true);
  const char *help = place && place->help ? place->help : NULL;
  return fmtconv_ctx_printf (run->ctx, "type %slet.%.*s=VALUE, a parameter of the transform%s%s",
                             let->expr ? "another value: " : "", (int) let->name.len, let->name.at,
                             help ? ": " : "", help ? help : "");
}

static const char *
hint_for (fci_rule_run *run, const fci_template_piece *piece)
{
  search s = { .table = &run->table };
  for (unsigned i = 0; i < piece->n_exprs && !s.found; i++)
    fci_expr_visit (piece->expr[i], visit, &s);
  if (s.found)
    return fmtconv_ctx_printf (run->ctx, "another number: let.%.*s=N, a parameter of the transform",
                               (int) s.found->name.len, s.found->name.at);
  return run->bad_let
             ? hint_of (run, run->bad_let)
             : "check the entries of config.json, and that this is the right transform for the input";
}

void
fci_no_value_describe (fci_rule_run *run, const fci_template_piece *piece, const char *reason)
{
  const fmtconv_rules_place *place = place_of (&run->table, FCI_TEXT_SPAN (run->table.attribute), false);
  const char *map = place && place->map ? place->map : "";
  run->no_value.what =
      fmtconv_ctx_printf (run->ctx, "%s%s%s '%.*s': %s", map, *map ? "." : "", run->table.attribute,
                          (int) piece->text.len, piece->text.at, reason);
  run->no_value.place = place_text (run, place);
  run->no_value.hint = hint_for (run, piece);
}

void
fci_no_value_describe_let (fci_rule_run *run, const char *what)
{
  run->no_value.what = what;
  run->no_value.place = place_text (run, place_of (&run->table, run->bad_let->name, true));
  run->no_value.hint = hint_of (run, run->bad_let);
}

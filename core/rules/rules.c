/* core/rules/rules.c: applies rules to a model, forward, in reverse, or only to test whether they fit.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/model/model.h"
#include "core/rules/attributes.h"
#include "core/rules/compile.h"
#include "core/rules/complete.h"
#include "core/rules/constant.h"
#include "core/rules/emit.h"
#include "core/rules/env.h"
#include "core/rules/items.h"
#include "core/rules/match.h"
#include "core/rules/no-value.h"
#include "core/rules/order.h"
#include "core/rules/rules.h"
#include "core/rules/run.h"
#include "core/rules/shape.h"
#include <stdio.h>
#include <string.h>

enum
{
  SHOWN_NAMES = 5
};

/* Starts a run. Returns 0, or table.code with the fault in the table. */
static int
begin (fci_rule_run *run, const fmtconv_rules *rules, const fmtconv_model *in, bool reverse)
{
  run->in = in;
  run->table.arena = &run->arena;
  run->table.ctx = run->ctx;
  run->n_tensors = in ? fmtconv_model_count (in) : 0;
  fci_expr_env env = fci_rule_run_env (run);
  run->table.env = in ? &env : NULL;
  int code = fci_table_compile (&run->table, rules, reverse);
  run->table.env = NULL;
  return code;
}

/* Finds required tensors that the model lacks. */
static void
find_missing (fci_rule_run *run)
{
  fci_rule_run_complete (run);
  fci_rule_run_miss_constants (run);
}

static bool
only_drops (const fci_table *table)
{
  for (unsigned f = 0; f < table->n_families; f++)
    if (!table->family[f].why)
      return false;
  return true;
}

static void
fail_nothing (fci_rule_run *run)
{
  for (size_t i = 0; i < run->n_tensors && i < SHOWN_NAMES; i++)
    fmtconv_detail (run->ctx, "found: '%s'", fci_model_tensor (run->in, i)->name);
  fmtconv_fail_at (run->ctx, FMTCONV_E_MISSING,
                   &(fmtconv_where){ .hint = "list the input's tensors with 'fmtconv inspect FILE'" },
                   "this transform recognizes none of the %zu tensors", run->n_tensors);
}

static void
fail_no_value (fci_rule_run *run, int code)
{
  const fci_no_value *none = &run->no_value;
  const fmtconv_where where = { .hint = none->hint };
  if (none->place)
    fci_fail_file (run->ctx, code, none->place, &where, "%s", none->what);
  else
    fmtconv_fail_at (run->ctx, code, &where, "%s", none->what);
}

/* Conditions are checked only if the tensors fit. */
static void
fail_conditions (fci_rule_run *run)
{
  static const char conditions[] = "this model does not meet the conditions of the rules";
  static const fmtconv_where where = { .hint = "check that this is the right transform for the input" };
  static const fmtconv_where config = { .hint = "correct config.json, or convert the file of weights alone" };
  if (!run->no_value.what && run->problems[FCI_PROBLEM_CONDITION] && run->bad_let)
    fci_no_value_describe_let (run, conditions);
  if (run->no_value.what)
    fail_no_value (run, FMTCONV_E_UNSUPPORTED);
  else if (run->problems[FCI_PROBLEM_CONDITION])
    fmtconv_fail_at (run->ctx, FMTCONV_E_UNSUPPORTED, &where, conditions);
  else
    fmtconv_fail_at (run->ctx, FMTCONV_E_FORMAT, &config, "config.json contradicts the tensors");
}

static void
fail_problems (fci_rule_run *run)
{
  static const char *const kinds[FCI_PROBLEM_CONDITION] = {
    [FCI_PROBLEM_SHAPE] = "with a wrong shape",
    [FCI_PROBLEM_NAME] = "with a conflicting name",
    [FCI_PROBLEM_MISSING] = "missing",
    [FCI_PROBLEM_UNKNOWN] = "unknown to this transform",
  };
  char text[160] = "";
  size_t n = 0, total = 0;
  if (run->problems[FCI_PROBLEM_CONDITION] || run->problems[FCI_PROBLEM_CONFIG])
    {
      fail_conditions (run);
      return;
    }
  for (unsigned k = 0; k < FCI_PROBLEM_CONDITION; k++)
    if (run->problems[k])
      {
        n += (size_t) snprintf (text + n, sizeof text - n, "%s%zu %s", n ? ", " : "", run->problems[k],
                                kinds[k]);
        total += run->problems[k];
      }
  bool missing = run->problems[FCI_PROBLEM_MISSING] == total,
       unknown = run->problems[FCI_PROBLEM_UNKNOWN] == total;
  const char *hint = missing ? "check that the input is complete and of the kind that this transform converts"
                     : unknown ? "check that this is the right transform for the input"
                               : NULL;
  if (!hint && run->bad_let)
    {
      fci_no_value_describe_let (run, fmtconv_ctx_printf (run->ctx, "tensors: %s", text));
      fail_no_value (run, FMTCONV_E_FORMAT);
      return;
    }
  fmtconv_fail_at (run->ctx, missing ? FMTCONV_E_MISSING : FMTCONV_E_FORMAT, &(fmtconv_where){ .hint = hint },
                   "tensors: %s", text);
}

static bool
has_problems (const fci_rule_run *run)
{
  for (unsigned k = 0; k < FCI_PROBLEMS; k++)
    if (run->problems[k])
      return true;
  return false;
}

static void
apply (fci_rule_run *run)
{
  fci_rule_run_match (run);
  if (!run->code && !run->claimed && !only_drops (&run->table))
    {
      fail_nothing (run);
      return;
    }
  if (!run->code)
    fci_rule_run_items (run);
  if (!run->code)
    fci_rule_run_shapes (run);
  if (!run->code)
    fci_rule_run_constants (run);
  if (!run->code)
    find_missing (run);
  if (!run->code)
    fci_rule_run_unmatched (run);
  if (!run->code && !has_problems (run))
    fci_rule_run_conditions (run);
  if (!run->code && !has_problems (run))
    fci_rule_run_attributes (run);
  if (!run->code && !has_problems (run))
    fci_rule_run_sort (run);
  if (run->code)
    fci_nomem (run->ctx);
  else if (has_problems (run))
    fail_problems (run);
  else
    {
      fci_rule_run_emit (run);
      fci_rule_run_put_attributes (run);
    }
}

static void
run_as (fci_rule_run *run, const fmtconv_rules *rules, const fmtconv_model *in, bool reverse)
{
  run->arena = FCI_ARENA_BESIDE (run->ctx);
  if (begin (run, rules, in, reverse))
    fci_table_fail (&run->table, run->ctx);
  else
    apply (run);
  fci_arena_clear (&run->arena);
}

void
fci_rules_run (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out, bool reverse)
{
  if (!rules || !in || !out || fmtconv_ctx_failed (fci_model_ctx (in)))
    return;
  run_as (&(fci_rule_run){ .ctx = fci_model_ctx (in), .out = out }, rules, in, reverse);
}

/* Returns whether the model is all that the table wants, and nothing else. */
static bool
is_complete (const fci_rule_run *run)
{
  return !run->problems[FCI_PROBLEM_MISSING] && !run->problems[FCI_PROBLEM_UNKNOWN];
}

/* Returns which tensors the run claims, in the context's memory. */
static const bool *
claimed_tensors (fci_rule_run *run)
{
  bool *takes = run->claimed ? fmtconv_ctx_alloc (run->ctx, run->n_tensors, sizeof *takes) : NULL;
  for (size_t i = 0; takes && i < run->n_tensors; i++)
    takes[i] = run->taken[i] != FCI_RULE_NONE && !run->table.family[run->taken[i]].why;
  return takes;
}

/* Returns whether the model meets the conditions of the table, as far as its tensors fit. */
static bool
meets_conditions (fci_rule_run *run)
{
  if (!run->table.n_conditions || (!run->claimed && !only_drops (&run->table)))
    return true;
  fci_rule_run_items (run);
  if (!run->code)
    fci_rule_run_shapes (run);
  if (!run->code && !run->problems[FCI_PROBLEM_SHAPE])
    fci_rule_run_conditions (run);
  return !run->problems[FCI_PROBLEM_CONDITION];
}

int
fci_rules_recognize_one (const fmtconv_rules *rules, const fmtconv_model *model, bool reverse,
                         fci_recognition *out)
{
  fmtconv_ctx *ctx = fci_model_ctx (model);
  fci_rule_run run = { .arena = FCI_ARENA_BESIDE (ctx), .ctx = ctx, .silent = true };
  *out = (fci_recognition){ 0 };
  int code = begin (&run, rules, model, reverse);
  const bool is_usable = !code || code == FMTCONV_E_LIMIT,
             is_refused = is_usable && fci_rule_run_refuses (&run);
  if (code == FMTCONV_E_LIMIT && is_refused)
    code = 0; /* the numbers of another model */
  if (code && code != FMTCONV_E_NOMEM)
    out->why = fci_table_fault (&run.table, run.ctx);
  const bool can_fit = !code && !is_refused;
  bool fits = false;
  if (can_fit)
    fci_rule_run_match (&run);
  if (can_fit && !run.code)
    find_missing (&run);
  if (can_fit && !run.code)
    {
      fci_rule_run_unmatched (&run);
      fits = meets_conditions (&run);
    }
  if (!code && !run.code && fits)
    {
      *out = (fci_recognition){ .fits = true,
                                .claimed = run.claimed,
                                .bytes = run.bytes,
                                .missing = run.problems[FCI_PROBLEM_MISSING],
                                .unknown = run.problems[FCI_PROBLEM_UNKNOWN],
                                .first = run.first,
                                .takes = is_complete (&run) ? claimed_tensors (&run) : NULL };
    }
  if (!code && fits && run.claimed && is_complete (&run) && !out->takes)
    code = run.code ? run.code : fmtconv_ctx_failed (run.ctx);
  fci_arena_clear (&run.arena);
  if (code == FMTCONV_E_MISSING)
    code = 0; /* the model lacks what the table needs to be complete */
  return code ? code : run.code;
}

/* Returns whether the names of the second side fit better. */
static bool
is_second_side (const fci_recognition *first, const fci_recognition *second)
{
  const size_t bad = first->missing + first->unknown, own = second->missing + second->unknown;
  return second->claimed && (!first->claimed || own < bad);
}

/* Returns whether names may have no prefix. */
static bool
has_bare_names (const fmtconv_rules *rules)
{
  const char *prefix = rules->prefix ? rules->prefix : "";
  const size_t n = strlen (prefix);
  return !n || *prefix == '|' || prefix[n - 1] == '|' || strstr (prefix, "||");
}

void
fci_rules_for_comfy (const fmtconv_rules *rules, const fmtconv_model *in, fmtconv_model *out)
{
  fmtconv_ctx *ctx = rules && in && out ? fci_model_ctx (in) : NULL;
  fci_recognition first, second;
  if (!ctx || ctx->failed)
    return;
  if (fci_rules_recognize_one (rules, in, false, &first) == FMTCONV_E_NOMEM
      || fci_rules_recognize_one (rules, in, true, &second) == FMTCONV_E_NOMEM)
    {
      fci_nomem (ctx);
      return;
    }
  const bool reverse = is_second_side (&first, &second);
  fmtconv_rules bare = *rules;
  if (reverse && !bare.reverse_prefix && has_bare_names (rules))
    bare.reverse_prefix = "";
  run_as (&(fci_rule_run){ .ctx = ctx, .out = out, .keeps = !reverse, .is_for_comfy = true }, &bare, in,
          reverse);
}

fmtconv_attr *
fci_rules_attributes (const fmtconv_rules *rules, const fmtconv_model *model)
{
  fmtconv_ctx *ctx = fci_model_ctx (model);
  fci_rule_run run = { .arena = FCI_ARENA_BESIDE (ctx), .ctx = ctx, .silent = true };
  if (begin (&run, rules, model, false) == 0)
    fci_rule_run_match (&run);
  if (!run.code && run.prefix)
    fci_rule_run_attributes (&run);
  if (run.code)
    fci_nomem (run.ctx);
  const bool fits = !run.code && !has_problems (&run);
  fci_arena_clear (&run.arena);
  return fits ? run.attributes : NULL;
}

const char *
fci_rules_one_way (fmtconv_ctx *ctx, const fmtconv_rules *rules)
{
  for (const fmtconv_rules_component *c = rules->components; c && c->name; c++)
    {
      const char *why = c->rules ? fci_rules_one_way (ctx, c->rules) : NULL;
      if (why)
        return fmtconv_ctx_printf (ctx, "the component '%s': %s", c->name, why);
    }
  fci_rule_run run = { .arena = FCI_ARENA_BESIDE (ctx), .ctx = ctx };
  int code = begin (&run, rules, NULL, true);
  const char *why = code && code != FMTCONV_E_NOMEM ? fci_table_fault (&run.table, ctx) : NULL;
  if (code == FMTCONV_E_NOMEM)
    fci_nomem (ctx);
  fci_arena_clear (&run.arena);
  return why;
}

/* Returns the fault as text, without what a file does not show: the number of the rule, and the dot before a field. */
static const char *
in_file (const fci_table *table, fmtconv_ctx *ctx)
{
  const fmtconv_rule *rule = table->bad_rule ? &table->declared->rules[table->bad_rule - 1] : NULL;
  const char *bad = table->bad + (*table->bad == '.');
  if (!rule)
    return fmtconv_ctx_printf (ctx, "%s", bad);
  if (rule->make)
    return fmtconv_ctx_printf (ctx, "'%s': %s", rule->to ? rule->to : "", bad);
  return fmtconv_ctx_printf (ctx, "'%s' to '%s': %s", rule->from, rule->to ? rule->to : "", bad);
}

int
fci_rules_find_fault (fmtconv_ctx *ctx, const fmtconv_rules *rules, fci_rules_fault *out)
{
  fci_rule_run run = { .arena = FCI_ARENA_BESIDE (ctx), .ctx = ctx };
  const fci_table *table = &run.table;
  int code = begin (&run, rules, NULL, false);
  *out = (fci_rules_fault){ 0 };
  if (code == FMTCONV_E_NOMEM)
    fci_nomem (ctx);
  else if (code)
    *out = (fci_rules_fault){ .what = in_file (table, ctx),
                              .rule = table->bad_rule,
                              .part = table->part,
                              .number = table->number,
                              .attribute = table->attribute };
  fci_arena_clear (&run.arena);
  return ctx->failed;
}

int
fci_rules_check (fmtconv_ctx *ctx, const fmtconv_rules *rules)
{
  fci_rule_run run = { .arena = FCI_ARENA_BESIDE (ctx), .ctx = ctx };
  int code = begin (&run, rules, NULL, false);
  if (code)
    fci_table_fail (&run.table, ctx);
  fci_arena_clear (&run.arena);
  return code;
}

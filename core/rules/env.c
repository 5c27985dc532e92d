/* core/rules/env.c: the values of names and functions of expressions in a run.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/model/model.h"
#include "core/rules/attr-functions.h"
#include "core/rules/env.h"
#include "core/rules/index.h"
#include "core/rules/let.h"
#include "core/rules/lists.h"
#include "core/rules/no-value.h"
#include "core/rules/pattern-match.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The lists of a table are expanded before its rules match. */
static fci_expr_state
not_yet (fci_expr_env *env)
{
  snprintf (env->reason, sizeof env->reason, "the tensors have not been matched yet");
  return FCI_EXPR_OPEN;
}

/* ---- Names */

#define LET "let '" /* a reason that names the value begins with it */

/* A value is asked for by every tensor, and has() looks at all names: what failed once is not tried again. */
static void
keep_reason (const fci_expr_env *env, fci_let *let)
{
  fci_rule_run *run = env->arg;
  const size_t n = strlen (env->reason) + 1;
  char *kept = fci_arena_alloc (&run->arena, n);
  if (kept)
    memcpy (kept, env->reason, n);
  let->reason = kept;
}

/* Says in which value the fault is, unless the reason names one already. */
static void
name_let (fci_expr_env *env, const fci_let *let, const char *colon)
{
  fci_rule_run *run = env->arg;
  const unsigned line = fci_no_value_line (&run->table, let);
  char reason[sizeof env->reason], where[24] = "";
  if (!strncmp (env->reason, LET, strlen (LET)))
    return;
  if (!run->bad_let)
    run->bad_let = let;
  if (line)
    snprintf (where, sizeof where, " (line %u)", line);
  memcpy (reason, env->reason, sizeof reason);
  snprintf (env->reason, sizeof env->reason, LET "%.*s'%s%s %.110s", (int) let->name.len, let->name.at, where,
            colon, reason);
}

static fci_expr_state
let_value (fci_expr_env *env, fci_let *let, fci_expr_value *out)
{
  if (let->reason)
    return fci_expr_bad (env, "%s", let->reason);
  fci_expr_state state = let->known  ? FCI_EXPR_KNOWN
                         : let->expr ? fci_expr_eval (env, let->expr, &let->value)
                                     : fci_expr_bad (env, "has no value");
  let->known = state == FCI_EXPR_KNOWN;
  if (state == FCI_EXPR_BAD)
    {
      name_let (env, let, let->expr ? ":" : "");
      keep_reason (env, let);
    }
  *out = let->value;
  return state;
}

static fci_expr_state
name_value (fci_expr_env *env, fci_text_span name, fci_expr_value *out)
{
  fci_rule_run *run = env->arg;
  fci_table *table = &run->table;
  fci_let *let = fci_table_let (table, name);
  if (let)
    return let_value (env, let, out);
  if (*name.at == '#')
    {
      const unsigned capture = fci_table_capture (table, (fci_text_span){ name.at + 1, name.len - 1 });
      if (capture == FCI_RULE_NONE || !run->prefix)
        return not_yet (env);
      return fci_expr_unsigned (env, table->capture[capture].values.n, out);
    }
  for (unsigned i = 0; i < table->n_vars; i++)
    if (fci_text_span_equal (table->var[i].name, name) && table->var[i].bound)
      return fci_expr_unsigned (env, table->var[i].value, out);
  snprintf (env->reason, sizeof env->reason, "no tensor gives '%.*s' a value", (int) name.len, name.at);
  return FCI_EXPR_OPEN;
}

/* ---- has(PATTERN), shape(NAME, AXIS) and rank(NAME): the side of `from`, which is the input, or in reverse the output */

static size_t
n_names (const fci_rule_run *run)
{
  return run->table.reverse ? run->n_items : run->n_tensors;
}

static const char *
name_of (const fci_rule_run *run, size_t i)
{
  return run->table.reverse ? run->item[i]->name : fci_model_tensor (run->in, i)->name;
}

/* Returns the number of the first tensor of the `from` side that matches the text; n_names if none does. */
static fci_expr_state
find (fci_expr_env *env, fci_text_span text, size_t *found)
{
  fci_rule_run *run = env->arg;
  fci_pattern pattern;
  fci_token tokens[FCI_MAX_TOKENS];
  fci_value values[FCI_MAX_SLOTS];
  const bool full = *text.at == '/';
  char *copy = fci_rule_run_alloc (run, text.len + 1, 1);
  if (!copy)
    return fci_expr_bad (env, "out of memory");
  memcpy (copy, text.at + full, text.len - full);
  const char *error = fci_pattern_compile (&pattern, tokens, copy, &run->table.lists);
  if (error)
    return fci_expr_bad (env, "pattern '%.80s': %s", copy, error);
  for (*found = 0; *found < n_names (run); ++*found)
    {
      const char *name = name_of (run, *found), *rest = full ? name : fci_pattern_strip (run->prefix, name);
      if (rest && fci_pattern_match (&pattern, rest, strlen (rest), values))
        break;
    }
  return FCI_EXPR_KNOWN;
}

/* Finds the tensor of a call once, as a dimension is compared for every tensor.  In reverse the items change. */
static fci_expr_state
find_once (fci_expr_env *env, const fci_expr *call, size_t *found)
{
  fci_rule_run *run = env->arg;
  for (unsigned i = 0; i < run->n_finds; i++)
    if (run->find[i].call == call)
      {
        *found = run->find[i].found;
        return FCI_EXPR_KNOWN;
      }
  const fci_expr_state state = find (env, call->word, found);
  if (state == FCI_EXPR_KNOWN && !run->table.reverse && run->n_finds < FCI_MAX_FINDS)
    run->find[run->n_finds++] = (fci_rule_find){ call, *found };
  return state;
}

static bool
dims_of (const fci_rule_run *run, size_t i, fci_tensor_dims *dims)
{
  if (run->table.reverse)
    {
      const fci_tensor_dims *whole = run->item[i]->whole;
      *dims = whole ? *whole : (fci_tensor_dims){ 0 };
      return whole != NULL;
    }
  const fmtconv_tensor *tensor = fci_model_tensor (run->in, i);
  dims->rank = tensor->rank;
  if (tensor->rank)
    memcpy (dims->n, tensor->shape, tensor->rank * sizeof *dims->n);
  return true;
}

static fci_expr_state
dimension (fci_expr_env *env, const fci_expr *call, size_t tensor, fci_expr_value *out)
{
  fci_rule_run *run = env->arg;
  const fci_text_span name = call->word;
  fci_tensor_dims dims;
  int64_t axis = 0;
  if (!call->a)
    return fci_expr_bad (env, "shape(%.*s) needs an axis: shape(%.*s, 0)", (int) name.len, name.at,
                         (int) name.len, name.at);
  fci_expr_state state = fci_expr_number (env, call->a, &axis);
  if (state)
    return state;
  if (tensor == n_names (run) || !dims_of (run, tensor, &dims))
    return fci_expr_bad (env, "the tensor '%.*s' is missing", (int) name.len, name.at);
  if (axis < 0 || axis >= (int64_t) dims.rank)
    return fci_expr_bad (env, "'%s' has no axis %" PRId64, name_of (run, tensor), axis);
  return fci_expr_unsigned (env, dims.n[axis], out);
}

static fci_expr_state
rank (fci_expr_env *env, const fci_expr *call, size_t tensor, fci_expr_value *out)
{
  const fci_rule_run *run = env->arg;
  fci_tensor_dims dims;
  if (tensor == n_names (run) || !dims_of (run, tensor, &dims))
    return fci_expr_bad (env, "the tensor '%.*s' is missing", (int) call->word.len, call->word.at);
  return fci_expr_unsigned (env, dims.rank, out);
}

static fci_expr_state
call_value (fci_expr_env *env, const fci_expr *call, fci_expr_value *out)
{
  fci_rule_run *run = env->arg;
  size_t found = 0;
  fci_expr_state state;
  if (fci_attr_function (env, call, out, &state))
    return state;
  if (run->table.reverse ? !run->prefix || !run->item : !run->prefix && *call->word.at != '/')
    return not_yet (env); /* the prefix is not known, or in reverse the names of the output */
  state = find_once (env, call, &found);
  if (!state && *call->text.at == 'r')
    return rank (env, call, found, out);
  if (state || *call->text.at == 's')
    return state ? state : dimension (env, call, found, out);
  *out = (fci_expr_value){ .type = FCI_VALUE_TRUTH, .number = found < n_names (run) };
  return FCI_EXPR_KNOWN;
}

/* ---- Uses */

fci_expr_env
fci_rule_run_env (fci_rule_run *run)
{
  return (fci_expr_env){ .name = name_value, .call = call_value, .arg = run };
}

fci_expr_state
fci_rule_run_try_number (fci_rule_run *run, const fci_expr *expr, int64_t *out)
{
  fci_expr_env env = fci_rule_run_env (run);
  fci_expr_state state = fci_expr_number (&env, expr, out);
  if (state)
    memcpy (run->reason, env.reason, sizeof run->reason);
  return state;
}

bool
fci_rule_run_number (fci_rule_run *run, const fci_expr *expr, int64_t *out)
{
  return fci_rule_run_try_number (run, expr, out) == FCI_EXPR_KNOWN;
}

bool
fci_rule_run_refuses (fci_rule_run *run)
{
  for (unsigned i = 0; i < run->table.n_conditions; i++)
    {
      fci_expr_env env = fci_rule_run_env (run);
      const fci_condition *condition = &run->table.condition[i];
      bool holds = false;
      if (!condition->is_check && fci_expr_truth (&env, condition->expr, &holds) == FCI_EXPR_KNOWN && !holds)
        return true;
    }
  return false;
}

void
fci_rule_run_deny (fci_rule_run *run)
{
  for (unsigned i = 0; i < run->table.n_conditions && !run->code; i++)
    {
      fci_expr_env env = fci_rule_run_env (run);
      const fci_condition *condition = &run->table.condition[i];
      bool holds = false;
      if (fci_expr_truth (&env, condition->expr, &holds) == FCI_EXPR_KNOWN && !holds)
        fci_rule_run_problem (run, FCI_PROBLEM_CONFIG, "condition '%.*s' does not hold",
                              (int) condition->text.len, condition->text.at);
    }
}

void
fci_rule_run_conditions (fci_rule_run *run)
{
  for (unsigned i = 0; i < run->table.n_conditions && !run->code; i++)
    {
      fci_expr_env env = fci_rule_run_env (run);
      const fci_condition *condition = &run->table.condition[i];
      bool holds = false;
      if (condition->is_check && run->silent)
        continue; /* what it contradicts is still that model */
      fci_expr_state state = fci_expr_truth (&env, condition->expr, &holds);
      if (state == FCI_EXPR_OPEN && run->problems[FCI_PROBLEM_MISSING])
        continue; /* the tensor that would decide is missing */
      if (state != FCI_EXPR_KNOWN)
        fci_rule_run_problem (run, FCI_PROBLEM_CONDITION, "condition '%.*s': %s", (int) condition->text.len,
                              condition->text.at, env.reason);
      else if (!holds)
        fci_rule_run_problem (run, FCI_PROBLEM_CONDITION, "condition '%.*s' does not hold",
                              (int) condition->text.len, condition->text.at);
    }
}

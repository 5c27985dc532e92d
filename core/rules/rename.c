/* core/rules/rename.c: names single weights anew by the rules of their model, in its absence.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A LoRA changes some weights of a model.  Rules are applied to one weight at a time: missing weights are accepted, and
 * what depends on the whole model (has(), "#i") has no value.  Values of config.json have one if it is given. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/model/model.h"
#include "core/model/new.h"
#include "core/rules/compile.h"
#include "core/rules/complete.h"
#include "core/rules/env.h"
#include "core/rules/index.h"
#include "core/rules/pattern-match.h"
#include "core/rules/rename.h"
#include <string.h>

/* Returns whether the pattern names single weights: numbers that count the model's tensors cannot be known. */
static bool
is_usable (const fci_pattern *pattern, bool is_flat)
{
  for (unsigned t = 0; t < pattern->n_tokens; t++)
    {
      const fci_token *token = &pattern->token[t];
      if (token->n_counted || (is_flat && (token->kind == FCI_T_WORD || token->kind == FCI_T_REST)))
        return false;
    }
  return true;
}

/* Sets the values of captures by their numbers.  Returns the bits of those that are bound. */
static uint64_t
bind (const fci_family *family, const fci_value *values, fci_value *bound)
{
  uint64_t known = 0;
  for (unsigned t = 0; t < family->in.n_tokens; t++)
    {
      const fci_token *token = &family->in.token[t];
      if (token->kind <= FCI_T_MAYBE)
        continue;
      bound[token->capture] = values[token->slot];
      known |= UINT64_C (1) << token->capture;
    }
  return known;
}

static const char *
name_of (fci_rename *r, const fci_pattern *pattern, const fci_value *bound, uint64_t known)
{
  return fci_rule_run_name (&r->run, pattern, false, bound, known);
}

/* Returns whether a family takes a weight.  With a configuration, the name may have a prefix of the table. */
static bool
takes (const fci_rename *r, const fci_family *family, const fmtconv_weight *w, fci_value *values)
{
  const fci_table *table = &r->run.table;
  const size_t n = r->has_config && !family->anchored ? table->n_prefixes : 0;
  for (size_t i = 0; i < n; i++)
    {
      const char *rest = fci_pattern_strip (&table->prefix[i], w->name);
      if (rest && fci_pattern_match (&family->in, rest, strlen (rest), values))
        return true;
    }
  return !n
         && (w->is_flat ? fci_pattern_match_flat : fci_pattern_match) (&family->in, w->name, strlen (w->name),
                                                                       values);
}

/* Finds the family that takes a weight.  Of a flat name, all families that take it must agree on the dots. */
static const fci_family *
find_family (fci_rename *r, size_t i, fci_value *values)
{
  const fmtconv_weight *w = &r->given[i];
  const fci_family *found = NULL;
  fci_value own[FCI_MAX_SLOTS], bound[FCI_MAX_CAPTURES];
  for (unsigned f = 0; f < r->run.table.n_families; f++)
    {
      const fci_family *family = &r->run.table.family[f];
      if (family->why || (family->anchored && !r->has_config) || !is_usable (&family->in, w->is_flat)
          || !takes (r, family, w, own))
        continue;
      const char *name = name_of (r, &family->in, bound, bind (family, own, bound));
      if (!name)
        return NULL;
      if (found && strcmp (name, r->exact[i]) != 0)
        {
          fci_rule_run_problem (&r->run, FCI_PROBLEM_NAME, "'%s' can mean '%s' or '%s'", w->name, r->exact[i],
                                name);
          return NULL;
        }
      if (found)
        continue;
      found = family;
      r->exact[i] = name;
      memcpy (values, own, sizeof own);
      if (!w->is_flat)
        break;
    }
  return found;
}

/* Returns which part of what the rule fuses the captures name. */
static unsigned
part_of (const fci_rule *rule, const fci_value *values)
{
  const fci_family *family = rule->family;
  uint32_t sum = 0;
  for (unsigned slot = 0; slot < family->in.n_slots; slot++)
    if (family->list[slot] && !fci_pattern_token (&rule->out, family->list[slot]->capture))
      sum += family->weight[slot] * (uint32_t) values[slot].number;
  for (unsigned k = 0; k < rule->n_join; k++)
    if (rule->join[k] == sum)
      return k;
  return 0;
}

/* Appends a new weight. */
static bool
append (fci_rename *r, fci_new_weight *w)
{
  if (r->n == r->capacity)
    {
      const size_t capacity = 2 * r->capacity + 64;
      fci_new_weight **more = fci_rule_run_alloc (&r->run, capacity, sizeof *more);
      if (!more)
        return false;
      if (r->n)
        memcpy (more, r->made, r->n * sizeof *more);
      r->made = more;
      r->capacity = capacity;
    }
  r->made[r->n++] = w;
  return true;
}

/* Returns the new weight of that name as the rule makes it; creates it if it does not exist.  NULL after a problem. */
static fci_new_weight *
weight_named (fci_rename *r, const char *name, const fci_rule *rule, uint32_t part, uint32_t i)
{
  uintptr_t value = 0;
  fci_new_weight *first = fci_map_get (r->names, name, strlen (name), &value) ? (void *) value : NULL, *w;
  for (w = first; w; w = w->next_pick)
    if (w->rule == rule)
      return w;
  if (first && !(r->run.table.reverse && rule->leader && rule->leader == first->rule->leader))
    {
      fci_rule_run_problem (&r->run, FCI_PROBLEM_NAME, "'%s' and '%s' both become '%s'",
                            r->given[first->first].name, r->given[i].name, name);
      return NULL;
    }
  w = fci_rule_run_alloc (&r->run, 1, sizeof *w);
  uint32_t *from = w ? fci_rule_run_alloc (&r->run, rule->n_join, sizeof *from) : NULL;
  if (!from)
    return NULL;
  memset (from, 0xff, rule->n_join * sizeof *from);
  *w = (fci_new_weight){ .name = name, .rule = rule, .part = part, .first = i, .from = from };
  if (first)
    {
      w->next_pick = first->next_pick;
      first->next_pick = w;
      return w;
    }
  if (!append (r, w) || !fci_map_set (r->names, name, strlen (name), (uintptr_t) w))
    return NULL;
  return w;
}

/* Notes that a weight becomes part of the new weight of that name. */
static void
add (fci_rename *r, const char *name, const fci_rule *rule, uint32_t part, unsigned k, uint32_t i)
{
  fci_new_weight *w = name ? weight_named (r, name, rule, part, i) : NULL;
  if (!w)
    return;
  if (w->from[k] != FCI_RULE_NONE)
    fci_rule_run_problem (&r->run, FCI_PROBLEM_NAME, "'%s' and '%s' both become '%s'",
                          r->given[w->from[k]].name, r->given[i].name, name);
  w->from[k] = i;
}

/* Returns why a rule does more than moving rows, or with a configuration more than can be done; NULL: it does not. */
static const char *
refusal (const fci_rename *r, const fci_rule *rule)
{
  for (unsigned k = 0; k < rule->n_ops; k++)
    if (rule->op[k].kind == FCI_RULE_GATHER || rule->op[k].kind == FCI_RULE_TRIM)
      return "its rule chooses rows or columns of the weight";
    else if (rule->op[k].kind != FCI_RULE_CAST && !r->has_config)
      return "its rule computes with the weight, or changes its shape";
  if (rule->n_copies > 1)
    return "its rule compares copies of the weight";
  if (rule->declared->axis && (rule->n_join > 1 || rule->n_split > 1 || rule->n_pick))
    return "its rule cuts or fuses columns";
  if (!is_usable (&rule->out, false))
    return "its new name depends on the number of layers";
  return NULL;
}

/* Gives a module's weight the shape in which the model stores it, if its rule exchanges rows and columns: the modules of
 * PyTorch have [outputs, inputs], transformers' Conv1D has the other order. */
static void
store (fci_rename *r, const fci_rule *rule, uint32_t i)
{
  fmtconv_weight *w = r->has_config ? &r->stored[i] : NULL;
  const fci_rule_op *op = rule->op;
  if (!w || !w->is_module)
    return;
  w->is_module = w->rank == 2 && rule->n_ops && op->kind == FCI_RULE_PERMUTE && op->axes[0] == 1;
  uint64_t *shape = w->is_module ? fci_rule_run_alloc (&r->run, 2, sizeof *shape) : NULL;
  if (!shape)
    return;
  shape[0] = w->shape[1];
  shape[1] = w->shape[0];
  w->shape = shape;
}

/* Makes the new weights of one rule. */
static void
apply_rule (fci_rename *r, const fci_rule *rule, const fci_value *values, uint32_t i)
{
  fci_value bound[FCI_MAX_CAPTURES];
  uint64_t known = bind (rule->family, values, bound);
  const char *why = refusal (r, rule);
  if (why && r->is_kept)
    return;
  if (why)
    {
      fci_rule_run_problem (&r->run, FCI_PROBLEM_CONFIG, "'%s': %s", r->given[i].name, why);
      return;
    }
  store (r, rule, i);
  for (uint32_t part = 0; part < rule->n_split && !r->run.code; part++)
    {
      uint32_t each = rule->n_split;
      for (unsigned t = 0; t < rule->out.n_tokens; t++)
        {
          const fci_token *token = &rule->out.token[t];
          if (token->kind != FCI_T_LIST || token->again || fci_pattern_token (&rule->in, token->capture))
            continue;
          each /= token->count;
          bound[token->capture].number = part / each % token->count;
          known |= UINT64_C (1) << token->capture;
        }
      add (r, name_of (r, &rule->out, bound, known), rule, part, part_of (rule, values), i);
    }
}

static void
match_all (fci_rename *r, size_t *lost)
{
  fci_value values[FCI_MAX_SLOTS];
  for (size_t i = 0; i < r->n_given && !r->run.code; i++)
    {
      const size_t before = r->run.problems[FCI_PROBLEM_NAME];
      const fci_family *family = find_family (r, i, values);
      if (!family && r->run.problems[FCI_PROBLEM_NAME] == before)
        {
          fci_rule_run_problem (&r->run, FCI_PROBLEM_UNKNOWN, "'%s'", r->given[i].name);
          ++*lost;
        }
      for (const fci_rule *rule = family ? family->rules : NULL; rule; rule = rule->sibling)
        apply_rule (r, rule, values, (uint32_t) i);
    }
}

static size_t
problems (const fci_rename *r)
{
  return r->run.problems[FCI_PROBLEM_NAME] + r->run.problems[FCI_PROBLEM_SHAPE]
         + r->run.problems[FCI_PROBLEM_CONFIG];
}

/* Compiles the table; with a configuration, its values are those of names. */
static int
begin (fci_rename *r, const fmtconv_rules *rules, fmtconv_attr *config, bool reverse, fci_renamed *out)
{
  fci_rule_run *run = &r->run;
  fci_expr_env env = fci_rule_run_env (run);
  fmtconv_model *in = fci_model_new (run->ctx, NULL); /* without tensors */
  run->table.arena = &run->arena;
  run->table.ctx = run->ctx;
  run->in = in;
  r->names = fci_map_new (run->ctx);
  if (!in || !r->names)
    return run->ctx->failed;
  if (config)
    fmtconv_attr_set (fmtconv_model_attrs (in), "config", config);
  run->table.env = config ? &env : NULL;
  const int code = fci_table_compile (&run->table, rules, reverse);
  run->table.env = NULL;
  out->is_other = config && (code || fci_rule_run_refuses (run));
  return run->ctx->failed ? run->ctx->failed : code;
}

static int
rename_all (fci_rename *r, const fmtconv_rules *rules, fmtconv_attr *config, bool reverse, fci_renamed *out)
{
  fci_rule_run *run = &r->run;
  const int code = begin (r, rules, config, reverse, out);
  if (code || out->is_other)
    return code;
  r->exact = fci_rule_run_alloc (run, r->n_given + 1, sizeof *r->exact);
  r->stored = config ? fci_rule_run_alloc (run, r->n_given + 1, sizeof *r->stored) : NULL;
  if (r->stored && r->n_given)
    {
      memcpy (r->stored, r->given, r->n_given * sizeof *r->stored);
      run->weights = r->given = r->stored;
    }
  if (r->exact && !run->code)
    match_all (r, &out->lost);
  if (!run->code && !out->lost && !problems (r))
    fci_rename_shapes (r);
  if (!run->code && !out->lost && !problems (r) && config)
    fci_rule_run_deny (run);
  if (!run->code && !out->lost && !problems (r))
    fci_rename_put (r, out);
  out->wrong = problems (r);
  if (run->code)
    fci_nomem (run->ctx);
  return run->ctx->failed;
}

/* Renames, and releases the memory of the run. */
static int
run_once (fci_rename *r, const fmtconv_rules *rules, fmtconv_attr *config, bool reverse, fci_renamed *out)
{
  fmtconv_ctx *ctx = r->run.ctx;
  *out = (fci_renamed){ 0 };
  int code = rename_all (r, rules, config, reverse, out);
  if (code == FMTCONV_E_NOMEM)
    fci_nomem (ctx);
  if (code && !ctx->failed)
    {
      out->lost = r->n_given; /* a table that cannot be used without the model, or in reverse */
      code = 0;
    }
  fci_arena_clear (&r->run.arena);
  return code;
}

int
fci_rules_rename (fmtconv_ctx *ctx, const fmtconv_rules *rules, const fmtconv_weight *weights, size_t n,
                  bool reverse, bool keep, bool silent, fci_renamed *out)
{
  fci_rename r = {
    .run = { .arena = FCI_ARENA_BESIDE (ctx), .ctx = ctx, .weights = weights, .silent = silent },
    .given = weights,
    .n_given = n,
    .is_kept = keep
  };
  return run_once (&r, rules, NULL, reverse, out);
}

int
fci_rules_rename_by_config (fmtconv_ctx *ctx, const fmtconv_rules *rules, fmtconv_attr *config,
                            const fmtconv_weight *weights, size_t n, bool silent, fci_renamed *out)
{
  fci_rename r = {
    .run = { .arena = FCI_ARENA_BESIDE (ctx), .ctx = ctx, .weights = weights, .silent = silent },
    .given = weights,
    .n_given = n,
    .has_config = true
  };
  return run_once (&r, rules, config, false, out);
}

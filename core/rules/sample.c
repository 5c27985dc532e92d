/* core/rules/sample.c: the names and shapes of a small model that rules describe, for tests of the rules.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/globs.h"
#include "core/base/text.h"
#include "core/model/model.h"
#include "core/rules/compile.h"
#include "core/rules/env.h"
#include "core/rules/lists.h"
#include "core/rules/match.h"
#include "core/rules/sample.h"
#include "core/rules/unify.h"
#include "core/rules/values.h"
#include <string.h>

enum
{
  MAX_TENSORS = 1 << 14,
  MAX_COUNT = 1 << 10, /* of the values of a number */
  FREE_SIZE = 24       /* of a dimension that may have any size: many part counts divide it */
};

/* A list of tensors while it grows. */
typedef struct sampling
{
  fci_rule_run *run;
  const char *without;
  fci_sample *out;
} sampling;

/* ---- Sizes */

/* Gives a number the values 0 ... n-1. */
static bool
set_count (fci_rule_run *run, fci_capture *capture, int64_t n)
{
  for (int64_t i = 0; i < n; i++)
    if (!fci_values_add (&run->arena, &capture->values, i))
      return false;
  return fci_values_close (&run->arena, &capture->values);
}

/* Returns the variable or the number of that name. */
static bool
find_size (fci_table *table, fci_text_span name, fci_var **var, fci_capture **capture)
{
  const unsigned number = fci_table_capture (table, name);
  *var = NULL;
  *capture = number == FCI_RULE_NONE ? NULL : &table->capture[number];
  for (unsigned i = 0; i < table->n_vars; i++)
    if (fci_text_span_equal (table->var[i].name, name))
      *var = &table->var[i];
  return *var || *capture;
}

/* Reports a key that is not a size, with the nearest valid one. */
static int
fail_key (const fci_rule_run *run, const char *key)
{
  const char *names[FCI_MAX_VARS + FCI_MAX_CAPTURES + 2] = { "without", "config" };
  size_t n = 2;
  for (unsigned i = 0; i < run->table.n_vars; i++)
    names[n++] = fci_strndup (run->ctx, run->table.var[i].name.at, run->table.var[i].name.len);
  for (unsigned i = 0; i < run->table.n_captures && i < FCI_MAX_CAPTURES; i++)
    names[n++] = fci_strndup (run->ctx, run->table.capture[i].name.at, run->table.capture[i].name.len);
  if (run->ctx->failed)
    return run->ctx->failed;
  const char *nearest = fci_spell_nearest (key, names, n);
  return fmtconv_fail (
      run->ctx, FMTCONV_E_FORMAT,
      "'%s' is neither a shape variable nor a number of the rules nor without or config%s%s%s", key,
      nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* Takes one size.  A name may be that of a variable and of a number. */
static int
take_size (fci_rule_run *run, const fmtconv_attr *size)
{
  fci_var *var;
  fci_capture *capture;
  if (!find_size (&run->table, FCI_TEXT_SPAN (size->key), &var, &capture))
    return fail_key (run, size->key);
  if (size->kind != FMTCONV_ATTR_INT || size->v.i < 0)
    return fmtconv_fail (run->ctx, FMTCONV_E_FORMAT, "'%s' must be an integer from 0 on", size->key);
  if (capture && size->v.i > MAX_COUNT)
    return fmtconv_fail (run->ctx, FMTCONV_E_LIMIT, "'%s' is larger than %d", size->key, MAX_COUNT);
  if (var)
    *var = (fci_var){ .name = var->name, .bound = true, .value = (uint64_t) size->v.i, .tensor = "test" };
  if (capture && !set_count (run, capture, size->v.i))
    fci_nomem (run->ctx);
  return run->ctx->failed;
}

static int
take_sizes (fci_rule_run *run, const fmtconv_attr *sizes)
{
  for (const fmtconv_attr *size = sizes->first; size; size = size->next)
    if (take_size (run, size))
      return run->ctx->failed;
  fci_rule_close_sums (&run->table);
  return 0;
}

/* ---- Shapes */

/* Returns the shape of a rule: of several alternatives the one at the position of the last list that has as many. */
static const fci_rule_shape *
shape_of (const fci_family *family, const fci_value *bound)
{
  const fci_rule *rule = family->rules;
  unsigned chosen = 0;
  for (unsigned t = 0; t < family->in.n_tokens; t++)
    {
      const fci_token *token = &family->in.token[t];
      if (token->kind == FCI_T_LIST && token->count == rule->n_shapes)
        chosen = (unsigned) bound[token->capture].number;
    }
  return rule->n_shapes ? &rule->shape[chosen] : NULL;
}

/* Returns the name of the first variable of a shape that has no size; NULL if all have one. */
static const char *
first_open (const fci_table *table, const fci_rule_shape *shape)
{
  for (unsigned i = 0; i < shape->rank; i++)
    {
      const fci_var *var = shape->dim[i].var >= 0 ? &table->var[shape->dim[i].var] : NULL;
      if (var && !var->bound)
        return fci_strndup (table->ctx, var->name.at, var->name.len);
    }
  return NULL;
}

static int
find_dims (const sampling *s, const fci_rule_shape *shape, const char *name, fci_tensor_dims *dims)
{
  *dims = (fci_tensor_dims){ .rank = 1, .n = { FREE_SIZE } };
  fci_rule_shape known = shape ? *shape : (fci_rule_shape){ 0 };
  for (unsigned i = 0; i < known.rank; i++)
    if (known.dim[i].var == FCI_DIM_ANY)
      known.dim[i] = (fci_rule_dim){ .times = FREE_SIZE, .var = FCI_DIM_NUMBER };
  *s->run->reason = 0;
  if (!shape || fci_rule_shape_known (s->run, &known, dims))
    return 0;
  const char *open = first_open (&s->run->table, &known);
  if (open)
    return fmtconv_fail (s->run->ctx, FMTCONV_E_MISSING,
                         "'test' does not give '%s' a shape: add a size for '%s'", name, open);
  return fmtconv_fail (s->run->ctx, FMTCONV_E_MISSING, "'test' does not give '%s' a shape%s%s", name,
                       *s->run->reason ? ": " : "", s->run->reason);
}

/* ---- Names */

static int
add_tensor (const sampling *s, const fci_family *family, const fci_value *bound)
{
  fmtconv_ctx *ctx = s->run->ctx;
  const fci_pattern *prefix = family->anchored ? NULL : s->run->prefix;
  const size_t before = prefix ? fci_pattern_print (prefix, bound, 0, NULL, 0) : 0;
  const size_t n = fci_pattern_print (&family->in, bound, UINT64_MAX, NULL, 0);
  char *name = fmtconv_ctx_alloc (ctx, before + n + 1, 1);
  if (!name)
    return ctx->failed;
  if (prefix)
    fci_pattern_print (prefix, bound, 0, name, before + 1);
  fci_pattern_print (&family->in, bound, UINT64_MAX, name + before, n + 1);
  if (fci_globs_match (s->without, name))
    {
      if (s->out->n_absent < MAX_TENSORS)
        s->out->absent[s->out->n_absent++] = name;
      return 0;
    }
  if (s->out->n == MAX_TENSORS)
    return fmtconv_fail (ctx, FMTCONV_E_LIMIT, "'test' describes more than %d tensors", MAX_TENSORS);
  fci_sample_tensor *tensor = &s->out->tensor[s->out->n++];
  *tensor = (fci_sample_tensor){ .name = name, .is_required = family->required };
  return find_dims (s, shape_of (family, bound), name, &tensor->dims);
}

/* Returns how many values a capture has: of a list its alternatives, of a number its count; 1: it stands for no value. */
static int64_t
choices (const fci_table *table, const fci_token *token)
{
  if (token->kind == FCI_T_LIST)
    return token->count;
  return token->kind == FCI_T_NUMBER && token->times ? (int64_t) table->capture[token->capture].values.n : 1;
}

/* Returns the captures of the pattern, each once, or their number if one can match any text. */
static unsigned
captures_of (const fci_pattern *pattern, const fci_token **capture, bool *is_free)
{
  unsigned n = 0;
  *is_free = false;
  for (unsigned t = 0; t < pattern->n_tokens; t++)
    {
      const fci_token *token = &pattern->token[t];
      *is_free = *is_free || token->kind == FCI_T_WORD || token->kind == FCI_T_REST;
      if ((token->kind == FCI_T_LIST || (token->kind == FCI_T_NUMBER && token->times)) && !token->again)
        capture[n++] = token;
    }
  return n;
}

/* Adds the tensors of a family: every combination of the values of its captures. */
static int
add_family (const sampling *s, const fci_family *family)
{
  const fci_token *capture[FCI_MAX_SLOTS];
  fci_value bound[FCI_MAX_CAPTURES] = { 0 };
  bool is_free;
  const unsigned n = captures_of (&family->in, capture, &is_free);
  for (unsigned k = 0; k < n; k++)
    if (!choices (&s->run->table, capture[k]))
      return 0;
  if (family->why || is_free)
    return 0;
  for (unsigned k;;)
    {
      if (add_tensor (s, family, bound))
        return s->run->ctx->failed;
      for (k = n; k > 0; k--)
        {
          fci_value *value = &bound[capture[k - 1]->capture];
          if (++value->number < choices (&s->run->table, capture[k - 1]))
            break;
          value->number = 0;
        }
      if (!k)
        return 0;
    }
}

/* ---- The model */

static int
sample (fci_rule_run *run, const fmtconv_rules *rules, const fmtconv_attr *sizes, sampling *s)
{
  fci_expr_env env = fci_rule_run_env (run);
  run->table.env = &env;
  const int code = fci_table_compile (&run->table, rules, false);
  run->table.env = NULL;
  if (code)
    return fci_table_fail (&run->table, run->ctx);
  run->prefix = &run->table.prefix[0];
  if (take_sizes (run, sizes))
    return run->ctx->failed;
  for (unsigned f = 0; f < run->table.n_families; f++)
    if (add_family (s, &run->table.family[f]))
      return run->ctx->failed;
  return 0;
}

int
fci_rules_sample (const fmtconv_model *empty, const fmtconv_rules *rules, const fmtconv_attr *sizes,
                  const char *without, fci_sample *out)
{
  fmtconv_ctx *ctx = fci_model_ctx (empty);
  fci_rule_run run = { .arena = FCI_ARENA_BESIDE (ctx), .ctx = ctx, .in = empty };
  sampling s = { .run = &run, .without = without, .out = out };
  run.table.arena = &run.arena;
  run.table.ctx = run.ctx;
  *out = (fci_sample){ .tensor = fmtconv_ctx_alloc (run.ctx, MAX_TENSORS, sizeof *out->tensor),
                       .absent = fmtconv_ctx_alloc (run.ctx, MAX_TENSORS, sizeof *out->absent) };
  const int code = out->tensor && out->absent ? sample (&run, rules, sizes, &s) : run.ctx->failed;
  fci_arena_clear (&run.arena);
  return code;
}

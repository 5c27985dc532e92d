/* core/rules/env.c: the values of names and functions of expressions in a run.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/attr/float-text.h"
#include "core/base/os.h"
#include "core/model/model.h"
#include "core/rules/env.h"
#include "core/rules/index.h"
#include "core/rules/let.h"
#include "core/rules/lists.h"
#include "core/rules/no-value.h"
#include "core/rules/pattern-match.h"
#include "core/rules/rope.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static fci_expr_state
number (uint64_t value, fci_expr_env *env, fci_expr_value *out)
{
  if (value > INT64_MAX)
    return fci_expr_bad (env, "%" PRIu64 " does not fit into 63 bits", value);
  *out = (fci_expr_value){ .type = FCI_VALUE_NUMBER, .number = (int64_t) value };
  return FCI_EXPR_KNOWN;
}

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
      return number (table->capture[capture].values.n, env, out);
    }
  for (unsigned i = 0; i < table->n_vars; i++)
    if (fci_text_span_equal (table->var[i].name, name) && table->var[i].bound)
      return number (table->var[i].value, env, out);
  snprintf (env->reason, sizeof env->reason, "no tensor gives '%.*s' a value", (int) name.len, name.at);
  return FCI_EXPR_OPEN;
}

/* ---- config(KEY), gguf(KEY), args(KEY) and source(KEY) */

static const fmtconv_attr *
child (const fmtconv_attr *node, fci_text_span key)
{
  uint64_t index = 0;
  const bool array = node->kind == FMTCONV_ATTR_ARRAY;
  if (node->kind != FMTCONV_ATTR_OBJECT && !array)
    return NULL;
  for (const fmtconv_attr *item = node->first; item; item = item->next, index++)
    {
      char digits[24];
      int n = array ? snprintf (digits, sizeof digits, "%" PRIu64, index) : 0;
      const fci_text_span own =
          array ? (fci_text_span){ digits, (size_t) n } : (fci_text_span){ item->key, strlen (item->key) };
      if (fci_text_span_equal (own, key))
        return item;
    }
  return NULL;
}

/* Returns the node at a path with dots ("rope_scaling.factor", "axes.0"). */
static const fmtconv_attr *
at_path (const fmtconv_attr *node, fci_text_span path)
{
  while (node)
    {
      const fmtconv_attr *whole = child (node, path); /* keys of GGUF hold dots */
      if (whole)
        return whole;
      const char *dot = memchr (path.at, '.', path.len);
      const size_t n = dot ? (size_t) (dot - path.at) : path.len;
      node = child (node, (fci_text_span){ path.at, n });
      if (!dot)
        break;
      path = (fci_text_span){ dot + 1, path.len - n - 1 };
    }
  return node;
}

/* The tables of entries that calls look into. */
static const struct entries
{
  const char *function;
  const char *path; /* of the attribute, with '/' */
  const char *what;
  bool has_paths; /* a key with dots leads into objects */
} tables[] = {
  { "config", "config", "entry of config.json", true },
  { "gguf", "gguf", "GGUF key", false },
  { "args", "source/torch/args", "argument of its training", false },
  { "source", "source", "fact of its folder", false },
};

static const struct entries *
table_of (const fci_expr *call)
{
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    if (fci_text_span_equal (call->text, FCI_TEXT_SPAN (tables[i].function)))
      return &tables[i];
  return NULL;
}

/* Returns the attribute at a path with '/', or NULL. */
static fmtconv_attr *
attribute_at (fmtconv_attr *node, const char *path)
{
  while (node)
    {
      char key[16];
      const size_t n = strcspn (path, "/");
      snprintf (key, sizeof key, "%.*s", (int) n, path);
      node = fmtconv_attr_get (node, key);
      if (!path[n])
        break;
      path += n + 1;
    }
  return node;
}

/* Returns the entry that config(KEY), gguf(KEY), args(KEY) or source(KEY) names, or NULL. */
static const fmtconv_attr *
entry (const fci_rule_run *run, const fci_expr *call, const struct entries *table)
{
  const fmtconv_attr *all = attribute_at (fmtconv_model_attrs (run->in), table->path);
  if (!all)
    return NULL;
  return table->has_paths ? at_path (all, call->word) : child (all, call->word);
}

/* Returns a fraction; of one in 32 bits the number that was meant: 1e-06. */
static double
real_of (const fmtconv_attr *node)
{
  char text[FCI_FLOAT];
  if (node->bits != 32)
    return node->v.f;
  fci_float_text (node->v.f, 32, text);
  return fci_os_strtod (text, NULL);
}

static fci_expr_state
entry_value (fci_expr_env *env, const fci_expr *call, fci_expr_value *out)
{
  const struct entries *table = table_of (call);
  const fmtconv_attr *node = entry (env->arg, call, table);
  const int len = (int) call->word.len;
  if (!node || node->kind == FMTCONV_ATTR_NULL)
    return call->a ? fci_expr_eval (env, call->a, out)
                   : fci_expr_bad (env, "the input has no %s '%.*s'", table->what, len, call->word.at);
  switch (node->kind)
    {
    case FMTCONV_ATTR_INT:
    case FMTCONV_ATTR_BOOL:
      *out = (fci_expr_value){ .type = node->kind == FMTCONV_ATTR_BOOL ? FCI_VALUE_TRUTH : FCI_VALUE_NUMBER,
                               .number = node->v.i };
      return FCI_EXPR_KNOWN;
    case FMTCONV_ATTR_UINT:
      return number (node->v.u, env, out);
    case FMTCONV_ATTR_FLOAT:
      *out = (fci_expr_value){ .type = FCI_VALUE_REAL, .real = real_of (node) };
      return FCI_EXPR_KNOWN;
    case FMTCONV_ATTR_STRING:
      *out = (fci_expr_value){ .type = FCI_VALUE_TEXT, .text = { node->v.s, node->len } };
      return FCI_EXPR_KNOWN;
    case FMTCONV_ATTR_ARRAY:
    case FMTCONV_ATTR_OBJECT:
      *out = (fci_expr_value){ .type = FCI_VALUE_NODE, .node = node };
      return FCI_EXPR_KNOWN;
    default:
      return fci_expr_bad (env, "'%.*s' is neither a number nor a truth value nor a text", len,
                           call->word.at);
    }
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
  return number (dims.n[axis], env, out);
}

static fci_expr_state
rank (fci_expr_env *env, const fci_expr *call, size_t tensor, fci_expr_value *out)
{
  const fci_rule_run *run = env->arg;
  fci_tensor_dims dims;
  if (tensor == n_names (run) || !dims_of (run, tensor, &dims))
    return fci_expr_bad (env, "the tensor '%.*s' is missing", (int) call->word.len, call->word.at);
  return number (dims.rank, env, out);
}

/* rope_factors(KEY, SIZE): what the positions of a rotary embedding are divided by. */
static fci_expr_state
factors_value (fci_expr_env *env, const fci_expr *call, fci_expr_value *out)
{
  const fci_rule_run *run = env->arg;
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (run->in), "config");
  const fmtconv_attr *scaling = config ? at_path (config, call->word) : NULL;
  int64_t size = 0;
  if (!call->a)
    return fci_expr_bad (env, "rope_factors(KEY, SIZE) needs the size of a head");
  const fci_expr_state state = fci_expr_number (env, call->a, &size);
  if (state)
    return state;
  const char *why = fci_rope_factors (run->ctx, config, (fmtconv_attr *) scaling, size, &out->node);
  out->type = FCI_VALUE_NODE;
  return why ? fci_expr_bad (env, "%.*s: %s", (int) call->word.len, call->word.at, why) : FCI_EXPR_KNOWN;
}

/* flags(KEY, TEXT): a list of truth values, for each item of a list of texts in config.json whether it is that text. */
static fci_expr_state
flags_value (fci_expr_env *env, const fci_expr *call, fci_expr_value *out)
{
  const fci_rule_run *run = env->arg;
  const fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (run->in), "config");
  const fmtconv_attr *list = config ? at_path (config, call->word) : NULL;
  const int len = (int) call->word.len;
  fci_expr_value text = { 0 };
  if (!list || list->kind != FMTCONV_ATTR_ARRAY)
    return fci_expr_bad (env, "the input has no list '%.*s' in config.json", len, call->word.at);
  if (!call->a)
    return fci_expr_bad (env, "flags(KEY, TEXT) needs a text");
  const fci_expr_state state = fci_expr_eval (env, call->a, &text);
  if (state || text.type != FCI_VALUE_TEXT)
    return state ? state : fci_expr_bad (env, "flags(KEY, TEXT) needs a text");
  fmtconv_attr *flags = fci_attr_new (run->ctx, FMTCONV_ATTR_ARRAY);
  for (const fmtconv_attr *item = list->first; flags && item; item = item->next)
    {
      if (item->kind != FMTCONV_ATTR_STRING)
        return fci_expr_bad (env, "an item of '%.*s' is not a text", len, call->word.at);
      fmtconv_attr_set_bool (flags, NULL,
                             fci_text_span_equal ((fci_text_span){ item->v.s, item->len }, text.text));
    }
  *out = (fci_expr_value){ .type = FCI_VALUE_NODE, .node = flags };
  return flags ? FCI_EXPR_KNOWN : fci_expr_bad (env, "out of memory");
}

/* rope_scaling(KEY, ELSE): how transformers names the stretching of a rotary embedding in a GGUF file; null: it is not stretched.
 * The key is that of its base. */
static fci_expr_state
scaling_value (fci_expr_env *env, const fci_expr *call, fci_expr_value *out)
{
  const fci_rule_run *run = env->arg;
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (run->in), "config");
  const fmtconv_attr *base = config ? at_path (config, call->word) : NULL;
  const fmtconv_attr *node = NULL;
  int64_t otherwise = 0;
  const fci_expr_state state = call->a ? fci_expr_number (env, call->a, &otherwise) : FCI_EXPR_KNOWN;
  if (state)
    return state;
  const double number = fmtconv_attr_get_float ((fmtconv_attr *) base, NULL, (double) otherwise);
  const char *why = fci_rope_scaling (run->in, number, &node);
  *out = (fci_expr_value){ .type = node ? FCI_VALUE_NODE : FCI_VALUE_NULL, .node = node };
  return why ? fci_expr_bad (env, "the rotary embedding: %s", why) : FCI_EXPR_KNOWN;
}

static fci_expr_state
call_value (fci_expr_env *env, const fci_expr *call, fci_expr_value *out)
{
  fci_rule_run *run = env->arg;
  size_t found = 0;
  if (fci_text_span_equal (call->text, FCI_TEXT_SPAN ("rope_factors")))
    return factors_value (env, call, out);
  if (fci_text_span_equal (call->text, FCI_TEXT_SPAN ("flags")))
    return flags_value (env, call, out);
  if (fci_text_span_equal (call->text, FCI_TEXT_SPAN ("rope_scaling")))
    return scaling_value (env, call, out);
  if (table_of (call))
    return entry_value (env, call, out);
  if (!run->prefix || (run->table.reverse && !run->item))
    return not_yet (env); /* nor are the names of the output known in reverse */
  fci_expr_state state = find_once (env, call, &found);
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

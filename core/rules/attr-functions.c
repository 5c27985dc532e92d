/* core/rules/attr-functions.c: functions of expressions that look into the attributes of the input.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/attr.h"
#include "core/attr/float-text.h"
#include "core/base/sort.h"
#include "core/rules/attr-functions.h"
#include "core/rules/lists.h"
#include "core/rules/rope.h"
#include "core/rules/run.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

fci_expr_state
fci_expr_unsigned (fci_expr_env *env, uint64_t value, fci_expr_value *out)
{
  if (value > INT64_MAX)
    return fci_expr_bad (env, "%" PRIu64 " does not fit into 63 bits", value);
  *out = (fci_expr_value){ .type = FCI_VALUE_NUMBER, .number = (int64_t) value };
  return FCI_EXPR_KNOWN;
}

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
      return fci_expr_unsigned (env, node->v.u, out);
    case FMTCONV_ATTR_FLOAT:
      *out = (fci_expr_value){ .type = FCI_VALUE_REAL, .real = fci_float_meant (node->v.f, node->bits) };
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

/* Evaluates an argument that has to be a text; needs: what is said if it is not. */
static fci_expr_state
text_argument (fci_expr_env *env, const fci_expr *argument, const char *needs, fci_text_span *out)
{
  fci_expr_value value = { 0 };
  const fci_expr_state state = argument ? fci_expr_eval (env, argument, &value) : FCI_EXPR_KNOWN;
  *out = value.text;
  return state || value.type == FCI_VALUE_TEXT ? state : fci_expr_bad (env, "%s", needs);
}

/* flags(KEY, TEXT): a list of truth values, for each item of a list of texts in config.json whether it is that text. */
static fci_expr_state
flags_value (fci_expr_env *env, const fci_expr *call, fci_expr_value *out)
{
  const fci_rule_run *run = env->arg;
  const fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (run->in), "config");
  const fmtconv_attr *list = config ? at_path (config, call->word) : NULL;
  const int len = (int) call->word.len;
  fci_text_span text;
  if (!list || list->kind != FMTCONV_ATTR_ARRAY)
    return fci_expr_bad (env, "the input has no list '%.*s' in config.json", len, call->word.at);
  const fci_expr_state state = text_argument (env, call->a, "flags(KEY, TEXT) needs a text", &text);
  if (state)
    return state;
  fmtconv_attr *flags = fci_attr_new (run->ctx, FMTCONV_ATTR_ARRAY);
  for (const fmtconv_attr *item = list->first; flags && item; item = item->next)
    {
      if (item->kind != FMTCONV_ATTR_STRING)
        return fci_expr_bad (env, "an item of '%.*s' is not a text", len, call->word.at);
      fmtconv_attr_set_bool (flags, NULL,
                             fci_text_span_equal ((fci_text_span){ item->v.s, item->len }, text));
    }
  *out = (fci_expr_value){ .type = FCI_VALUE_NODE, .node = flags };
  return flags ? FCI_EXPR_KNOWN : fci_expr_bad (env, "out of memory");
}

/* Compares keys that are numbers without a zero in front. */
static int
by_number (const void *a, const void *b, void *unused)
{
  const char *x = (*(const fmtconv_attr *const *) a)->key, *y = (*(const fmtconv_attr *const *) b)->key;
  const size_t n = strlen (x), m = strlen (y);
  (void) unused;
  return n != m ? (n > m) - (n < m) : strcmp (x, y);
}

static bool
is_number (const char *key)
{
  return *key && key[strspn (key, "0123456789")] == '\0' && (key[0] != '0' || !key[1]);
}

/* values(KEY): a list of the texts in an object of config.json whose keys are numbers, in their order. */
static fci_expr_state
values_value (fci_expr_env *env, const fci_expr *call, fci_expr_value *out)
{
  const fci_rule_run *run = env->arg;
  const fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (run->in), "config");
  const fmtconv_attr *object = config ? at_path (config, call->word) : NULL;
  const int len = (int) call->word.len;
  if (call->a)
    return fci_expr_bad (env, "values(KEY) has one argument");
  if (!object || object->kind != FMTCONV_ATTR_OBJECT)
    return fci_expr_bad (env, "the input has no object '%.*s' in config.json", len, call->word.at);
  const fmtconv_attr **item = fmtconv_ctx_alloc (run->ctx, object->len + 1, sizeof *item);
  fmtconv_attr *list = fci_attr_new (run->ctx, FMTCONV_ATTR_ARRAY);
  size_t n = 0;
  for (const fmtconv_attr *a = item && list ? object->first : NULL; a; a = a->next)
    item[n++] = a;
  if (n)
    fci_sort (item, n, sizeof *item, by_number, NULL);
  for (size_t i = 0; i < n; i++)
    {
      if (item[i]->kind != FMTCONV_ATTR_STRING || !is_number (item[i]->key))
        return fci_expr_bad (env, "an entry of '%.*s' is not a text with a number as its key", len,
                             call->word.at);
      fmtconv_attr_set (list, NULL, fci_attr_string (run->ctx, item[i]->v.s, item[i]->len));
    }
  *out = (fci_expr_value){ .type = FCI_VALUE_NODE, .node = list };
  return item && list ? FCI_EXPR_KNOWN : fci_expr_bad (env, "out of memory");
}

/* texts(KEY, YES, NO): the opposite of flags, a list of texts for the truth values of a list in a GGUF file. */
static fci_expr_state
texts_value (fci_expr_env *env, const fci_expr *call, fci_expr_value *out)
{
  const fci_rule_run *run = env->arg;
  const fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (run->in), "config");
  const fmtconv_attr *list = config ? at_path (config, call->word) : NULL;
  const int len = (int) call->word.len;
  fci_text_span text[2]; /* of false, of true */
  static const char needs[] = "texts(KEY, YES, NO) needs two texts";
  fci_expr_state state = text_argument (env, call->a, needs, &text[1]);
  if (!state)
    state = text_argument (env, call->b, needs, &text[0]);
  if (state)
    return state;
  if (!list || list->kind != FMTCONV_ATTR_ARRAY)
    return fci_expr_bad (env, "the input has no list '%.*s'", len, call->word.at);
  fmtconv_attr *texts = fci_attr_new (run->ctx, FMTCONV_ATTR_ARRAY);
  for (const fmtconv_attr *item = list->first; texts && item; item = item->next)
    {
      if (item->kind != FMTCONV_ATTR_BOOL)
        return fci_expr_bad (env, "an item of '%.*s' is not a truth value", len, call->word.at);
      const fci_text_span one = text[item->v.i != 0];
      fmtconv_attr_set (texts, NULL, fci_attr_string (run->ctx, one.at, one.len));
    }
  *out = (fci_expr_value){ .type = FCI_VALUE_NODE, .node = texts };
  return texts ? FCI_EXPR_KNOWN : fci_expr_bad (env, "out of memory");
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

bool
fci_attr_function (fci_expr_env *env, const fci_expr *call, fci_expr_value *out, fci_expr_state *state)
{
  static const struct
  {
    const char *name;
    fci_expr_state (*value) (fci_expr_env *env, const fci_expr *call, fci_expr_value *out);
  } functions[] = { { "rope_factors", factors_value },
                    { "rope_scaling", scaling_value },
                    { "flags", flags_value },
                    { "texts", texts_value },
                    { "values", values_value } };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
    if (fci_text_span_equal (call->text, FCI_TEXT_SPAN (functions[i].name)))
      {
        *state = functions[i].value (env, call, out);
        return true;
      }
  if (!table_of (call))
    return false;
  *state = entry_value (env, call, out);
  return true;
}

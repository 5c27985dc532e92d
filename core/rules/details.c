/* core/rules/details.c: parses .shape and .ops of a rule, and links the rules of one tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/rules/details.h"
#include "core/rules/gather.h"
#include "core/rules/let.h"
#include "core/rules/lists.h"
#include "core/rules/parts.h"
#include "core/rules/pick.h"
#include "core/rules/table.h"
#include "core/rules/trim.h"
#include <ctype.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum
{
  MAX_DIGITS = 15
};

/* Parses a number at *s. Returns false if there is no number or it is too large. */
static bool
take_number (const char **s, const char *end, uint64_t *n)
{
  const char *start = *s;
  for (*n = 0; *s < end && isdigit ((unsigned char) **s); ++*s)
    if (*s - start < MAX_DIGITS)
      *n = *n * 10 + (uint64_t) (**s - '0');
  return *s > start && *s - start <= MAX_DIGITS;
}

/* ---- .shape */
static int
find_var (fci_table *table, unsigned rule, fci_text_span name)
{
  for (unsigned i = 0; i < table->n_vars; i++)
    if (fci_text_span_equal (table->var[i].name, name))
      return (int) i;
  if (table->n_vars == FCI_MAX_VARS)
    {
      fci_table_bad (table, rule, "the table has too many shape variables");
      return FCI_DIM_NUMBER;
    }
  table->var[table->n_vars].name = name;
  return (int) table->n_vars++;
}

/* Parses "12h" or "h". Returns false if the text has another form. */
static bool
parse_multiple (fci_table *table, unsigned rule, fci_text_span text, fci_rule_dim *dim)
{
  const char *s = text.at, *end = s + text.len;
  bool digits = s < end && isdigit ((unsigned char) *s);
  if (digits && !take_number (&s, end, &dim->times))
    return false;
  if (s == end)
    return digits;
  for (const char *c = s; c < end; c++)
    if (!isalnum ((unsigned char) *c) && *c != '_')
      return false;
  const fci_text_span name = { s, (size_t) (end - s) };
  if (fci_table_let (table, name))
    return false;
  dim->var = find_var (table, rule, name);
  return !table->code && dim->times > 0;
}

/* Finds the variable that an expression such as "heads*d" or "h+2*d" binds. */
static void
find_factor (fci_table *table, unsigned rule, fci_rule_dim *dim)
{
  const fci_expr *sum = dim->expr->kind == FCI_EXPR_ADD ? dim->expr : NULL, *term = sum ? sum->b : dim->expr;
  const fci_expr *product = term->kind == FCI_EXPR_MUL ? term : NULL, *last = product ? product->b : term;
  if (last->kind != FCI_EXPR_NAME || *last->text.at == '#' || fci_table_let (table, last->text))
    return;
  dim->binds = true;
  dim->summand = sum ? sum->a : NULL;
  dim->factor = product ? product->a : NULL;
  dim->factor_of = find_var (table, rule, last->text);
}

static bool
parse_dim (fci_table *table, unsigned rule, fci_text_span text, fci_rule_dim *dim)
{
  *dim = (fci_rule_dim){ .times = 1, .var = FCI_DIM_NUMBER };
  if (text.len == 1 && *text.at == '?')
    {
      dim->var = FCI_DIM_ANY;
      return true;
    }
  if (parse_multiple (table, rule, text, dim))
    return true;
  if (table->code || !dim->times)
    return false;
  const char *s = text.at, *end = s + text.len;
  *dim = (fci_rule_dim){ .times = 1, .var = FCI_DIM_EXPR };
  if (fci_expr_parse (table->arena, &s, end, false, &dim->expr) || s != end)
    return false;
  find_factor (table, rule, dim);
  return !table->code;
}

bool
fci_rule_shape_parse (fci_table *table, unsigned rule, fci_text_span text, fci_rule_shape *shape)
{
  shape->rank = 0;
  for (const char *s = text.at, *end = s + text.len; text.len; s++)
    {
      const char *comma = memchr (s, ',', (size_t) (end - s));
      fci_text_span dim = { s, (size_t) ((comma ? comma : end) - s) };
      if (shape->rank == FMTCONV_MAX_RANK || !parse_dim (table, rule, dim, &shape->dim[shape->rank++]))
        return fci_table_bad (table, rule, "'%.*s' is not a shape", (int) text.len, text.at);
      s += dim.len;
      if (!comma)
        break;
    }
  return true;
}

/* Returns the number of parts of a text between separators, at most `most`; 0 if s is NULL. */
static size_t
count_parts (const char *s, char separator, size_t most)
{
  size_t n = s != NULL;
  for (; s && *s && n < most; s++)
    n += *s == separator;
  return n;
}

static bool
parse_shapes (fci_table *table, fci_rule *rule)
{
  const size_t most = FMTCONV_MAX_RANK + 1, n_most = count_parts (rule->declared->shape, '|', most);
  rule->shape = n_most ? fci_table_alloc (table, n_most, sizeof *rule->shape) : NULL;
  if (n_most && !rule->shape)
    return false;
  for (const char *s = rule->declared->shape; s; s++)
    {
      size_t n = strcspn (s, "|");
      if (rule->n_shapes > FMTCONV_MAX_RANK)
        return fci_table_bad (table, rule->number, ".shape has too many alternatives");
      fci_rule_shape *shape = &rule->shape[rule->n_shapes++];
      if (!fci_rule_shape_parse (table, rule->number, (fci_text_span){ s, n }, shape))
        return false;
      for (const fci_rule_shape *other = rule->shape; other < shape; other++)
        if (other->rank == shape->rank)
          return fci_table_bad (table, rule->number, ".shape has two alternatives of rank %u", shape->rank);
      s += n;
      if (!*s)
        break;
    }
  return true;
}

/* ---- .ops */
static bool
parse_cast (fci_table *table, fci_rule_op *op, const char *name)
{
  fci_try saved;
  op->kind = FCI_RULE_CAST;
  fci_try_begin (table->ctx, &saved);
  op->dtype = fmtconv_dtype_parse (table->ctx, name);
  fci_try_end (table->ctx, &saved);
  return op->dtype != 0;
}

static bool
parse_permute (fci_rule_op *op, const char *s)
{
  unsigned used = 0;
  op->kind = FCI_RULE_PERMUTE;
  for (;; s++)
    {
      uint64_t axis = 0;
      if (op->rank == FMTCONV_MAX_RANK || !take_number (&s, s + strlen (s), &axis)
          || axis >= FMTCONV_MAX_RANK)
        return false;
      op->axes[op->rank++] = (unsigned) axis;
      used |= 1u << axis;
      if (!*s)
        return used == (1u << op->rank) - 1;
      if (*s != ',')
        return false;
    }
}

/* Parses the number of a scale or an addition. */
static bool
parse_factor (fci_rule_op *op, int kind, const char *s)
{
  char *end = NULL;
  op->kind = kind;
  op->factor = fci_os_strtod (s, &end);
  return end > s && !*end && op->factor - op->factor == 0 && op->factor != 0;
}

static bool
parse_reshape (fci_table *table, fci_rule *rule, fci_rule_op *op, const char *s)
{
  op->kind = FCI_RULE_RESHAPE;
  if (!fci_rule_shape_parse (table, rule->number, FCI_TEXT_SPAN (s), &op->to))
    return false;
  for (unsigned i = 0; i < op->to.rank; i++)
    if (op->to.dim[i].var == FCI_DIM_ANY)
      return false;
  return true;
}

static bool
parse_op (fci_table *table, fci_rule *rule, const char *s)
{
  fci_rule_op *op = &rule->op[rule->n_ops++];
  if (strncmp (s, "cast ", 5) == 0)
    return parse_cast (table, op, s + 5);
  if (strncmp (s, "permute ", 8) == 0)
    return parse_permute (op, s + 8);
  if (strncmp (s, "reshape ", 8) == 0)
    return parse_reshape (table, rule, op, s + 8);
  if (strncmp (s, "gather ", 7) == 0)
    return fci_rule_gather_parse (table, op, s + 7);
  if (strncmp (s, "trim ", 5) == 0)
    return fci_rule_trim_parse (table, op, s + 5);
  if (strncmp (s, "skip ", 5) == 0)
    return fci_rule_skip_parse (table, op, s + 5);
  if (strncmp (s, "add ", 4) == 0)
    return parse_factor (op, FCI_RULE_ADD, s + 4);
  return strncmp (s, "scale ", 6) == 0 && parse_factor (op, FCI_RULE_SCALE, s + 6);
}

static bool
parse_ops (fci_table *table, fci_rule *rule)
{
  const char *s = rule->declared->ops;
  const size_t n_most = count_parts (s, ';', FCI_RULE_MAX_OPS);
  rule->op = n_most ? fci_table_alloc (table, n_most, sizeof *rule->op) : NULL;
  if (n_most && !rule->op)
    return false;
  while (s && *(s += strspn (s, " ;")))
    {
      size_t n = strcspn (s, ";"), used = n;
      while (used && s[used - 1] == ' ')
        used--;
      char *text = fci_table_alloc (table, used + 1, 1);
      if (!text)
        return false;
      memcpy (text, s, used);
      if (rule->n_ops == FCI_RULE_MAX_OPS)
        return fci_table_bad (table, rule->number, ".ops has too many operations");
      if (!parse_op (table, rule, text))
        return fci_table_bad (table, rule->number, ".ops: '%.80s' is not an operation", text);
      s += n;
    }
  return true;
}

/* Checks that the operations can be undone: no cast; a reshape needs a single source shape. */
static bool
check_reversible (fci_table *table, const fci_rule *rule)
{
  for (unsigned i = 0; i < rule->n_ops; i++)
    {
      bool known = rule->n_shapes == 1;
      for (unsigned d = 0; known && d < rule->shape->rank; d++)
        known = rule->shape->dim[d].var != FCI_DIM_ANY;
      if (rule->op[i].kind == FCI_RULE_CAST)
        return fci_table_bad (table, rule->number, "a cast cannot be undone");
      if (rule->op[i].kind == FCI_RULE_GATHER && !fci_rule_gather_is_permutation (&rule->op[i]))
        return fci_table_bad (table, rule->number, "a gather that is not a permutation cannot be undone");
      if (rule->op[i].kind == FCI_RULE_RESHAPE && !known)
        return fci_table_bad (table, rule->number, "a reshape needs one .shape without '?' to be undone");
    }
  return true;
}

bool
fci_rule_details (fci_table *table, fci_rule *rule)
{
  if (rule->declared->axis >= FMTCONV_MAX_RANK)
    return fci_table_bad (table, rule->number, ".axis is too large");
  return fci_rule_pick_parse (table, rule) && parse_shapes (table, rule) && parse_ops (table, rule)
         && fci_rule_parts_parse (table, rule) && (!table->reverse || check_reversible (table, rule));
}

/* ---- Picks of one family: each part once. */
static int
by_source (const void *a, const void *b)
{
  const fci_rule *x = *(fci_rule *const *) a, *y = *(fci_rule *const *) b;
  const int order = strcmp (x->declared->from, y->declared->from);
  return order ? order : x->number < y->number ? -1 : x->number > y->number;
}

/* Links the rules of the same .from, in their order. */
static bool
link_sources (fci_table *table)
{
  fci_rule **sorted = fci_table_alloc (table, table->n_rules, sizeof *sorted);
  if (!sorted)
    return false;
  for (unsigned i = 0; i < table->n_rules; i++)
    sorted[i] = &table->rule[i];
  qsort (sorted, table->n_rules, sizeof *sorted, by_source);
  for (unsigned i = 0; i + 1 < table->n_rules; i++)
    if (strcmp (sorted[i]->declared->from, sorted[i + 1]->declared->from) == 0)
      {
        sorted[i]->next_same = sorted[i + 1];
        sorted[i + 1]->is_later = true;
      }
  return true;
}

bool
fci_table_picks (fci_table *table)
{
  if (!link_sources (table))
    return false;
  for (fci_rule *a = table->rule; a < table->rule + table->n_rules; a++)
    {
      fci_rule *last = a;
      if (a->is_later) /* looked at with the first of them */
        continue;
      for (fci_rule *b = a->next_same; b; b = b->next_same)
        if (!a->n_pick != !b->n_pick)
          return fci_table_bad (table, b->number, "either all or none of the same `from` has a .pick");
        else if (table->reverse && !a->n_pick)
          return fci_table_bad (table, b->number, "it copies a tensor that rule %u already takes", a->number);
        else if (a->n_pick)
          {
            b->leader = a;
            last = last->next_pick = b;
          }
      if (a->n_pick)
        a->leader = a;
      if (a->n_pick && !fci_rule_pick_check (table, a))
        return false;
    }
  return true;
}

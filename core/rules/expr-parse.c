/* core/rules/expr-parse.c: parses expressions into nodes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/rules/expr.h"
#include "core/rules/lists.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

enum
{
  MAX_DEPTH = 32,  /* of parentheses and of operators that nest to the right */
  MAX_NODES = 256, /* of one expression; bounds the depth of the tree */
  MAX_DIGITS = 15,
  MAX_REAL = 40, /* bytes of a fraction */
  LEVEL_SUM = 3,
  LEVEL_UNARY = 5
};

typedef struct parser
{
  fci_arena *arena;
  const char *at, *end;
  const char *error;
  unsigned depth, n_nodes;
} parser;

static const fci_expr *parse_choice (parser *p);
static const fci_expr *parse_level (parser *p, unsigned level);

static void *
fail (parser *p, const char *reason)
{
  if (!p->error)
    p->error = reason;
  return NULL;
}

static fci_expr *
new_node (parser *p, fci_expr_kind kind)
{
  if (p->error || p->n_nodes++ == MAX_NODES)
    return fail (p, "it is too long");
  fci_expr *node = fci_arena_alloc (p->arena, sizeof *node);
  if (!node)
    return fail (p, "out of memory");
  *node = (fci_expr){ .kind = kind };
  return node;
}

static void
skip_blanks (parser *p)
{
  while (p->at < p->end && (*p->at == ' ' || *p->at == '\t'))
    p->at++;
}

/* Takes a text that comes next, after blanks. */
static bool
take (parser *p, const char *text)
{
  size_t n = strlen (text);
  skip_blanks (p);
  if ((size_t) (p->end - p->at) < n || memcmp (p->at, text, n) != 0)
    return false;
  p->at += n;
  return true;
}

static bool
is_first (const parser *p)
{
  return p->at < p->end && (isalpha ((unsigned char) *p->at) || *p->at == '_');
}

static fci_text_span
take_name (parser *p)
{
  fci_text_span name = { p->at, 0 };
  if (is_first (p))
    while (p->at < p->end && (isalnum ((unsigned char) *p->at) || *p->at == '_'))
      p->at++;
  name.len = (size_t) (p->at - name.at);
  return name;
}

/* Parses the digits after a point, and an exponent: 0.5, 1.0e-6. */
static const fci_expr *
parse_real (parser *p, fci_expr *node, const char *start)
{
  char text[MAX_REAL + 1], *end;
  for (p->at++; p->at < p->end && isdigit ((unsigned char) *p->at); p->at++)
    ;
  if (p->end - p->at > 2 && *p->at == 'e' && strchr ("+-", p->at[1]) && isdigit ((unsigned char) p->at[2]))
    for (p->at += 2; p->at < p->end && isdigit ((unsigned char) *p->at); p->at++)
      ;
  const size_t n = (size_t) (p->at - start);
  if (n > MAX_REAL)
    return fail (p, "a number is too long");
  memcpy (text, start, n);
  text[n] = '\0';
  node->kind = FCI_EXPR_REAL;
  node->real = fci_os_strtod (text, &end);
  return isfinite (node->real) ? node : fail (p, "a number is too large");
}

/* Parses a number; a name directly after it is a factor: "12h". */
static const fci_expr *
parse_number (parser *p)
{
  fci_expr *node = new_node (p, FCI_EXPR_NUMBER);
  const char *start = p->at;
  for (; node && p->at < p->end && isdigit ((unsigned char) *p->at); p->at++)
    if (p->at - start < MAX_DIGITS)
      node->number = node->number * 10 + (*p->at - '0');
  if (p->at - start > MAX_DIGITS)
    return fail (p, "a number is too large");
  if (node && p->end - p->at > 1 && *p->at == '.' && isdigit ((unsigned char) p->at[1]))
    return parse_real (p, node, start);
  fci_expr *product = node && is_first (p) ? new_node (p, FCI_EXPR_MUL) : NULL;
  if (!product)
    return p->error ? NULL : node;
  product->a = node;
  product->b = parse_level (p, LEVEL_UNARY);
  return p->error ? NULL : product;
}

static const fci_expr *
parse_text (parser *p)
{
  fci_expr *node = new_node (p, FCI_EXPR_TEXT);
  const char quote = *p->at++;
  const char *close = memchr (p->at, quote, (size_t) (p->end - p->at));
  if (!close)
    return fail (p, "a quoted text is not closed");
  if (node)
    node->text = (fci_text_span){ p->at, (size_t) (close - p->at) };
  p->at = close + 1;
  return node;
}

/* Takes the first argument of a function as it stands, up to ',' or ')' outside of braces. */
static fci_text_span
take_word (parser *p)
{
  unsigned braces = 0;
  skip_blanks (p);
  fci_text_span word = { p->at, 0 };
  for (; p->at < p->end && (braces || (*p->at != ',' && *p->at != ')')); p->at++)
    if (*p->at == '{')
      braces++;
    else if (*p->at == '}' && braces)
      braces--;
  word.len = (size_t) (p->at - word.at);
  while (word.len && word.at[word.len - 1] == ' ')
    word.len--;
  return word;
}

/* Returns whether the name is that of a function of a value, and makes the node one. */
static bool
is_function (fci_expr *node)
{
  static const char *const names[] = {
    [FCI_FUNCTION_FLOAT] = "float", [FCI_FUNCTION_INT] = "int", [FCI_FUNCTION_FLOOR] = "floor",
    [FCI_FUNCTION_SQRT] = "sqrt",   [FCI_FUNCTION_LOG] = "log", [FCI_FUNCTION_LENGTH] = "length"
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (fci_text_span_equal (node->text, FCI_TEXT_SPAN (names[i])))
      {
        node->kind = FCI_EXPR_FUNCTION;
        node->number = (int64_t) i;
        return true;
      }
  return false;
}

/* Parses the two arguments of gcd, or the second and third of texts. */
static const fci_expr *
parse_pair (parser *p, fci_expr *node)
{
  node->a = parse_choice (p);
  if (!p->error && !take (p, ","))
    return fail (p, node->kind == FCI_EXPR_GCD ? "gcd has one argument, but needs two"
                                               : "texts has two arguments, but needs three");
  node->b = p->error ? NULL : parse_choice (p);
  if (!p->error && !take (p, ")"))
    return fail (p, "')' is missing after the arguments of a function");
  return p->error ? NULL : node;
}

static const fci_expr *
parse_call (parser *p, fci_expr *node)
{
  const bool is_gcd = fci_text_span_equal (node->text, FCI_TEXT_SPAN ("gcd"));
  node->kind = is_gcd ? FCI_EXPR_GCD : FCI_EXPR_CALL;
  if (is_gcd)
    return parse_pair (p, node);
  const bool is_plain = is_function (node);
  node->word = is_plain ? (fci_text_span){ 0 } : take_word (p);
  if (!is_plain && !node->word.len)
    return fail (p, "a function has no argument");
  if (fci_text_span_equal (node->text, FCI_TEXT_SPAN ("texts")) && take (p, ","))
    return parse_pair (p, node);
  if (is_plain || take (p, ","))
    node->a = parse_choice (p);
  if (!p->error && !take (p, ")"))
    return fail (p, "')' is missing after the arguments of a function");
  return p->error ? NULL : node;
}

static const fci_expr *
parse_name (parser *p)
{
  fci_expr *node = new_node (p, FCI_EXPR_NAME);
  const char *start = p->at;
  bool counts = *p->at == '#';
  p->at += counts;
  fci_text_span name = take_name (p);
  if (!name.len)
    return fail (p, "a number, a name, a text or '(' is missing");
  if (!node)
    return NULL;
  node->text = (fci_text_span){ start, (size_t) (p->at - start) };
  bool yes = fci_text_span_equal (name, FCI_TEXT_SPAN ("true"));
  if (!counts && fci_text_span_equal (name, FCI_TEXT_SPAN ("null")))
    node->kind = FCI_EXPR_NULL;
  else if (!counts && (yes || fci_text_span_equal (name, FCI_TEXT_SPAN ("false"))))
    {
      node->kind = FCI_EXPR_TRUTH;
      node->number = yes;
    }
  else if (!counts && p->at < p->end && *p->at == '(')
    {
      p->at++;
      return parse_call (p, node);
    }
  return node;
}

static const fci_expr *
parse_primary (parser *p)
{
  if (take (p, "("))
    {
      const fci_expr *inner = parse_choice (p);
      if (!p->error && !take (p, ")"))
        return fail (p, "'(' is not closed");
      return inner;
    }
  if (p->at == p->end)
    return fail (p, "it ends where a number or a name is expected");
  if (isdigit ((unsigned char) *p->at))
    return parse_number (p);
  return *p->at == '\'' || *p->at == '"' ? parse_text (p) : parse_name (p);
}

static const fci_expr *
parse_unary (parser *p)
{
  bool minus = take (p, "-");
  skip_blanks (p);
  bool no = !minus && p->end - p->at > 1 && *p->at == '!' && p->at[1] != '=' && take (p, "!");
  if (!minus && !no)
    return parse_primary (p);
  fci_expr *node = new_node (p, minus ? FCI_EXPR_MINUS : FCI_EXPR_NOT);
  const fci_expr *operand = parse_level (p, LEVEL_UNARY);
  if (!node || !operand)
    return NULL;
  node->a = operand;
  return node;
}

/* Takes an operator of that level. Returns false if none comes next. */
static bool
take_operator (parser *p, unsigned level, fci_expr_kind *kind)
{
  static const struct
  {
    const char *text;
    unsigned level;
    fci_expr_kind kind;
  } table[] = {
    { "||", 0, FCI_EXPR_OR },         { "&&", 1, FCI_EXPR_AND }, { "==", 2, FCI_EXPR_EQ },
    { "!=", 2, FCI_EXPR_NE },         { "<=", 2, FCI_EXPR_LE },  { ">=", 2, FCI_EXPR_GE },
    { "<", 2, FCI_EXPR_LT },          { ">", 2, FCI_EXPR_GT },   { "+", LEVEL_SUM, FCI_EXPR_ADD },
    { "-", LEVEL_SUM, FCI_EXPR_SUB }, { "*", 4, FCI_EXPR_MUL },  { "/", 4, FCI_EXPR_DIV },
    { "%", 4, FCI_EXPR_MOD },
  };
  for (size_t i = 0; !p->error && i < sizeof table / sizeof *table; i++)
    if (table[i].level == level && take (p, table[i].text))
      {
        *kind = table[i].kind;
        return true;
      }
  return false;
}

/* Parses operators of one level and all above it, from left to right. */
static const fci_expr *
parse_level (parser *p, unsigned level)
{
  fci_expr_kind kind;
  if (p->depth++ == MAX_DEPTH * LEVEL_UNARY)
    fail (p, "it nests too deeply");
  const fci_expr *left = p->error               ? NULL
                         : level == LEVEL_UNARY ? parse_unary (p)
                                                : parse_level (p, level + 1);
  while (left && level < LEVEL_UNARY && take_operator (p, level, &kind))
    {
      fci_expr *node = new_node (p, kind);
      const fci_expr *right = parse_level (p, level + 1);
      if (!node || !right)
        return NULL;
      node->a = left;
      node->b = right;
      left = node;
      if (kind >= FCI_EXPR_LT && kind <= FCI_EXPR_NE && take_operator (p, level, &kind))
        return fail (p, "comparisons cannot be chained: join them with '&&'");
    }
  p->depth--;
  return p->error ? NULL : left;
}

static const fci_expr *
parse_choice (parser *p)
{
  const fci_expr *condition = parse_level (p, 0);
  if (!condition || !take (p, "?"))
    return condition;
  fci_expr *node = new_node (p, FCI_EXPR_CHOOSE);
  const fci_expr *yes = parse_level (p, 0);
  if (yes && !take (p, ":"))
    return fail (p, "':' is missing after '?'");
  p->depth += LEVEL_UNARY; /* choices nest to the right */
  const fci_expr *no =
      yes ? p->depth < MAX_DEPTH * LEVEL_UNARY ? parse_choice (p) : fail (p, "it nests too deeply") : NULL;
  p->depth -= LEVEL_UNARY;
  if (!node || !no)
    return NULL;
  node->a = condition;
  node->b = yes;
  node->c = no;
  return node;
}

const char *
fci_expr_parse (fci_arena *arena, const char **at, const char *end, bool whole, const fci_expr **out)
{
  parser p = { .arena = arena, .at = *at, .end = end };
  *out = whole ? parse_choice (&p) : parse_level (&p, LEVEL_SUM);
  skip_blanks (&p);
  *at = p.at;
  return p.error;
}

/* core/rules/expr-eval.c: evaluates expressions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/expr.h"
#include "core/rules/lists.h"
#include <fmtconv/attr.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

fci_expr_state
fci_expr_bad (fci_expr_env *env, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  vsnprintf (env->reason, sizeof env->reason, format, ap);
  va_end (ap);
  return FCI_EXPR_BAD;
}

static const char *
type_name (fci_expr_type type)
{
  static const char *const names[] = {
    "a number", "a truth value", "a text", "null", "a fraction", "a list"
  };
  return names[type];
}

static fci_expr_state
eval_type (fci_expr_env *env, const fci_expr *expr, fci_expr_type type, int64_t *out)
{
  fci_expr_value value = { 0 };
  fci_expr_state state = fci_expr_eval (env, expr, &value);
  *out = value.number;
  if (state == FCI_EXPR_KNOWN && value.type != type)
    return fci_expr_bad (env, "%s stands where %s is needed", type_name (value.type), type_name (type));
  return state;
}

fci_expr_state
fci_expr_number (fci_expr_env *env, const fci_expr *expr, int64_t *out)
{
  return eval_type (env, expr, FCI_VALUE_NUMBER, out);
}

fci_expr_state
fci_expr_truth (fci_expr_env *env, const fci_expr *expr, bool *out)
{
  int64_t number = 0;
  fci_expr_state state = eval_type (env, expr, FCI_VALUE_TRUTH, &number);
  *out = number != 0;
  return state;
}

/* Returns the greatest common divisor; 0 of 0 and 0. */
static uint64_t
common_divisor (uint64_t a, uint64_t b)
{
  while (b)
    {
      const uint64_t rest = a % b;
      a = b;
      b = rest;
    }
  return a;
}

static fci_expr_state
gcd_value (fci_expr_env *env, int64_t a, int64_t b, int64_t *out)
{
  if (a < 0 || b < 0)
    return fci_expr_bad (env, "gcd has the negative argument %" PRId64, a < 0 ? a : b);
  *out = (int64_t) common_divisor ((uint64_t) a, (uint64_t) b);
  return FCI_EXPR_KNOWN;
}

/* Computes a op b. */
static fci_expr_state
arithmetic (fci_expr_env *env, fci_expr_kind kind, int64_t a, int64_t b, int64_t *out)
{
  bool divides = kind == FCI_EXPR_DIV || kind == FCI_EXPR_MOD, overflows = false;
  if (divides && b == 0)
    return fci_expr_bad (env, "%" PRId64 " is divided by 0", a);
  if (divides && b == -1)
    overflows = a == INT64_MIN;
  if (kind == FCI_EXPR_MUL)
    overflows = __builtin_mul_overflow (a, b, out);
  else if (kind == FCI_EXPR_ADD)
    overflows = __builtin_add_overflow (a, b, out);
  else if (kind == FCI_EXPR_SUB)
    overflows = __builtin_sub_overflow (a, b, out);
  if (overflows)
    return fci_expr_bad (env, "a result does not fit into 64 bits");
  if (kind == FCI_EXPR_DIV && a % b)
    return fci_expr_bad (env, "%" PRId64 " does not divide by %" PRId64, a, b);
  if (divides)
    *out = kind == FCI_EXPR_DIV ? a / b : a % b;
  return FCI_EXPR_KNOWN;
}

static bool
is_number (const fci_expr_value *value)
{
  return value->type == FCI_VALUE_NUMBER || value->type == FCI_VALUE_REAL;
}

static double
real_of (const fci_expr_value *value)
{
  return value->type == FCI_VALUE_REAL ? value->real : (double) value->number;
}

static fci_expr_state
real_value (fci_expr_env *env, double real, fci_expr_value *out)
{
  *out = (fci_expr_value){ .type = FCI_VALUE_REAL, .real = real };
  return isfinite (real) ? FCI_EXPR_KNOWN : fci_expr_bad (env, "a result is not a finite number");
}

/* Computes a op b, of which one is a fraction. */
static fci_expr_state
real_arithmetic (fci_expr_env *env, fci_expr_kind kind, double a, double b, fci_expr_value *out)
{
  if (kind == FCI_EXPR_MOD || kind == FCI_EXPR_GCD)
    return fci_expr_bad (env, "%s needs integers", kind == FCI_EXPR_MOD ? "'%'" : "gcd");
  return real_value (env,
                     kind == FCI_EXPR_MUL   ? a * b
                     : kind == FCI_EXPR_DIV ? a / b
                     : kind == FCI_EXPR_ADD ? a + b
                                            : a - b,
                     out);
}

static bool
compare_reals (fci_expr_kind kind, double a, double b)
{
  const bool less = a<b, more = a> b;
  return kind == FCI_EXPR_LT   ? less
         : kind == FCI_EXPR_LE ? !more
         : kind == FCI_EXPR_GT ? more
         : kind == FCI_EXPR_GE ? !less
         : kind == FCI_EXPR_EQ ? !less && !more
                               : less || more;
}

static bool
compare_numbers (fci_expr_kind kind, int64_t a, int64_t b)
{
  switch (kind)
    {
    case FCI_EXPR_LT:
      return a < b;
    case FCI_EXPR_LE:
      return a <= b;
    case FCI_EXPR_GT:
      return a > b;
    case FCI_EXPR_GE:
      return a >= b;
    case FCI_EXPR_EQ:
      return a == b;
    default:
      return a != b;
    }
}

static fci_expr_state
compare (fci_expr_env *env, const fci_expr *expr, const fci_expr_value *a, const fci_expr_value *b,
         fci_expr_value *out)
{
  const bool equality = expr->kind == FCI_EXPR_EQ || expr->kind == FCI_EXPR_NE;
  out->type = FCI_VALUE_TRUTH;
  if (equality && (a->type == FCI_VALUE_NULL || b->type == FCI_VALUE_NULL))
    {
      out->number = (a->type == b->type) == (expr->kind == FCI_EXPR_EQ);
      return FCI_EXPR_KNOWN;
    }
  if (is_number (a) && is_number (b) && (a->type == FCI_VALUE_REAL || b->type == FCI_VALUE_REAL))
    {
      out->number = compare_reals (expr->kind, real_of (a), real_of (b));
      return FCI_EXPR_KNOWN;
    }
  if (a->type != b->type)
    return fci_expr_bad (env, "%s is compared with %s", type_name (a->type), type_name (b->type));
  if ((a->type != FCI_VALUE_NUMBER && !equality) || a->type == FCI_VALUE_NODE)
    return fci_expr_bad (env, "%s has no order", type_name (a->type));
  if (a->type == FCI_VALUE_TEXT)
    out->number = fci_text_span_equal (a->text, b->text) == (expr->kind == FCI_EXPR_EQ);
  else
    out->number = compare_numbers (expr->kind, a->number, b->number);
  return FCI_EXPR_KNOWN;
}

/* Evaluates an operator that needs both operands. */
static fci_expr_state
eval_both (fci_expr_env *env, const fci_expr *expr, fci_expr_value *out)
{
  fci_expr_value a = { 0 }, b = { 0 };
  const bool comparison = expr->kind >= FCI_EXPR_LT && expr->kind <= FCI_EXPR_NE;
  fci_expr_state state;
  if ((state = fci_expr_eval (env, expr->a, &a)))
    return state;
  if (!comparison && !is_number (&a))
    return fci_expr_bad (env, "%s stands where a number is needed", type_name (a.type));
  if ((state = fci_expr_eval (env, expr->b, &b)))
    return state;
  if (comparison)
    return compare (env, expr, &a, &b, out);
  if (!is_number (&b))
    return fci_expr_bad (env, "%s stands where a number is needed", type_name (b.type));
  if (a.type == FCI_VALUE_REAL || b.type == FCI_VALUE_REAL)
    return real_arithmetic (env, expr->kind, real_of (&a), real_of (&b), out);
  out->type = FCI_VALUE_NUMBER;
  if (expr->kind == FCI_EXPR_GCD)
    return gcd_value (env, a.number, b.number, &out->number);
  return arithmetic (env, expr->kind, a.number, b.number, &out->number);
}

/* Evaluates '&&', '||' and '?', which leave out what does not decide. */
static fci_expr_state
eval_deciding (fci_expr_env *env, const fci_expr *expr, fci_expr_value *out)
{
  bool first = false, second = false;
  fci_expr_state state = fci_expr_truth (env, expr->a, &first);
  if (state)
    return state;
  if (expr->kind == FCI_EXPR_CHOOSE)
    return fci_expr_eval (env, first ? expr->b : expr->c, out);
  *out = (fci_expr_value){ .type = FCI_VALUE_TRUTH, .number = first };
  if (first == (expr->kind == FCI_EXPR_OR))
    return FCI_EXPR_KNOWN;
  state = fci_expr_truth (env, expr->b, &second);
  out->number = second;
  return state;
}

/* Computes int and floor.  An entry that is to be an integer and is not one, 256.7, is an error in the input. */
static fci_expr_state
int_value (fci_expr_env *env, fci_expr_function function, const fci_expr_value *value, fci_expr_value *out)
{
  const double limit = 9007199254740992.0; /* 2^53: fractions beyond it are not exact */
  *out = *value;
  if (value->type == FCI_VALUE_NUMBER)
    return FCI_EXPR_KNOWN;
  if (!(fabs (value->real) < limit))
    return fci_expr_bad (env, "a fraction is too large for an integer");
  const double whole = floor (value->real);
  if (function == FCI_FUNCTION_INT && whole < value->real)
    return fci_expr_bad (env, "%g is not an integer", value->real);
  *out = (fci_expr_value){ .type = FCI_VALUE_NUMBER, .number = (int64_t) whole };
  return FCI_EXPR_KNOWN;
}

/* Returns the number of items of a list. */
static fci_expr_state
length_value (fci_expr_env *env, const fci_expr_value *value, fci_expr_value *out)
{
  if (value->type != FCI_VALUE_NODE || value->node->kind != FMTCONV_ATTR_ARRAY)
    return fci_expr_bad (env, "%s stands where a list is needed",
                         value->type == FCI_VALUE_NODE ? "an object" : type_name (value->type));
  *out = (fci_expr_value){ .type = FCI_VALUE_NUMBER, .number = (int64_t) value->node->len };
  return FCI_EXPR_KNOWN;
}

/* A function of a value; null stays null, so that an absent entry stays absent. */
static fci_expr_state
eval_function (fci_expr_env *env, const fci_expr *expr, fci_expr_value *out)
{
  fci_expr_state state = fci_expr_eval (env, expr->a, out);
  if (state || out->type == FCI_VALUE_NULL)
    return state;
  const fci_expr_value value = *out;
  if (expr->number == FCI_FUNCTION_LENGTH)
    return length_value (env, &value, out);
  if (!is_number (&value))
    return fci_expr_bad (env, "%s stands where a number is needed", type_name (value.type));
  const double real = real_of (&value);
  if (expr->number == FCI_FUNCTION_INT || expr->number == FCI_FUNCTION_FLOOR)
    return int_value (env, (fci_expr_function) expr->number, &value, out);
  return real_value (env,
                     expr->number == FCI_FUNCTION_SQRT  ? sqrt (real)
                     : expr->number == FCI_FUNCTION_LOG ? log (real)
                                                        : real,
                     out);
}

static fci_expr_state
eval_unary (fci_expr_env *env, const fci_expr *expr, fci_expr_value *out)
{
  bool minus = expr->kind == FCI_EXPR_MINUS;
  out->type = minus ? FCI_VALUE_NUMBER : FCI_VALUE_TRUTH;
  fci_expr_state state = eval_type (env, expr->a, out->type, &out->number);
  if (state || !minus)
    {
      out->number = !out->number;
      return state;
    }
  return arithmetic (env, FCI_EXPR_SUB, 0, out->number, &out->number);
}

fci_expr_state
fci_expr_eval (fci_expr_env *env, const fci_expr *expr, fci_expr_value *out)
{
  switch (expr->kind)
    {
    case FCI_EXPR_NUMBER:
    case FCI_EXPR_TRUTH:
      *out = (fci_expr_value){ .type = expr->kind == FCI_EXPR_TRUTH ? FCI_VALUE_TRUTH : FCI_VALUE_NUMBER,
                               .number = expr->number };
      return FCI_EXPR_KNOWN;
    case FCI_EXPR_REAL:
      *out = (fci_expr_value){ .type = FCI_VALUE_REAL, .real = expr->real };
      return FCI_EXPR_KNOWN;
    case FCI_EXPR_TEXT:
      *out = (fci_expr_value){ .type = FCI_VALUE_TEXT, .text = expr->text };
      return FCI_EXPR_KNOWN;
    case FCI_EXPR_NULL:
      *out = (fci_expr_value){ .type = FCI_VALUE_NULL };
      return FCI_EXPR_KNOWN;
    case FCI_EXPR_NAME:
      return env->name (env, expr->text, out);
    case FCI_EXPR_CALL:
      return env->call (env, expr, out);
    case FCI_EXPR_MINUS:
    case FCI_EXPR_NOT:
      return eval_unary (env, expr, out);
    case FCI_EXPR_FUNCTION:
      return eval_function (env, expr, out);
    case FCI_EXPR_AND:
    case FCI_EXPR_OR:
    case FCI_EXPR_CHOOSE:
      return eval_deciding (env, expr, out);
    default:
      return eval_both (env, expr, out);
    }
}

const char *
fci_expr_visit (const fci_expr *expr, const char *(*visit) (void *arg, const fci_expr *node), void *arg)
{
  const char *reason = NULL;
  if (expr && (expr->kind == FCI_EXPR_NAME || expr->kind == FCI_EXPR_CALL))
    reason = visit (arg, expr);
  if (expr && !reason)
    reason = fci_expr_visit (expr->a, visit, arg);
  if (expr && !reason)
    reason = fci_expr_visit (expr->b, visit, arg);
  return expr && !reason ? fci_expr_visit (expr->c, visit, arg) : reason;
}

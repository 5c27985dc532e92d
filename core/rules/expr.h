/* core/rules/expr.h: expressions in a table: dimensions, sizes of parts, values and conditions. Integers have 64 bits.
 * Overflow, a remainder of '/' of integers and a mixture of kinds are errors; an integer and a fraction give a fraction.
 * Without loops, each evaluation ends.
 *
 *   A ? B : C   ||   &&   == != < <= > >=   + -   * / %   - !   12h = 12 * h   0.5   NAME   #NAME   FUNCTION(WORD, A)
 *   texts(WORD, A, B)   float(A)   int(A)   sqrt(A)   log(A)   gcd(A, B)   'text'   null
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_EXPR_H
#define FCI_RULES_EXPR_H

#include "core/base/arena.h"
#include "core/rules/pattern.h"

typedef enum fci_expr_kind
{
  FCI_EXPR_NUMBER,
  FCI_EXPR_REAL,
  FCI_EXPR_TRUTH,
  FCI_EXPR_TEXT,
  FCI_EXPR_NULL,
  FCI_EXPR_NAME, /* also "#i" */
  FCI_EXPR_CALL,
  FCI_EXPR_MINUS,
  FCI_EXPR_NOT,
  FCI_EXPR_FUNCTION, /* of a number: fci_expr_function */
  FCI_EXPR_MUL,
  FCI_EXPR_DIV,
  FCI_EXPR_MOD,
  FCI_EXPR_ADD,
  FCI_EXPR_SUB,
  FCI_EXPR_GCD, /* of two integers */
  FCI_EXPR_LT,
  FCI_EXPR_LE,
  FCI_EXPR_GT,
  FCI_EXPR_GE,
  FCI_EXPR_EQ,
  FCI_EXPR_NE,
  FCI_EXPR_AND,
  FCI_EXPR_OR,
  FCI_EXPR_CHOOSE /* a ? b : c */
} fci_expr_kind;

/* Functions of a value; null stays null. */
typedef enum fci_expr_function
{
  FCI_FUNCTION_FLOAT, /* as a fraction */
  FCI_FUNCTION_INT,   /* as an integer, which the number must be */
  FCI_FUNCTION_FLOOR, /* the largest integer that is not above */
  FCI_FUNCTION_SQRT,
  FCI_FUNCTION_LOG,
  FCI_FUNCTION_LENGTH /* of a list */
} fci_expr_function;

/* A node. It refers to the text that was parsed. */
typedef struct fci_expr
{
  fci_expr_kind kind;
  int64_t number;     /* NUMBER, TRUTH; FUNCTION: which */
  double real;        /* REAL */
  fci_text_span text; /* TEXT, NAME; CALL: the function */
  fci_text_span word; /* CALL: its first argument, unparsed */
  const struct fci_expr *a, *b, *c;
} fci_expr;

typedef enum fci_expr_type
{
  FCI_VALUE_NUMBER,
  FCI_VALUE_TRUTH,
  FCI_VALUE_TEXT,
  FCI_VALUE_NULL,
  FCI_VALUE_REAL,
  FCI_VALUE_NODE /* an array or object of the input's attributes, which is only passed on */
} fci_expr_type;

typedef struct fci_expr_value
{
  fci_expr_type type;
  int64_t number; /* NUMBER, TRUTH */
  double real;    /* REAL, finite */
  fci_text_span text;
  const struct fmtconv_attr *node; /* NODE */
} fci_expr_value;

typedef enum fci_expr_state
{
  FCI_EXPR_KNOWN,
  FCI_EXPR_OPEN, /* depends on a name that has no value yet */
  FCI_EXPR_BAD   /* has no value; the environment's `reason` says why */
} fci_expr_state;

/* Where names and functions get their values. */
typedef struct fci_expr_env
{
  fci_expr_state (*name) (struct fci_expr_env *env, fci_text_span name, fci_expr_value *out);
  fci_expr_state (*call) (struct fci_expr_env *env, const fci_expr *call, fci_expr_value *out);
  void *arg;
  char reason[192];
} fci_expr_env;

/* Parses an expression at *at, and moves *at after it. whole: all of the grammar; else only sums, so that ',' and '|'
 * end it. Returns NULL, or the reason why it is not an expression ("out of memory" included). */
const char *fci_expr_parse (fci_arena *arena, const char **at, const char *end, bool whole,
                            const fci_expr **out);

/* Evaluates an expression. out: set if the state is FCI_EXPR_KNOWN. Thread: any that env's functions allow. */
fci_expr_state fci_expr_eval (fci_expr_env *env, const fci_expr *expr, fci_expr_value *out);

/* The same for an expression that must be a number or a truth value. */
fci_expr_state fci_expr_number (fci_expr_env *env, const fci_expr *expr, int64_t *out);
fci_expr_state fci_expr_truth (fci_expr_env *env, const fci_expr *expr, bool *out);

/* Sets env->reason and returns FCI_EXPR_BAD. */
fci_expr_state fci_expr_bad (fci_expr_env *env, const char *format, ...) FMTCONV_PRINTF (2);

/* Calls `visit` for each NAME and CALL; stops at the first reason (not NULL) and returns it. */
const char *fci_expr_visit (const fci_expr *expr, const char *(*visit) (void *arg, const fci_expr *node),
                            void *arg);

#endif

/* core/rules/pattern.h: the pattern language of the rules: compiling, matching, printing.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A compiled pattern refers to the text it was made from.  Nothing here records an error.
 */
#ifndef FCI_RULES_PATTERN_H
#define FCI_RULES_PATTERN_H

#include <fmtconv/types.h>
#include <stdbool.h>

enum
{
  FCI_MAX_TOKENS = 48,    /* of one pattern */
  FCI_MAX_SLOTS = 12,     /* different captures of one pattern */
  FCI_MAX_COUNTED = 2,    /* '#c' terms of one sum */
  FCI_MAX_LISTS = 32,     /* of one table */
  FCI_MATCH_BYTES = 4096, /* bytes of a name that can match */
  FCI_NUMBER_DIGITS = 18  /* of a number that can match */
};

/* Some bytes of a string. */
typedef struct fci_text_span
{
  const char *at;
  size_t len;
} fci_text_span;
#define FCI_TEXT_SPAN(s) ((fci_text_span){ (s), strlen (s) })

/* What .lists declares. */
typedef struct fci_rule_lists
{
  unsigned n;
  fci_text_span name[FCI_MAX_LISTS];
  fci_text_span alternatives[FCI_MAX_LISTS];
} fci_rule_lists;

typedef enum fci_token_kind
{
  FCI_T_TEXT,
  FCI_T_MAYBE, /* [text] */
  FCI_T_NUMBER,
  FCI_T_WORD,
  FCI_T_REST, /* {x*} */
  FCI_T_LIST
} fci_token_kind;

typedef struct fci_token
{
  fci_token_kind kind;
  bool again;         /* this capture stands further left, too */
  bool open;          /* NUMBER: the sum has counts that are not known yet */
  unsigned slot;      /* number of the capture in the pattern, from the left */
  unsigned capture;   /* number of the capture in the table; set by whoever compiles the table */
  unsigned count;     /* LIST: how many alternatives */
  fci_text_span text; /* TEXT, MAYBE: the literal; LIST: its alternatives, with commas */
  fci_text_span name; /* of the capture */

  /* NUMBER: printed = constant + sign * value + Σ counted */
  int sign;
  int64_t constant;
  int64_t sum; /* constant + Σ counted, when not open */
  unsigned n_counted;
  fci_text_span counted[FCI_MAX_COUNTED];
  int counted_sign[FCI_MAX_COUNTED];
} fci_token;

typedef struct fci_pattern
{
  unsigned n_tokens;
  unsigned n_slots;
  bool remembers; /* matching may go wrong in many ways: note those that did */
  const char *text;
  fci_token *token;
} fci_pattern;

/* What a capture matched. */
typedef struct fci_value
{
  int64_t number; /* NUMBER: solved (as printed while open); LIST: position */
  fci_text_span text;
} fci_value;

/* Compile `text` into *out with room for FCI_MAX_TOKENS tokens at `room`.  lists may be NULL.  NULL, or
 * what is wrong. */
const char *fci_pattern_compile (fci_pattern *out, fci_token *tokens_out, const char *text,
                                 const fci_rule_lists *lists);

/* Print to `to` (room bytes, always terminated unless room is 0) and return the length it takes.
 * bound: values by token->capture; known: a bit for each that is bound; others print as {name}. */
size_t fci_pattern_print (const fci_pattern *pattern, const fci_value *bound, uint64_t known, char *to,
                          size_t tokens_out);

/* What a number token prints for `value`. */
int64_t fci_token_printed (const fci_token *token, int64_t value);

#endif

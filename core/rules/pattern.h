/* core/rules/pattern.h: the pattern language: compiling, matching, printing. A compiled pattern refers to
 * its source text. Nothing here records an error.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_PATTERN_H
#define FCI_RULES_PATTERN_H

#include <fmtconv/types.h>
#include <stdbool.h>

enum
{
  FCI_MAX_TOKENS = 48, /* of one pattern */
  FCI_MAX_SLOTS = 12,  /* different captures of one pattern */
  FCI_MAX_COUNTED = 2, /* '#c' terms of one sum */
  FCI_MAX_LISTS = 32,  /* of one table */
  FCI_MAX_ALTERNATIVES = 512,
  FCI_MATCH_BYTES = 4096, /* bytes of a name that can match */
  FCI_NUMBER_DIGITS = 18  /* of a number that can match */
};

/* A range of bytes of a string. */
typedef struct fci_text_span
{
  const char *at;
  size_t len;
} fci_text_span;
#define FCI_TEXT_SPAN(s) ((fci_text_span){ (s), strlen (s) })

/* The lists that .lists declares. */
typedef struct fci_rule_lists
{
  unsigned n;
  fci_text_span name[FCI_MAX_LISTS];
  fci_text_span alternatives[FCI_MAX_LISTS];
  bool is_range[FCI_MAX_LISTS]; /* consecutive numbers; before they are expanded "FIRST..LAST" */
} fci_rule_lists;

typedef enum fci_token_kind
{
  FCI_T_TEXT,
  FCI_T_MAYBE, /* [text], [+text] */
  FCI_T_NUMBER,
  FCI_T_WORD,
  FCI_T_REST, /* {x*} */
  FCI_T_LIST
} fci_token_kind;

typedef struct fci_token
{
  fci_token_kind kind;
  bool again;         /* the capture also appears earlier in the pattern */
  bool open;          /* NUMBER: the sum has counts that are not known yet */
  bool is_printed;    /* MAYBE: names that are made have the text */
  unsigned slot;      /* number of the capture in the pattern, from the left */
  unsigned capture;   /* number of the capture in the table; set when the table is compiled */
  unsigned count;     /* LIST: number of alternatives; 0: the range is empty */
  fci_text_span text; /* TEXT, MAYBE: the literal; LIST: its alternatives, with commas */
  fci_text_span name; /* name of the capture */

  /* NUMBER: printed = constant + times * value + Σ counted */
  int64_t times; /* 0: the sum has no capture, as in {#i-1} */
  int64_t constant;
  int64_t sum; /* constant + Σ counted, unless open */
  unsigned n_counted;
  fci_text_span counted[FCI_MAX_COUNTED];
  int counted_sign[FCI_MAX_COUNTED];
} fci_token;

typedef struct fci_pattern
{
  unsigned n_tokens;
  unsigned n_slots;
  bool remembers; /* matching can fail in many ways: remember failed positions */
  bool is_void;   /* a list is empty: the pattern has no names */
  const char *text;
  fci_token *token;
} fci_pattern;

/* The value that a capture matched. */
typedef struct fci_value
{
  int64_t number; /* NUMBER: solved (as printed while open); LIST: position */
  fci_text_span text;
} fci_value;

/* Compiles `text` into *out, with FCI_MAX_TOKENS tokens at `tokens_out`. lists may be NULL. Returns NULL,
 * or the reason why it is not valid. */
const char *fci_pattern_compile (fci_pattern *out, fci_token *tokens_out, const char *text,
                                 const fci_rule_lists *lists);

/* Prints to `to` (`tokens_out` bytes, always terminated unless 0) and returns the full length. bound:
 * values by token->capture; known: a bit for each bound capture; others print as {name}. */
size_t fci_pattern_print (const fci_pattern *pattern, const fci_value *bound, uint64_t known, char *to,
                          size_t tokens_out);

/* Returns the number that a number token prints for `value`; negative: none. */
int64_t fci_token_printed (const fci_token *token, int64_t value);

#endif

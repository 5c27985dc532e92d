/* core/attr/json-scan.h: what is checked of a JSON text before it is parsed, so that the parser's memory is bounded and errors have a position.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_JSON_SCAN_H
#define FCI_ATTR_JSON_SCAN_H

#include <fmtconv/types.h>

enum
{
  FCI_JSON_BYTES = 256 << 20, /* longest JSON text: that of an index; callers have smaller limits */
  FCI_JSON_VALUES = 1 << 23,  /* most values of a JSON text */
  FCI_JSON_DEPTH = 128        /* deepest that a caller may allow */
};

/* What is wrong with a text. */
typedef struct fci_attr_fault
{
  int code;   /* 0: nothing */
  size_t pos; /* bytes from the start of the text */
  const char *what;
} fci_attr_fault;

/* An integer beyond INT64_MAX, which jansson cannot hold: the text's `number`-th number. */
typedef struct fci_big_integer
{
  struct fci_big_integer *next;
  size_t number;
  size_t pos;
  size_t len;
  uint64_t value;
} fci_big_integer;

/* What must hold before a parser sees a JSON text: no more values than the limit, no deeper than
 * `depth`, no control characters in keys.  The big integers in order; NULL: none, or fault->code. */
fci_big_integer *fci_json_scan (fmtconv_ctx *ctx, const char *text, size_t len, unsigned depth,
                                fci_attr_fault *fault);

#endif

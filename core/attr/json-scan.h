/* core/attr/json-scan.h: checks a JSON text before parsing, to bound the parser's memory and to give errors
 * a position.
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

/* An error in a text. */
typedef struct fci_attr_fault
{
  int code;   /* 0: no error */
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

/* Checks a JSON text before it is parsed: number of values, depth at most `depth`, no control characters
 * in keys. Returns the big integers in order; NULL: none, or fault->code. */
fci_big_integer *fci_json_scan (fmtconv_ctx *ctx, const char *text, size_t len, unsigned depth,
                                fci_attr_fault *fault);

#endif

/* core/attr/json-scan.h: checks a JSON text before parsing, to bound the parser's memory and to give errors
 * a position.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_JSON_SCAN_H
#define FCI_ATTR_JSON_SCAN_H

#include <fmtconv/types.h>
#include <stdbool.h>

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

/* Checks a JSON text before it is parsed: number of values, depth at most `depth`, no control characters in keys of objects
 * down to the depth `plain`. */
void fci_json_scan (const char *text, size_t len, unsigned depth, unsigned plain, fci_attr_fault *fault);

#endif

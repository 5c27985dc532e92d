/* core/attr/json.h: JSON text to attribute trees, through jansson.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_JSON_H
#define FCI_ATTR_JSON_H

#include "core/attr/json-scan.h"
#include "core/base/arena.h"
#include <fmtconv/input.h>
#include <stdbool.h>

/* A JSON text that is read value by value. */
typedef struct fci_json
{
  fmtconv_ctx *ctx;
  const char *text;
  size_t len;
  size_t pos; /* of the next value */
  fci_attr_fault fault;
  fmtconv_where where; /* of the text in its file */
  fci_arena memory;    /* of the text, if it is from a file; no value refers to it */
} fci_json;

/* Reads the value at pos and moves pos past it; last: only white space may follow. NULL: the error is in
 * fault or in the context. */
fmtconv_attr *fci_json_value (fci_json *json, bool last);

/* Returns whether JSON allows the character between values. */
static inline bool
fci_json_is_space (char c)
{
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Skips white space. Returns whether the text ends there. */
bool fci_json_at_end (fci_json *json);

/* Skips white space, and then this character if it is next. Returns whether it was. */
bool fci_json_skip (fci_json *json, char wanted);

/* Records that something else was expected. Returns false. */
bool fci_json_expected (fci_json *json, const char *what);

/* Reads a member of an object, or an element of an array. NULL: as for fci_json_value. */
fmtconv_attr *fci_json_member (fci_json *json);

/* Opens the next n bytes of the cursor; depth, plain: as for fci_json_scan. Returns false on an error
 * (recorded), and fci_json_close is not needed then. */
bool fci_json_take (fci_json *json, fmtconv_cursor *cursor, uint64_t n, unsigned depth, unsigned plain);

/* Calls `next`, with `memory` for what it makes; the fault or the error is recorded.  Returns its value; NULL: an error. */
fmtconv_attr *fci_json_read_in (fci_json *json, fci_arena *memory, fmtconv_attr *(*next) (fci_json *json));

/* Frees the text; the values that were read stay. */
void fci_json_close (fci_json *json);

/* Parses the next n bytes of the cursor, a JSON text with any root, and keeps nothing.  Records an error. */
void fci_json_check (fmtconv_cursor *cursor, uint64_t n, unsigned depth);

/* Records the fault, if any, at its place in the file. Returns false. */
bool fci_json_fail (fci_json *json);

#endif

/* core/attr/attr.h: attribute trees as the core builds them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_ATTR_H
#define FCI_ATTR_ATTR_H

#include <fmtconv/input.h>
#include <stdbool.h>

enum
{
  FCI_JSON_BYTES = 256 << 20, /* longest JSON text: that of an index; callers have smaller limits */
  FCI_JSON_VALUES = 1 << 23,  /* most values of a JSON text */
  FCI_JSON_DEPTH = 128        /* deepest that a caller may allow */
};

/* A node without a place.  NULL: an error. */
fmtconv_attr *fci_attr_new (fmtconv_ctx *ctx, unsigned kind);

/* A string of len bytes, copied. */
fmtconv_attr *fci_attr_string (fmtconv_ctx *ctx, const char *s, size_t len);

/* The member of a key of len bytes, or NULL. */
fmtconv_attr *fci_attr_find (fmtconv_attr *object, const char *key, size_t len);

/* Put `item`, a node without a place, at the end of an array (key NULL) or object, which has no such
 * key; key is referenced. */
void fci_attr_append (fmtconv_attr *node, const char *key, fmtconv_attr *item);

/* Replace what `node` is by what `fresh`, a node without a place, is. */
void fci_attr_become (fmtconv_attr *node, fmtconv_attr *fresh);

/* A copy without a place. */
fmtconv_attr *fci_attr_copy (fmtconv_ctx *ctx, const fmtconv_attr *node);

/* What is wrong with a text. */
typedef struct fci_fault
{
  int code;   /* 0: nothing */
  size_t pos; /* bytes from the start of the text */
  const char *what;
} fci_fault;

/* An integer beyond INT64_MAX, which jansson cannot hold: the text's `number`-th number. */
typedef struct fci_big
{
  struct fci_big *next;
  size_t number;
  size_t pos;
  size_t len;
  uint64_t value;
} fci_big;

/* What must hold before a parser sees a JSON text: no more values than the limit, no deeper than
 * `depth`, no control characters in keys.  The big integers in order; NULL: none, or fault->code. */
fci_big *fci_json_scan (fmtconv_ctx *ctx, const char *text, size_t len, unsigned depth, fci_fault *fault);

/* A JSON text that is read value by value. */
typedef struct fci_json
{
  fmtconv_ctx *ctx;
  const char *text;
  size_t len;
  size_t pos;         /* of the next value */
  const fci_big *big; /* the next one */
  size_t numbers;     /* met so far, in the text's order */
  fci_fault fault;
  fmtconv_where where; /* of the text in its file */
} fci_json;

/* The value at pos, which then is behind it; last: only white space may follow.  NULL: fault, or the context, says
 * why. */
fmtconv_attr *fci_json_value (fci_json *json, bool last);

/* Open the next n bytes of the cursor.  false: recorded. */
bool fci_json_take (fci_json *json, fmtconv_cursor *cursor, uint64_t n, unsigned depth);

/* Record the fault at its place in the file, if there is one; false. */
bool fci_json_fail (fci_json *json);

enum
{
  FCI_FLOAT = 32 /* bytes that hold any float's text */
};

/* A finite number as Python's repr writes it: the shortest that reads back the same, as a double, or as a
 * float if bits is 32. */
void fci_float_text (double v, unsigned bits, char text[FCI_FLOAT]);

/* The value that the cursor of packed values is at, as a node without a place; a string may have NULs. */
fmtconv_attr *fci_packed_next (const fmtconv_packed *packed, fmtconv_cursor *cursor);

/* What a plain YAML scalar is. */
fmtconv_attr *fci_yaml_scalar (fmtconv_ctx *ctx, const char *s, size_t len);

#endif

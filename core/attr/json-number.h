/* core/attr/json-number.h: numbers of a JSON text that need no library, or that jansson cannot hold.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_JSON_NUMBER_H
#define FCI_ATTR_JSON_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* A number.  jansson cannot hold an integer beyond INT64_MAX, -0, which no integer is, and an integer beyond 64 bits that a
 * float holds exactly (transformers writes int (1e30) as a limit that means none). */
typedef struct fci_json_number
{
  unsigned kind; /* FMTCONV_ATTR_INT, _UINT, _FLOAT; 0: a number for jansson, or not a number */
  uint64_t value;
  double real;
} fci_json_number;

/* Reads the number at the start of n bytes.  Returns its length. */
size_t fci_json_number_at (const char *text, size_t n, fci_json_number *out);

#endif

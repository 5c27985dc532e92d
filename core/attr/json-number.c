/* core/attr/json-number.c: numbers of a JSON text that need no library, or that jansson cannot hold.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/json-number.h"
#include "core/base/size.h"
#include <fmtconv/input.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  DIGITS = 309 /* of the largest float */
};

/* Returns whether digits are an integer that a float holds exactly, and which. */
static bool
is_exact_float (const char *digits, size_t n, double *real)
{
  char text[DIGITS + 1], back[DIGITS + 1];
  if (n > DIGITS)
    return false;
  memcpy (text, digits, n);
  text[n] = '\0';
  *real = strtod (text, NULL); /* the text has no decimal point, whose character depends on the locale */
  return isfinite (*real) && snprintf (back, sizeof back, "%.0f", *real) == (int) n && !strcmp (text, back);
}

/* Returns whether a number can have the character. */
static bool
is_of_number (char c)
{
  return (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E';
}

size_t
fci_json_number_at (const char *text, size_t n, fci_json_number *out)
{
  bool is_integer = true, is_exact = true;
  uint64_t value = 0;
  size_t i = 0;
  double real;
  const bool is_negative = n > 1 && text[0] == '-' && text[1] != '0';
  for (i += is_negative; i < n && is_of_number (text[i]); i++)
    {
      const char c = text[i];
      is_integer = is_integer && c >= '0' && c <= '9';
      is_exact = is_exact && is_integer && fci_size_mul (value, 10, &value)
                 && fci_size_add (value, (uint64_t) (c - '0'), &value);
    }
  const bool has_zeroes = i > 1 && text[0] == '0'; /* which JSON does not allow */
  *out = (fci_json_number){ 0 };
  if (is_negative && i > 1 && is_exact && value <= INT64_MAX)
    *out = (fci_json_number){ .kind = FMTCONV_ATTR_INT, .value = -value };
  else if (is_negative)
    return i;
  else if (i > 0 && is_exact && !has_zeroes)
    *out =
        (fci_json_number){ .kind = value > INT64_MAX ? FMTCONV_ATTR_UINT : FMTCONV_ATTR_INT, .value = value };
  else if (i == 2 && !memcmp (text, "-0", 2))
    *out = (fci_json_number){ .kind = FMTCONV_ATTR_FLOAT, .real = -0.0 };
  else if (i > 0 && is_integer && !is_exact && !has_zeroes && is_exact_float (text, i, &real))
    *out = (fci_json_number){ .kind = FMTCONV_ATTR_FLOAT, .real = real };
  return i;
}

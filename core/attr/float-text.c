/* core/attr/float-text.c: floats as Python writes them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/float-text.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include <float.h>
#include <fmtconv/formats.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  DIGITS = 17 /* always enough */
};

/* Increments the last of n digits. Returns false if the first digit overflows. */
static bool
increment (char *digits, int n)
{
  while (n > 0 && digits[n - 1] == '9')
    digits[--n] = '0';
  if (n > 0)
    digits[n - 1]++;
  return n > 0;
}

static bool
reads_back (const char *digits, int n, int exponent, double v, bool is_f32)
{
  char text[FCI_FLOAT + 8];
  snprintf (text, sizeof text, "%c.%.*se%d", digits[0], n - 1, digits + 1, exponent);
  return (is_f32 ? (double) strtof (text, NULL) : strtod (text, NULL)) == v;
}

/* Finds the fewest digits of v > 0 that read back as v, and its decimal exponent; returns their number.
 * Tries the nearest decimal of each length; just below a power of two numbers are denser than above, and
 * there the next decimal may read back if the nearest does not. */
static int
shortest (double v, bool is_f32, char digits[DIGITS + 1], int *exponent)
{
  int binary;
  bool is_power = frexp (v, &binary) == 0.5;
  for (int n = 1;; n++)
    {
      char text[FCI_FLOAT];
      snprintf (text, sizeof text, "%.*e", n - 1, v);
      digits[0] = text[0];
      if (n > 1)
        memcpy (digits + 1, text + 2, (size_t) n - 1);
      *exponent = atoi (strchr (text, 'e') + 1);
      if (n == DIGITS || reads_back (digits, n, *exponent, v, is_f32))
        return n;
      if (is_power && increment (digits, n) && reads_back (digits, n, *exponent, v, is_f32))
        return n;
    }
}

/* Writes "1.5", "100.0", "0.0001": n digits, the decimal point after digit `point`. */
static void
put_fixed (char *to, const char *digits, int n, int point)
{
  if (point <= 0)
    snprintf (to, FCI_FLOAT, "0.%.*s%.*s", -point, "0000", n, digits);
  else if (n <= point)
    snprintf (to, FCI_FLOAT, "%.*s%.*s.0", n, digits, point - n, "0000000000000000");
  else
    snprintf (to, FCI_FLOAT, "%.*s.%.*s", point, digits, n - point, digits + point);
}

static void
put_scientific (char *to, const char *digits, int n, int exponent)
{
  const char *point = n > 1 ? "." : "";
  snprintf (to, FCI_FLOAT, "%c%s%.*se%c%02d", digits[0], point, n - 1, digits + 1, exponent < 0 ? '-' : '+',
            abs (exponent));
}

static void
put_positive (double v, bool is_f32, char *to)
{
  char digits[DIGITS + 1] = "";
  int exponent, n = shortest (v, is_f32, digits, &exponent);
  while (n > 1 && digits[n - 1] == '0')
    n--;
  if (exponent >= -4 && exponent < 16)
    put_fixed (to, digits, n, exponent + 1);
  else
    put_scientific (to, digits, n, exponent);
}

/* Uses the C locale, because the application's may have another decimal point. */
void
fci_float_text (double v, unsigned bits, char text[FCI_FLOAT])
{
  locale_t before = fci_os_c_locale_begin ();
  char positive[FCI_FLOAT] = "0.0";
  if (v != 0)
    put_positive (fabs (v), bits == 32, positive);
  snprintf (text, FCI_FLOAT, "%s%.*s", signbit (v) ? "-" : "", FCI_FLOAT - 2, positive);
  fci_os_c_locale_end (before);
}

double
fci_float_meant (double v, unsigned bits)
{
  char text[FCI_FLOAT];
  if (bits != 32)
    return v;
  fci_float_text (v, bits, text);
  return fci_os_strtod (text, NULL);
}

int
fmtconv_attr_float_is_f32 (double value)
{
  char text[FCI_FLOAT];
  if (!isfinite (value))
    return 1;
  if (fabs (value) > (double) FLT_MAX)
    return 0;
  fci_float_text ((double) (float) value, 32, text);
  locale_t before = fci_os_c_locale_begin ();
  bool same = strtod (text, NULL) == value;
  fci_os_c_locale_end (before);
  return same;
}

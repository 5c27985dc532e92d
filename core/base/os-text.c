/* core/base/os-text.c: texts of errors, bytes that are looked for, and numbers in the C locale.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
fci_os_error_text (int os_errno, char buffer[FCI_ERROR_TEXT])
{
#if defined HAVE_STRERROR_R && defined STRERROR_R_CHAR_P
  return strerror_r (os_errno, buffer, FCI_ERROR_TEXT);
#elif defined HAVE_STRERROR_R
  if (strerror_r (os_errno, buffer, FCI_ERROR_TEXT) == 0)
    return buffer;
#endif
  snprintf (buffer, FCI_ERROR_TEXT, "error %d", os_errno);
  return buffer;
}

const void *
fci_os_find (const void *in, size_t in_size, const void *bytes, size_t n)
{
#ifdef HAVE_MEMMEM
  return memmem (in, in_size, bytes, n);
#else
  const char *at = in, *last = at + in_size;
  for (; n > 0 && (size_t) (last - at) >= n; at++)
    if (!(at = memchr (at, *(const char *) bytes, (size_t) (last - at) - n + 1)))
      return NULL;
    else if (memcmp (at, bytes, n) == 0)
      return at;
  return n == 0 ? in : NULL;
#endif
}

locale_t
fci_os_c_locale_begin (void)
{
#ifdef HAVE_USELOCALE
  locale_t c_locale = newlocale (LC_ALL_MASK, "C", (locale_t) 0);
  return c_locale ? uselocale (c_locale) : (locale_t) 0;
#else
  return (locale_t) 0;
#endif
}

void
fci_os_c_locale_end (locale_t before)
{
#ifdef HAVE_USELOCALE
  if (before)
    freelocale (uselocale (before));
#else
  (void) before;
#endif
}

double
fci_os_strtod (const char *text, char **end)
{
#if HAVE_DECL_STRTOD_L
  locale_t c = newlocale (LC_ALL_MASK, "C", (locale_t) 0);
  double value = c ? strtod_l (text, end, c) : strtod (text, end);
  if (c)
    freelocale (c);
  return value;
#else
  locale_t before = fci_os_c_locale_begin ();
  double value = strtod (text, end);
  fci_os_c_locale_end (before);
  return value;
#endif
}

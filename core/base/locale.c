/* core/base/locale.c: switches to the C locale, so that numbers do not depend on the application's locale.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/text.h"

locale_t
fci_c_locale_begin (void)
{
  locale_t c_locale = newlocale (LC_ALL_MASK, "C", (locale_t) 0);
  return c_locale ? uselocale (c_locale) : (locale_t) 0;
}

void
fci_c_locale_end (locale_t before)
{
  if (before)
    freelocale (uselocale (before));
}

/* tests/mutation/mutant.h: FMTCONV_MUTANT (N) is true if guard N is removed: the environment variable of that name is N.
 * SPDX-License-Identifier: Apache-2.0
 *
 * run.py puts it into the sources of a scratch copy, so that one build has all mutants. */
#ifndef FMTCONV_MUTANT
#include <stdlib.h>

static inline int
fmtconv_mutant (int number)
{
  static int chosen = -1;
  if (chosen < 0)
    {
      const char *text = getenv ("FMTCONV_MUTANT");
      chosen = text ? atoi (text) : 0;
    }
  return chosen == number;
}
#define FMTCONV_MUTANT(number) fmtconv_mutant (number)
#endif

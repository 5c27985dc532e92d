/* tests/unit/temporary.h: new folders in TMPDIR.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEMPORARY_H
#define TEMPORARY_H

#include <stdio.h>
#include <stdlib.h>

enum
{
  TEMPORARY_PATH = 256
};

/* Makes a new folder and returns its path in `path`. */
static inline char *
temporary_folder (char path[TEMPORARY_PATH], const char *name)
{
  const char *base = getenv ("TMPDIR");
  snprintf (path, TEMPORARY_PATH, "%s/fmtconv-%s-XXXXXX", base && *base ? base : "/tmp", name);
  if (!mkdtemp (path))
    {
      perror (path);
      abort ();
    }
  return path;
}

#endif

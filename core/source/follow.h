/* core/source/follow.h: follows links in a folder, one component after the other.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_FOLLOW_H
#define FCI_SOURCE_FOLLOW_H

#include "core/base/os.h"

/* An open folder, and a name in it that is not a link; "." is the folder itself. */
typedef struct fci_place
{
  int folder; /* the caller closes it */
  char name[FCI_PATH_MAX];
} fci_place;

/* Finds where `name` in `folder` leads.  Works without /proc and without a path of `folder`.  Returns 0, or -1 with
 * errno as open sets it. */
int fci_follow (int folder, const char *name, fci_place *place);

#endif

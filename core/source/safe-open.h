/* core/source/safe-open.h: opens a name in a folder without following a link out of it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_SAFE_OPEN_H
#define FCI_SOURCE_SAFE_OPEN_H

#include <fcntl.h>
#include <fmtconv/types.h>

enum
{
  FCI_OPEN_FLAGS =
      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY /* opening a pipe or terminal must not block */
};

/* Opens `name`, one plain component, in `folder`, without following a link out of folder->top. Returns a
 * descriptor, or -1 and errno: EXDEV if a link leads out. Thread: any. */
int fci_open_in_folder (const fmtconv_input *folder, const char *name, int flags);

#endif

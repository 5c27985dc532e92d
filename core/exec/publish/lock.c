/* core/exec/publish/lock.c: names, locks and modes of temporary files and folders.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/exec/publish/lock.h"
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

enum
{
  DECOR = 24 /* bytes that a temporary's name adds to the target's name */
};

const char *
fci_temporary_name (fmtconv_ctx *ctx, const char *name, uint64_t digest)
{
  size_t len = strlen (name) > NAME_MAX - DECOR ? NAME_MAX - DECOR : strlen (name);
  return fmtconv_ctx_printf (ctx, ".%.*s.fmtconv-%08x.tmp", (int) len, name,
                             (unsigned) (digest ^ digest >> 32) & 0xffffffffu);
}

bool
fci_lock (int fd, bool made)
{
  if (fci_os_lock (fd) == 0)
    return true;
  return errno != EWOULDBLOCK && made;
}

/* Ignores EPERM, which file systems without permissions report. */
int
fci_set_mode (int fd, mode_t mode)
{
  return fchmod (fd, mode) == 0 || errno == EPERM || errno == EOPNOTSUPP ? 0 : -1;
}

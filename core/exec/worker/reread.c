/* core/exec/worker/reread.c: reads bytes of output files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/worker/reread.h"
#include <errno.h>
#include <unistd.h>

int
fci_reread_bytes (int fd, uint64_t at, void *to, size_t n)
{
  for (size_t done = 0; done < n;)
    {
      const ssize_t got = pread (fd, (uint8_t *) to + done, n - done, (off_t) (at + done));
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return got < 0 ? errno : FCI_READ_SHORT;
      done += (size_t) got;
    }
  return 0;
}

int
fci_fail_reread (fmtconv_ctx *ctx, const char *display, int error)
{
  if (error == FCI_READ_SHORT)
    return fci_fail_file (ctx, FMTCONV_E_IO, display,
                          &(fmtconv_where){ .hint = "wait until no program writes to it, then try again" },
                          "became shorter while it was read");
  errno = error;
  return fci_fail_io (ctx, display, "cannot be read");
}

/* core/base/os-missing.h: whether a failed call is one that the system lacks; for the files of os.h.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_OS_MISSING_H
#define FCI_BASE_OS_MISSING_H

#include <errno.h>
#include <stdbool.h>

/* Returns whether the last error says that the call, a flag of it, or the file system's part in it does not exist.
 * EPERM: older sandboxes answer so for calls that they do not know. */
static inline bool
fci_os_is_missing (void)
{
  return errno == ENOSYS || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOTSUP || errno == EPERM;
}

#endif

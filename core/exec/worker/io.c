/* core/exec/worker/io.c: the system calls of an execution.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/exec/worker/io.h"
#include <sys/stat.h>
#include <unistd.h>

const struct fci_io fci_io_system = {
  .read = fci_source_read,
  .pwrite = pwrite,
  .copy_file_range = fci_os_copy_range,
  .will_need = fci_os_will_need,
  .fallocate = fci_os_reserve,
  .fsync = fsync,
  .close = close,
  .mkdir = mkdirat,
  .rename = fci_os_rename,
  .memory = fci_os_memory,
  .drop_cache = fci_os_drop_cache,
};

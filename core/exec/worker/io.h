/* core/exec/worker/io.h: the system calls of an execution, as a table that tests can replace.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WORKER_IO_H
#define FCI_EXEC_WORKER_IO_H

#include "core/source/source.h"
#include <sys/types.h>

/* Each function works as the call of that name (core/base/os.h) and sets errno on -1, except `read`.  `memory` and `drop_cache`
 * may be NULL: the files stay in the page cache. */
struct fci_io
{
  int (*read) (const fmtconv_source *source, uint64_t offset, void *to, size_t n); /* fci_source_read */
  ssize_t (*pwrite) (int fd, const void *bytes, size_t n, off_t at);
  ssize_t (*copy_file_range) (int from, off_t *from_at, int to, off_t *to_at, size_t n);
  void (*will_need) (int fd, off_t at, off_t n);
  int (*fallocate) (int fd, off_t size); /* fci_os_reserve */
  int (*fsync) (int fd);
  int (*close) (int fd);
  int (*mkdir) (int folder, const char *name, mode_t mode);
  int (*rename) (int folder, const char *from, const char *to, unsigned flags); /* FCI_RENAME_… */
  uint64_t (*memory) (void);                                                    /* fci_os_memory */
  void (*drop_cache) (int fd);                                                  /* fci_os_drop_cache */
};

extern const struct fci_io fci_io_system;

#endif

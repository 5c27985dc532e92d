/* core/source/disk.h: open files, each opened once and kept until the context is freed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_DISK_H
#define FCI_SOURCE_DISK_H

#include "core/base/map.h"
#include "core/source/source.h"
#include <pthread.h>
#include <sys/stat.h>

enum
{
  FCI_CURSOR_READAHEAD =
      1 << 13 /* bytes that a cursor reads ahead, so that a header of many numbers costs few calls */
};

/* The open files of a context. */
struct fci_sources
{
  fci_disk_file *disks; /* newest first */
  fci_map *by_file;     /* device and inode → fci_disk_file; NULL: none is open */
  fmtconv_input *typed; /* inputs that the user named, newest first */
  uint32_t last_id;     /* of a source */

  /* Files that can be opened again (descriptors.h): fields of this group and of these files need the lock. */
  pthread_mutex_t lock;
  pthread_cond_t released;        /* a thread ended its reading of a file */
  uint64_t max_descriptors;       /* of the process; 0: not known yet */
  size_t n_read;                  /* reads that go on */
  fci_disk_file *oldest, *newest; /* the open files that no thread reads, by the time of the last read */

  /* Readahead buffer: the number of the source (0: empty), first byte, bytes. */
  uint32_t ahead_of;
  uint64_t ahead_start;
  size_t ahead_n;
  uint8_t ahead[FCI_CURSOR_READAHEAD];
};

/* Returns the open files of the context, allocated on first use. NULL: out of memory. */
struct fci_sources *fci_sources_of (fmtconv_ctx *ctx);

/* Returns a source without bytes yet.  name: referenced; with `within`, the name of a part of that source. NULL: name is NULL, or out
 * of memory. */
fmtconv_source *fci_source_new (fmtconv_ctx *ctx, const fmtconv_source *within, const char *name);

/* Returns "a folder", "a named pipe" …, for messages. */
const char *fci_file_kind (mode_t mode);

/* Returns an open descriptor, which the call takes over in every case, as a source; regular files only. A
 * file that is open already (same device and inode) returns the existing source. */
fmtconv_source *fci_source_fd (fmtconv_ctx *ctx, int fd, const char *path);

/* Returns 0, or records E_IO for the first file whose device, inode, size or mtime changed since it was
 * opened. */
int fci_sources_unchanged (fmtconv_ctx *ctx);

/* Records E_IO: the file changed during the conversion. Returns its code. */
int fci_fail_changed (fmtconv_ctx *ctx, const char *path);

/* Returns whether a file is part of an input: fmtconv's own files are not, nor is the space for compressed members, which
 * has no name any more. */
bool fci_disk_is_input (const fci_disk_file *disk);

/* Calls `visit` for each file that was opened, the newest first. */
void fci_sources_each (fmtconv_ctx *ctx, void (*visit) (void *arg, const fci_disk_file *disk), void *arg);

/* Returns the path of an open source that is the same file as `st`, or NULL. */
const char *fci_sources_find (fmtconv_ctx *ctx, const struct stat *st);

#endif

/* core/source/disk.h: the files that are open, each once, until the context is freed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_DISK_H
#define FCI_SOURCE_DISK_H

#include "core/source/source.h"
#include <sys/stat.h>

enum
{
  FCI_CURSOR_READAHEAD =
      1 << 13 /* bytes that cursors read ahead, so that a header of many numbers costs few calls */
};

/* ctx->sources. */
struct fci_sources
{
  fci_disk_file *disks; /* newest first */
  fmtconv_input *typed; /* by the user, newest first */
  uint32_t next_id;

  /* What was read ahead: of which source (NULL: nothing), from where, how much. */
  const fmtconv_source *ahead_of;
  uint64_t ahead_start;
  size_t ahead_n;
  uint8_t ahead[FCI_CURSOR_READAHEAD];
};

/* What is open in the context, made when first asked for.  NULL: out of memory. */
struct fci_sources *fci_sources_of (fmtconv_ctx *ctx);

/* A source without bytes yet; name is referenced (NULL flows). */
fmtconv_source *fci_source_new (fmtconv_ctx *ctx, const char *name);

/* "a folder", "a named pipe" …, for messages. */
const char *fci_file_kind (mode_t mode);

/* An open descriptor (owned from now on, whatever happens) as a source; regular files only.  A file
 * that is open already (device and inode) gives the source that it has. */
fmtconv_source *fci_source_fd (fmtconv_ctx *ctx, int fd, const char *path);

/* 0, or E_IO naming the first file whose device, inode, size or mtime differ from when it was opened. */
int fci_sources_unchanged (fmtconv_ctx *ctx);

/* The path of an open source that is the same file as `st`, or NULL. */
const char *fci_sources_find (fmtconv_ctx *ctx, const struct stat *st);

#endif

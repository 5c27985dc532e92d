/* core/exec/patch.h: changes a few bytes of a file where they lie.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PATCH_H
#define FCI_EXEC_PATCH_H

#include "core/layout/layout.h"

enum
{
  FCI_SECTOR =
      512 /* bytes that disks, and the memory of the system, change as a whole: all of them, or none */
};

/* How a file differs from the layout of its new bytes. */
typedef struct fci_patch
{
  bool fits;                 /* only bytes of one sector differ, if any */
  uint64_t at;               /* offset of the first byte that differs … */
  size_t n;                  /* … and bytes up to the last that does; 0: none */
  uint8_t bytes[FCI_SECTOR]; /* the new ones … */
  uint8_t old[FCI_SECTOR];   /* … and those that they replace */
} fci_patch;

/* Compares a file with the only one of a frozen layout, whose sources lie in it.  Returns 0 or a code. */
int fci_patch_find (fmtconv_ctx *ctx, const fmtconv_layout *layout, fmtconv_source *file, fci_patch *patch);

/* Writes a patch that fits into the file, and flushes it to the disk.  path: of the file, which must still be the one that
 * was read.  Returns 0 or a code; after an error the old bytes were written again. */
int fci_patch_write (fmtconv_ctx *ctx, const fci_patch *patch, const fmtconv_source *file, const char *path);

#endif

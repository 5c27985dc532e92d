/* core/convert/examine.h: examines files against the rules of their formats.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_EXAMINE_H
#define FCI_CONVERT_EXAMINE_H

#include "core/exec/check/defect.h"
#include "core/model/model.h"
#include "core/source/disk.h"

/* Results of an examination. */
typedef struct fci_examined
{
  const char *reader;          /* name of the plugin */
  const fmtconv_model *model;  /* NULL: it cannot be read */
  const char *path;            /* that was examined, without its trailing slashes … */
  const struct stat *file;     /* … a file; NULL: a folder */
  const fci_disk_file *disks;  /* files that were opened, down to … */
  const fci_disk_file *before; /* … this one, which is not one of them */
  size_t files;                /* how many were opened … */
  uint64_t bytes;              /* … and their size */
} fci_examined;

/* Reads a file or folder with the reader of its format, checks all members of archives and all JSON files; what breaks a
 * rule, and what the reader warns of, is a defect.
 *   reader  "NAME:key=value"; NULL: the best bid
 * Returns 0 or a code: it cannot be examined. */
int fci_examine (fci_defects *defects, const char *path, const char *reader, fci_examined *result);

#endif

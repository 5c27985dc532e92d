/* core/source/stored.h: files that are stored under temporary names, and read under their final ones.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_STORED_H
#define FCI_SOURCE_STORED_H

#include "core/base/map.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct fci_stored_file
{
  const char *name; /* relative to the folder of all of them: "model.bin", "vae/config.json" */
  const char *path; /* where its bytes are now */
} fci_stored_file;

typedef struct fci_stored_files
{
  const fci_stored_file *file;
  size_t n;
  fci_map *names;  /* final names to numbers of files */
  fci_map *hidden; /* what a listing of their folders leaves out: final and present names */
} fci_stored_files;

/* Lists n files, which the caller keeps.  Returns 0 or a code. */
int fci_stored_set (fmtconv_ctx *ctx, fci_stored_files *files, const fci_stored_file *file, size_t n);

/* Returns the path of the file `name` in the folder `within` ("" or "vae/"); NULL: it is not one of them.  files may be
 * NULL. */
const char *fci_stored_path (const fci_stored_files *files, const char *within, const char *name);

/* Returns whether `base` is the present name of one of them in the folder `within`. */
bool fci_stored_hides (const fci_stored_files *files, const char *within, const char *base);

/* Returns the name of the i-th file if it lies in the folder `within` itself, or NULL. */
const char *fci_stored_entry (const fci_stored_files *files, const char *within, size_t i);

#endif

/* core/exec/publish/old-manifest.h: whether an existing file is a manifest, and of which files.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_OLD_MANIFEST_H
#define FCI_EXEC_PUBLISH_OLD_MANIFEST_H

#include "core/layout/layout.h"

typedef enum fci_manifest_kind
{
  FCI_MANIFEST_NONE,   /* not a manifest */
  FCI_MANIFEST_OTHER,  /* it lists other files too, or has comments */
  FCI_MANIFEST_OUTPUT, /* it lists files of this output only, new or old ones */
} fci_manifest_kind;

/* Reads the file `name` of an open folder, and sets *kind; a file that does not exist is not a manifest.
 *   path  of the folder, for messages
 * Returns 0 or a code. */
int fci_manifest_kind_of (fmtconv_ctx *ctx, const fmtconv_layout *layout, int folder, const char *path,
                          const char *name, fci_manifest_kind *kind);

/* Sets *kept to whether the file `name` of a folder `within` has the name of the output's manifest, but lists other files: then
 * it is not an older file of the output.  Returns 0 or a code. */
int fci_manifest_kept (fmtconv_ctx *ctx, const fmtconv_layout *layout, int folder, const char *path,
                       const char *within, const char *name, bool *kept);

#endif

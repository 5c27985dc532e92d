/* core/layout/manifest.h: the file with the SHA-256 of all other files of an output.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_MANIFEST_H
#define FCI_LAYOUT_MANIFEST_H

#include "core/layout/layout.h"

/* Returns the default name of the manifest of a file with the base name `target`, or of a folder. */
const char *fci_manifest_name (fmtconv_ctx *ctx, const char *target, bool is_folder);

/* Sets the manifest of a layout: none (NULL), one of the default name (""), or one of that name in the folder of the
 * output.  Returns 0 or a code. */
int fci_layout_set_manifest (fmtconv_layout *layout, const char *name);

/* Appends the manifest after all other files, in the form of sha256sum.  Without one, or under another name, an older
 * one of the default name is stale if it lists files of this output only, as these are replaced.  Returns 0 or a code. */
int fci_layout_put_manifest (fmtconv_layout *layout);

#endif

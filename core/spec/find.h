/* core/spec/find.h: finds the installed presets, and the file of a typed spec name.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_FIND_H
#define FCI_SPEC_FIND_H

#include "core/plugin/search.h"
#include <fmtconv/input.h>

/* Finds the presets of all folders, or only those named `only`. Returns 0 or an error code. */
int fci_presets_find (fmtconv_ctx *ctx, const char *only, fci_files *out);

/* Reads the first line of the preset and returns its comment; "": it has none. */
const char *fci_preset_summary (fmtconv_ctx *ctx, const fci_file *preset);

/* Opens a typed spec, a file or the name of a preset. NULL: an error. */
fmtconv_input *fci_spec_find (fmtconv_ctx *ctx, const char *typed);

#endif

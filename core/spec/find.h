/* core/spec/find.h: finds the installed presets, and the file of a typed spec name.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_FIND_H
#define FCI_SPEC_FIND_H

#include "core/plugin/search.h"

/* The presets of all folders, or those of one name.  0, or the code of an error. */
int fci_presets_find (fmtconv_ctx *ctx, const char *only, fci_files *out);

/* The comment in its first line, which is read for this; "": none. */
const char *fci_preset_summary (fmtconv_ctx *ctx, const fci_file *preset);

/* The path of a spec that was typed: a file, or the name of a preset.  NULL: an error. */
const char *fci_spec_path (fmtconv_ctx *ctx, const char *typed);

#endif

/* core/convert/stage.h: runs one stage of a conversion: callback, checks, freeze.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_STAGE_H
#define FCI_CONVERT_STAGE_H

#include "core/convert/link.h"
#include "core/layout/layout.h"
#include "core/model/model.h"

/* Run one stage. Return the frozen result, or NULL on error; `layout` must be empty. */
const fmtconv_model *fci_stage_read (fmtconv_ctx *ctx, const fci_link *reader, fmtconv_input *in);
const fmtconv_model *fci_stage_transform (fmtconv_ctx *ctx, const fci_link *transform,
                                          const fmtconv_model *in);
/* Runs only the transform's rules, in reverse. Notes that typed parameters are ignored. */
const fmtconv_model *fci_stage_reverse (fmtconv_ctx *ctx, const fci_link *transform, const fmtconv_model *in);
const fmtconv_layout *fci_stage_write (fmtconv_ctx *ctx, const fci_link *writer, const fmtconv_model *model,
                                       fmtconv_layout *layout);

/* Runs the reader's callback that edits: `layout` gets the file with the changes, and is frozen.  Returns
 * 0 or a code. */
int fci_stage_edit (fmtconv_ctx *ctx, const fci_link *reader, const fmtconv_change *changes, size_t n,
                    fmtconv_input *in, fmtconv_layout *layout);

/* Returns why a transform cannot run in reverse; NULL if it can, or on error. */
const char *fci_transform_one_way (fmtconv_ctx *ctx, const fmtconv_plugin *plugin);

#endif

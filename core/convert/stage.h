/* core/convert/stage.h: one stage each of a conversion: callback, checks, seal.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_STAGE_H
#define FCI_CONVERT_STAGE_H

#include "core/convert/link.h"
#include "core/layout/layout.h"
#include "core/model/model.h"

/* One stage each; the result is sealed.  layout: an empty one.  NULL: an error. */
const fmtconv_model *fci_stage_read (fmtconv_ctx *ctx, const fci_link *reader, fmtconv_input *in);
const fmtconv_model *fci_stage_transform (fmtconv_ctx *ctx, const fci_link *transform,
                                          const fmtconv_model *in);
/* The transform's rules alone, backwards.  Parameters that were typed are said to change nothing. */
const fmtconv_model *fci_stage_reverse (fmtconv_ctx *ctx, const fci_link *transform, const fmtconv_model *in);
const fmtconv_layout *fci_stage_write (fmtconv_ctx *ctx, const fci_link *writer, const fmtconv_model *model,
                                       fmtconv_layout *layout);

/* Why a transform does not run in reverse; NULL: it does, or an error. */
const char *fci_transform_one_way (fmtconv_ctx *ctx, const fmtconv_plugin *plugin);

#endif

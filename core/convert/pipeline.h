/* core/convert/pipeline.h: from a chain of plugins and two paths to a plan.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_PIPELINE_H
#define FCI_CONVERT_PIPELINE_H

#include "core/convert/link.h"
#include "core/layout/layout.h"
#include "core/model/model.h"
#include "core/plugin/params.h"
#include <fmtconv/fmtconv.h>

/* The reader with the highest bid.  No bid, or two equal best ones: an error naming them. */
const fmtconv_plugin *fci_detect_reader (fmtconv_ctx *ctx, fmtconv_input *in);

/* The writer whose suffixes the output's name has; that of a folder ends in '/'. */
const fmtconv_plugin *fci_detect_writer (fmtconv_ctx *ctx, const char *output);

/* One stage each; the result is sealed.  layout: an empty one.  NULL: an error. */
const fmtconv_model *fci_stage_read (fmtconv_ctx *ctx, const fci_link *reader, fmtconv_input *in);
const fmtconv_model *fci_stage_transform (fmtconv_ctx *ctx, const fci_link *transform,
                                          const fmtconv_model *in);
/* The transform's rules alone, backwards.  Parameters that were typed are said to change nothing. */
const fmtconv_model *fci_stage_reverse (fmtconv_ctx *ctx, const fci_link *transform, const fmtconv_model *in);
const fmtconv_model *fci_stage_copy (fmtconv_ctx *ctx, const fmtconv_job_component *part, fmtconv_input *in);
const fmtconv_layout *fci_stage_write (fmtconv_ctx *ctx, const fci_link *writer, const fmtconv_model *model,
                                       fmtconv_layout *layout);

#endif

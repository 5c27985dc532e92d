/* core/convert/copy.h: passthrough components: copies the files of a folder unchanged.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_COPY_H
#define FCI_CONVERT_COPY_H

#include "core/model/model.h"
#include <fmtconv/fmtconv.h>

/* Returns a frozen model of the listed files of the component, or of all files of the folder. Returns NULL
 * on error. */
const fmtconv_model *fci_stage_copy (fmtconv_ctx *ctx, const fmtconv_job_component *part, fmtconv_input *in);

#endif

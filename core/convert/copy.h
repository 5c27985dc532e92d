/* core/convert/copy.h: a component that is no model: files of a folder, carried along as they are.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_COPY_H
#define FCI_CONVERT_COPY_H

#include "core/model/model.h"
#include <fmtconv/fmtconv.h>

/* The files of the component, as they are, or all files of the folder; sealed.  NULL: an error. */
const fmtconv_model *fci_stage_copy (fmtconv_ctx *ctx, const fmtconv_job_component *part, fmtconv_input *in);

#endif

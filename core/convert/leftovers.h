/* core/convert/leftovers.h: reports attributes and scales that an output loses or keeps.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_LEFTOVERS_H
#define FCI_CONVERT_LEFTOVERS_H

#include "core/model/model.h"
#include <fmtconv/plugin.h>

/* Notes the attributes that the writer cannot store and the tensors that stay scaled, and warns of tensors
 * that lost their scales. Returns 0 or an error code. */
int fci_note_leftovers (fmtconv_ctx *ctx, const fmtconv_plugin *writer, const fmtconv_model *read,
                        const fmtconv_model *model);

#endif

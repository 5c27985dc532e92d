/* core/convert/leftovers.h: what an input has, and an output does not tell or does not make better.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_LEFTOVERS_H
#define FCI_CONVERT_LEFTOVERS_H

#include "core/model/model.h"
#include <fmtconv/plugin.h>

/* Note what the writer has no place for of what was read beside the tensors, and is still there; and warn of scaled
 * tensors that lost their scales.  0 or a code. */
int fci_note_leftovers (fmtconv_ctx *ctx, const fmtconv_plugin *writer, const fmtconv_model *read,
                        const fmtconv_model *model);

#endif

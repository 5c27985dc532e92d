/* core/convert/placeholders.h: warns of weights without values, whose values another file has.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_PLACEHOLDERS_H
#define FCI_CONVERT_PLACEHOLDERS_H

#include <fmtconv/input.h>
#include <fmtconv/model.h>

/* Warns of the placeholders in a model that was read from an input that the user named.  Returns 0 or the code of an
 * error. */
int fci_warn_of_placeholders (fmtconv_ctx *ctx, fmtconv_input *in, const fmtconv_model *model);

#endif

/* core/convert/one-of.h: notes that a file is one of several of a split model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_ONE_OF_H
#define FCI_CONVERT_ONE_OF_H

#include <fmtconv/input.h>

/* Notes that the user named one file of a split model, unless its reader looked for the others. */
void fci_note_one_of (fmtconv_ctx *ctx, fmtconv_input *in);

#endif

/* core/view/text.h: a view's normal form as text.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_TEXT_H
#define FCI_VIEW_TEXT_H

#include <fmtconv/types.h>
#include <stdio.h>

/* Prints the normal form: "f16[4,8] = box [0,0]+[4,8] <- SOURCE@128 f16 (16,2) | cast f32".  A source in a file is named without
 * the folder of the file. */
void fci_view_print (FILE *out, fmtconv_view *view);

/* Returns the same as text, for golden tests.  NULL: out of memory. */
const char *fci_view_text (fmtconv_view *view);

#endif

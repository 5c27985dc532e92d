/* core/view/text.h: a view's normal form as text.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_VIEW_TEXT_H
#define FCI_VIEW_TEXT_H

#include <fmtconv/types.h>

/* Returns the normal form as text, for golden tests: "f16[4,8] = box [0,0]+[4,8] <- SOURCE@128 f16 (16,2)
 * | cast f32". NULL: out of memory. */
const char *fci_view_text (fmtconv_view *view);

#endif

/* core/layout/freeze.h: freezes layouts: the manifest, and checks of names, references and the account.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_FREEZE_H
#define FCI_LAYOUT_FREEZE_H

#include <fmtconv/types.h>

/* Freezes a layout after checking that it has a file, that names are distinct and that no file is inside
 * another. Returns 0 or a code. */
int fci_layout_freeze (fmtconv_layout *layout);

#endif

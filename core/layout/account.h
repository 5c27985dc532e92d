/* core/layout/account.h: the account of a writer: every tensor is emitted, tied or dropped.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_ACCOUNT_H
#define FCI_LAYOUT_ACCOUNT_H

#include "core/layout/layout.h"

/* Checks each part of a layout whose references are resolved.  Every tensor of the model that a writer was given must be
 * emitted, with each of its elements once in any order, shape or encoding; or be tied to an emitted tensor of the same
 * bytes; or be dropped with a reason.  Returns 0, or E_INTERNAL, which names the writer and the tensors. */
int fci_layout_account (fmtconv_layout *layout);

#endif

/* core/base/held.h: messages that wait until it is known whether the conversion can start.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_HELD_H
#define FCI_BASE_HELD_H

#include <fmtconv/fmtconv.h>
#include <stdbool.h>

/* Holds notes and warnings back from now on.  An error that comes first is delivered after the warnings; the notes are
 * then dropped, because they describe a conversion that does not happen. */
void fci_messages_hold (fmtconv_ctx *ctx);

/* Delivers what was held back, in order, and holds nothing more.  Does nothing without fci_messages_hold. */
void fci_messages_release (fmtconv_ctx *ctx);

/* Keeps a copy of a note or warning and returns true; delivers the kept warnings if the message is an error.  Returns
 * false if the caller has to deliver the message. */
bool fci_message_is_held (fmtconv_ctx *ctx, const fmtconv_message *message);

#endif

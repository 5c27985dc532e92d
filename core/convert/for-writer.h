/* core/convert/for-writer.h: transforms that change their parameters, or join those that the user typed, for the writer.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_FOR_WRITER_H
#define FCI_CONVERT_FOR_WRITER_H

#include "core/convert/convert.h"

/* Gives links that the user typed the parameters of transforms for that writer, unless they have them. Returns 0 or an error code. */
int fci_links_for_writer (fmtconv_ctx *ctx, const char *writer, fci_links *links);

/* If the user typed nothing but merges, and the writer's last transform ("-t lora-merge:file=L -t quantize:q8_0"), chooses what
 * stands between them as if nothing had been typed, provided that the writer's own transforms match the model.  If he typed a
 * transform for this writer that names what stands around it (.around), adds that.  The writer's last transforms get the other
 * parameters that the writer gives them; if none is typed, they are added. Returns 0 or an error code. */
int fci_chain_around_types (fci_conversion *c);

#endif

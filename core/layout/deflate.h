/* core/layout/deflate.h: packs the bytes of an archive's member.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_DEFLATE_H
#define FCI_LAYOUT_DEFLATE_H

#include "core/layout/archive.h"

/* Sets size, method and checksum of a member that holds these bytes.  Returns its bytes in the file: deflated if that makes
 * them fewer, else the same; NULL: an error was recorded. */
const void *fci_archive_pack (fmtconv_ctx *ctx, fci_archive_member *member, const void *bytes, size_t n);

#endif

/* core/zip/opened.h: the archives that are open in a context.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ZIP_OPENED_H
#define FCI_ZIP_OPENED_H

#include <fmtconv/formats.h>

/* Adds an archive, unless it is in a scratch, with which it ends.  Returns 0 or a code. */
int fci_zip_note (fmtconv_zip *zip);

/* Returns the archive that was opened before `zip`; NULL: the last one.  NULL: none. */
fmtconv_zip *fci_zip_next (fmtconv_ctx *ctx, const fmtconv_zip *zip);

/* zip.c: returns a stored member as fmtconv_zip_member does, in the innermost scratch: for bytes that are read now.  NULL: absent, or an
 * error; any other member is that of fmtconv_zip_member. */
fmtconv_source *fci_zip_member_now (fmtconv_zip *zip, const char *name);

/* zip.c: reads a member that is stored and smaller than `room` bytes to `to`, with a NUL, and without making a source of it.
 * Returns its size, or -1, also without an error: it is absent, another member, or does not match its checksum. */
int fci_zip_load_small (fmtconv_zip *zip, const char *name, char *to, size_t room);

#endif

/* core/base/message.h: errors, warnings and notes: recorded, formatted as one line, delivered.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_MESSAGE_H
#define FCI_BASE_MESSAGE_H

#include <fmtconv/types.h>
#include <stdarg.h>

/* The hint for a file that breaks the rules of its format. */
#define FCI_HINT_DAMAGED "the file is damaged or breaks the rules of its format: download or copy it again"

/* Records an operating-system error on `path`, E_IO, and returns its code; `what` ("cannot open") is
 * followed by errno's text. */
int fci_fail_io (fmtconv_ctx *ctx, const char *path, const char *what);

/* Counts n detail lines of the next message that are not stored. */
void fci_detail_more (fmtconv_ctx *ctx, size_t n);

/* Records an error in the file of that path instead of the running reader's, and returns its code; where
 * may be NULL. */
int fci_fail_file (fmtconv_ctx *ctx, int code, const char *path, const fmtconv_where *where,
                   const char *format, ...) FMTCONV_PRINTF (5);
int fci_fail_filev (fmtconv_ctx *ctx, int code, const char *path, const fmtconv_where *where,
                    const char *format, va_list ap);

#endif

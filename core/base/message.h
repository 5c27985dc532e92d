/* core/base/message.h: errors, warnings and notes: recorded, formatted as one line, delivered.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_MESSAGE_H
#define FCI_BASE_MESSAGE_H

#include "core/base/sink.h"
#include <fmtconv/fmtconv.h>

/* The hint for a file that breaks the rules of its format. */
#define FCI_HINT_DAMAGED "the file is damaged or breaks the rules of its format: download or copy it again"

/* Returns whether an error says nothing about a file's content: it is one of the system, a failed call or allocation, or the
 * context has no memory left. */
bool fci_failure_is_final (const fmtconv_ctx *ctx, int code);

/* Sends the context's error to the application, which did not see it yet. */
void fci_error_report (fmtconv_ctx *ctx);

/* Records an operating-system error on `path`, E_IO, and returns its code; `what` ("cannot open") is
 * followed by errno's text. */
int fci_fail_io (fmtconv_ctx *ctx, const char *path, const char *what);

/* Records an error on `path` for which the operating system gave the number os_errno, and returns its code; where may
 * be NULL. */
int fci_fail_system (fmtconv_ctx *ctx, int code, int os_errno, const char *path, const fmtconv_where *where,
                     const char *format, ...) FMTCONV_PRINTF (6);

/* Warns as fmtconv_warn does, of something for which the operating system gave the number os_errno. */
int fci_warn_system (fmtconv_ctx *ctx, int os_errno, const char *format, ...) FMTCONV_PRINTF (3);

/* Appends "FILE: at byte 0x1f40: tensor 'a.b': WHAT (hint: HINT)". */
void fci_message_line (fci_sink *line, const fmtconv_message *m);

/* Counts n detail lines of the next message that are not stored. */
void fci_detail_more (fmtconv_ctx *ctx, size_t n);

/* Records an error in the file of that path instead of the running reader's, and returns its code; where
 * may be NULL. */
int fci_fail_file (fmtconv_ctx *ctx, int code, const char *path, const fmtconv_where *where,
                   const char *format, ...) FMTCONV_PRINTF (5);
int fci_fail_filev (fmtconv_ctx *ctx, int code, const char *path, const fmtconv_where *where,
                    const char *format, va_list ap);

#endif

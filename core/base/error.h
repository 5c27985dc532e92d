/* core/base/error.h: the first error of a context, which later calls of the application repeat.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_ERROR_H
#define FCI_BASE_ERROR_H

#include <fmtconv/fmtconv.h>
#include <stdbool.h>

/* Copies a message, whose texts live only as long as its callback, into the context's memory; also after an error.
 * Returns false if there is no memory. */
bool fci_message_copy (fmtconv_ctx *ctx, const fmtconv_message *m, fmtconv_message *to);

/* Keeps a copy of the error for fmtconv_ctx_error. */
void fci_error_keep (fmtconv_ctx *ctx, const fmtconv_message *error);

/* Begins a call of the application.  Returns 0; the code of the error that the context keeps, which is reported again;
 * or E_USAGE with `missing` as the message ("a job is required") if has_all is false. */
int fci_call_begin (fmtconv_ctx *ctx, bool has_all, const char *missing);

#endif

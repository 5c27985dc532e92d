/* core/convert/attempt.c: runs a step on a file that is examined, with its errors and warnings as defects of the file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/error.h"
#include "core/convert/attempt.h"

/* Adds a message, the texts of which are escaped. */
static int
add (fci_attempt *attempt, const fmtconv_message *m)
{
  return fci_defect_add (attempt->defects, (fci_defect){ .file = m->file ? m->file : attempt->file,
                                                         .offset = m->offset,
                                                         .tensor = m->tensor,
                                                         .what = m->what,
                                                         .hint = m->hint });
}

/* Notes are about what a conversion does, not about the file. */
static void
take_message (void *arg, const fmtconv_message *m)
{
  fci_attempt *attempt = arg;
  fmtconv_message kept;
  if (m->level != FMTCONV_MSG_WARNING)
    return;
  if (fci_message_copy (attempt->defects->ctx, m, &kept))
    add (attempt, &kept);
  else
    fci_nomem (attempt->defects->ctx);
}

void
fci_attempt_begin (fci_attempt *attempt, fci_defects *defects, const char *file)
{
  *attempt = (fci_attempt){ .defects = defects, .file = file };
  fci_try_listen (defects->ctx, &attempt->saved, take_message, attempt);
}

int
fci_attempt_end (fci_attempt *attempt)
{
  fmtconv_ctx *ctx = attempt->defects->ctx;
  const fmtconv_message *error = ctx->error;
  const int code = fci_try_end (ctx, &attempt->saved);
  if (!code || ctx->failed)
    return code;
  if (code == FMTCONV_E_FORMAT || code == FMTCONV_E_MISSING || code == FMTCONV_E_LIMIT
      || (code == FMTCONV_E_UNSUPPORTED && attempt->is_recognized))
    return add (attempt, error);
  ctx->failed = code;
  ctx->error = error;
  fci_error_report (ctx);
  return code;
}

/* tests/unit/record.h: a context for a test, and the last message that it gave.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RECORD_H
#define RECORD_H

#include "core/base/ctx.h"
#include <stdio.h>

typedef struct record
{
  int n_errors;
  int n_notes;
  int code;
  int os_errno;
  int has_hint;
  uint64_t offset;
  char text[8192];
} record;

static inline void
record_message (void *arg, const fmtconv_message *m)
{
  record *r = arg;
  if (m->level == FMTCONV_MSG_NOTE)
    r->n_notes++;
  else
    r->n_errors++;
  r->code = m->code;
  r->os_errno = m->os_errno;
  r->has_hint = m->hint != NULL;
  r->offset = m->offset;
  snprintf (r->text, sizeof r->text, "%s", m->text);
}

/* Returns a context that fills `r`. */
static inline fmtconv_ctx *
record_ctx (record *r)
{
  *r = (record){ 0 };
  return fmtconv_ctx_new (
      &(fmtconv_options){ .struct_size = sizeof (fmtconv_options), .message = record_message, .arg = r });
}

#endif

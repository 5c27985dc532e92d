/* tests/unit/collect.h: a context whose messages a test can read.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_COLLECT_H
#define TESTS_COLLECT_H

#include "core/base/ctx.h"
#include <stdio.h>

typedef struct collected
{
  unsigned n[3]; /* messages by level */
  int level;     /* of the last one, and so on */
  int code;
  int os_errno;
  uint64_t offset;
  size_t n_details;
  size_t n_more;
  char text[8192];
  char what[4096];
  char file[2048];
  char tensor[512];
  char hint[2048];
  char detail[1024]; /* the last one */
} collected;

static inline void
collect_string (char *to, size_t size, const char *s)
{
  snprintf (to, size, "%s", s ? s : "(none)");
}

static inline void
collect (void *arg, const fmtconv_message *m)
{
  collected *c = arg;
  c->n[m->level]++;
  c->level = m->level;
  c->code = m->code;
  c->os_errno = m->os_errno;
  c->offset = m->offset;
  c->n_details = m->n_details;
  c->n_more = m->n_more;
  collect_string (c->text, sizeof c->text, m->text);
  collect_string (c->what, sizeof c->what, m->what);
  collect_string (c->file, sizeof c->file, m->file);
  collect_string (c->tensor, sizeof c->tensor, m->tensor);
  collect_string (c->hint, sizeof c->hint, m->hint);
  collect_string (c->detail, sizeof c->detail, m->n_details ? m->details[m->n_details - 1] : NULL);
}

static inline fmtconv_ctx *
collecting (collected *c, unsigned flags)
{
  const fmtconv_options options = {
    .struct_size = sizeof options, .flags = flags, .message = collect, .arg = c
  };
  return fmtconv_ctx_new (&options);
}

#endif

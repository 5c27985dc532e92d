/* tests/unit/messages.h: a context whose messages a test can read.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HEARD_H
#define HEARD_H

#include <fmtconv/fmtconv.h>
#include <stdio.h>
#include <string.h>

typedef struct captured
{
  int errors;
  int warnings;
  int notes;
  int code;        /* of the error */
  char error[512]; /* the line of the first error */
  char last[512];  /* of the last warning or note */
  char details[4096];
} captured;

static inline void
capture_message (void *arg, const fmtconv_message *m)
{
  captured *h = (captured *) arg;
  char *line = m->level == FMTCONV_MSG_ERROR ? h->error : h->last;
  snprintf (line, sizeof h->error, "%s", m->text);
  h->errors += m->level == FMTCONV_MSG_ERROR;
  h->warnings += m->level == FMTCONV_MSG_WARNING;
  h->notes += m->level == FMTCONV_MSG_NOTE;
  h->code = m->level == FMTCONV_MSG_ERROR ? m->code : h->code;
  for (size_t i = 0; i < m->n_details; i++)
    {
      strncat (h->details, m->details[i], sizeof h->details - strlen (h->details) - 2);
      strcat (h->details, "\n");
    }
}

/* Initializes a fmtconv_spec_variable. */
#define VARIABLE(name, value)                       \
  {                                                 \
    sizeof (fmtconv_spec_variable), (name), (value) \
  }

/* Returns a new context; `h` is cleared and receives its messages. */
static inline fmtconv_ctx *
capturing_ctx (captured *h, unsigned flags, const char *plugin_dir)
{
  fmtconv_options options = { .struct_size = sizeof options,
                              .flags = flags,
                              .plugin_dirs = &plugin_dir,
                              .n_plugin_dirs = plugin_dir != NULL,
                              .message = capture_message,
                              .arg = h };
  memset (h, 0, sizeof *h);
  return fmtconv_ctx_new (&options);
}

#endif

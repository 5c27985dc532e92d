/* core/base/message.c: errors, warnings and notes: recorded, formatted as one line, delivered.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/held.h"
#include "core/base/os.h"
#include "core/base/sink.h"
#include "core/base/text.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Limits of one message, whose texts take less than 16 KiB of the stack. */
enum
{
  DETAILS = 1000, /* stored lines; further lines are counted */
  FIRST = 16,     /* initial capacity */
  DETAIL = 512,
  WHAT = 3 * 1024,
  PATH = 1024,
  TEXT = 5 * 1024
};

/* A message before it is formatted. */
typedef struct message
{
  int level;
  int code;
  int os_errno;
  const char *path; /* NULL: the source's name, or the running reader's file */
  const fmtconv_where *where;
  const char *hint; /* used if `where` is NULL */
} message;

static const char strict_hint[] = "a warning that --strict turns into an error";
static const char lossy_hint[] = "--allow-lossy accepts the loss";

void
fci_message_line (fci_sink *line, const fmtconv_message *m)
{
  if (m->file)
    {
      fci_sink_put (line, m->file, strlen (m->file));
      fci_sink_put (line, ": ", 2);
    }
  if (m->offset != UINT64_MAX)
    fci_sink_format (line, "at byte 0x%llx: ", (unsigned long long) m->offset);
  if (m->tensor)
    {
      fci_sink_put (line, "tensor '", 8);
      fci_sink_put (line, m->tensor, strlen (m->tensor));
      fci_sink_put (line, "': ", 3);
    }
  fci_sink_put (line, m->what, strlen (m->what));
  if (m->hint)
    {
      fci_sink_put (line, " (hint: ", 8);
      fci_sink_put (line, m->hint, strlen (m->hint));
      fci_sink_put (line, ")", 1);
    }
}

/* Appends the name of the file that a message is about.  Returns false if it is about no file. */
static bool
put_file (fci_sink *to, const fmtconv_ctx *ctx, const message *m)
{
  const fmtconv_source *source = !m->path && m->where ? m->where->source : NULL;
  const char *path = m->path || source ? m->path : fci_subject_now (ctx)->file;
  if (source)
    ctx->put_source_name (to, source);
  else if (path)
    fci_sink_escape (to, path, strlen (path), PATH);
  return source || path;
}

/* Returns the hint for an error of a reader that has none, or of the bytes of a file, whoever reads them; NULL: none. */
static const char *
usual_hint (const fmtconv_ctx *ctx, const message *m)
{
  const bool is_read =
      fci_subject_now (ctx)->is_read || (m->code == FMTCONV_E_FORMAT && m->where && m->where->source);
  switch (is_read ? m->code : 0)
    {
    case FMTCONV_E_FORMAT:
      return FCI_HINT_DAMAGED;
    case FMTCONV_E_UNSUPPORTED:
      return "load the file with the program that wrote it, and save plain tensors";
    case FMTCONV_E_LIMIT:
      return "no known model reaches this limit: check that this is the right file";
    case FMTCONV_E_MISSING:
      return "check that the copy is complete";
    default:
      return NULL;
    }
}

static const char *
hint_of (const fmtconv_ctx *ctx, const message *m)
{
  const char *own = m->where ? m->where->hint : m->hint;
  return own || m->level != FMTCONV_MSG_ERROR ? own : usual_hint (ctx, m);
}

bool
fci_failure_is_final (const fmtconv_ctx *ctx, int code)
{
  return code == FMTCONV_E_IO || code == FMTCONV_E_NOMEM || (code && ctx->budget.is_over);
}

void
fci_error_report (fmtconv_ctx *ctx)
{
  const fmtconv_message *error = fmtconv_ctx_error (ctx);
  if (error && ctx->options.message && !fci_message_is_held (ctx, error))
    ctx->options.message (ctx->options.arg, error);
}

/* Keeps the message if it is an error, and calls the application.  While something is tried, only the message of an error
 * that stays is kept, for fci_try_end. */
static void
send (fmtconv_ctx *ctx, const fmtconv_message *m)
{
  if (m->level == FMTCONV_MSG_ERROR)
    fci_error_keep (ctx, m);
  if (!ctx->muted && ctx->options.message && !fci_message_is_held (ctx, m))
    ctx->options.message (ctx->options.arg, m);
}

static void
deliver (fmtconv_ctx *ctx, const message *m, const char *format, va_list ap)
{
  if (!ctx->options.message && m->level != FMTCONV_MSG_ERROR)
    return;
  char what[WHAT] = "", file[PATH] = "", tensor[FCI_TEXT_BYTES + 8] = "", hint[PATH] = "", line[TEXT] = "";
  fci_sink s_what = FCI_SINK (what), s_file = FCI_SINK (file), s_tensor = FCI_SINK (tensor),
           s_hint = FCI_SINK (hint), s_line = FCI_SINK (line);
  fmtconv_message out = { .struct_size = sizeof out,
                          .level = m->level,
                          .code = m->code,
                          .text = line,
                          .what = what,
                          .plugin = fci_subject_now (ctx)->plugin,
                          .offset = UINT64_MAX,
                          .os_errno = m->os_errno,
                          .details = ctx->details,
                          .n_details = ctx->n_details,
                          .n_more = ctx->n_more };
  const char *why = hint_of (ctx, m);
  fci_sink_vformat (&s_what, format, ap);
  const bool has_file = put_file (&s_file, ctx, m);
  if (m->where && m->where->tensor)
    fci_sink_escape (&s_tensor, m->where->tensor, strlen (m->where->tensor), FCI_TEXT_BYTES);
  if (why)
    fci_sink_trusted (&s_hint, why, strlen (why));
  out.file = has_file ? file : NULL;
  out.tensor = m->where && m->where->tensor ? tensor : NULL;
  out.hint = why ? hint : NULL;
  if (m->where && m->where->source)
    out.offset = m->where->offset;
  fci_message_line (&s_line, &out);
  send (ctx, &out);
}

static void
forget_details (fmtconv_ctx *ctx)
{
  ctx->n_details = 0;
  ctx->n_more = 0;
}

/* Records that the budget is used up.  Whoever lacked the memory could say only that there was none. */
static int
fail_over (fmtconv_ctx *ctx)
{
  const fci_subject *subject = fci_subject_now (ctx);
  const char *limit = fci_size_text (ctx, fci_budget_limit (&ctx->budget)),
             *path = subject->source || subject->file ? NULL : ctx->budget.file;
  const fmtconv_where where = { .source = subject->source,
                                .offset = UINT64_MAX,
                                .hint = "if this is the right file, raise the limit with --parse-memory" };
  return fci_fail_file (ctx, FMTCONV_E_LIMIT, path, &where, "%s takes more memory than the limit of %s",
                        subject->reads ? subject->reads : "what is read and planned", limit ? limit : "");
}

/* Records the first error; later errors are its consequences. */
static int
record (fmtconv_ctx *ctx, message *m, const char *format, va_list ap)
{
  if (m->code >= 0)
    m->code = FMTCONV_E_INTERNAL;
  if (!ctx || ctx->failed)
    return m->code;
  if (m->code == FMTCONV_E_NOMEM && ctx->budget.is_over)
    return fail_over (ctx);
  if (fci_subject_now (ctx)->is_written && m->code == FMTCONV_E_USAGE)
    m->code = FMTCONV_E_FORMAT;
  ctx->failed = m->code;
  if (!ctx->muted || fci_failure_is_final (ctx, m->code))
    deliver (ctx, m, format, ap);
  forget_details (ctx);
  return m->code;
}

static int
deliver_message (fmtconv_ctx *ctx, const message *m, const char *format, va_list ap)
{
  if (!ctx->muted && !fci_subject_now (ctx)->is_quiet)
    deliver (ctx, m, format, ap);
  forget_details (ctx);
  return 0;
}

int
fmtconv_fail (fmtconv_ctx *ctx, int code, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  message m = { .level = FMTCONV_MSG_ERROR, .code = code };
  code = record (ctx, &m, format, ap);
  va_end (ap);
  return code;
}

int
fmtconv_fail_at (fmtconv_ctx *ctx, int code, const fmtconv_where *where, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  message m = { .level = FMTCONV_MSG_ERROR, .code = code, .where = where };
  code = record (ctx, &m, format, ap);
  va_end (ap);
  return code;
}

int
fci_fail_filev (fmtconv_ctx *ctx, int code, const char *path, const fmtconv_where *where, const char *format,
                va_list ap)
{
  message m = { .level = FMTCONV_MSG_ERROR, .code = code, .path = path, .where = where };
  return record (ctx, &m, format, ap);
}

int
fci_fail_file (fmtconv_ctx *ctx, int code, const char *path, const fmtconv_where *where, const char *format,
               ...)
{
  va_list ap;
  va_start (ap, format);
  code = fci_fail_filev (ctx, code, path, where, format, ap);
  va_end (ap);
  return code;
}

int
fci_fail_system (fmtconv_ctx *ctx, int code, int os_errno, const char *path, const fmtconv_where *where,
                 const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  message m = {
    .level = FMTCONV_MSG_ERROR, .code = code, .os_errno = os_errno, .path = path, .where = where
  };
  code = record (ctx, &m, format, ap);
  va_end (ap);
  return code;
}

int
fci_fail_io (fmtconv_ctx *ctx, const char *path, const char *what)
{
  int os_errno = errno;
  char buffer[FCI_ERROR_TEXT];
  const char *text = fci_os_error_text (os_errno, buffer);
  return fci_fail_system (ctx, FMTCONV_E_IO, os_errno, path, NULL, "%s: %s", what, text);
}

/* Makes room for one more line. Returns 0 or a code. */
static int
grow_details (fmtconv_ctx *ctx)
{
  if (ctx->n_details < ctx->details_capacity)
    return 0;
  size_t capacity = ctx->details_capacity ? 4 * ctx->details_capacity : FIRST;
  const char **more = fmtconv_ctx_alloc (ctx, capacity, sizeof *more);
  if (!more)
    return ctx->failed;
  if (ctx->n_details)
    memcpy (more, ctx->details, ctx->n_details * sizeof *more);
  ctx->details = more;
  ctx->details_capacity = capacity;
  return 0;
}

void
fmtconv_detail (fmtconv_ctx *ctx, const char *format, ...)
{
  if (!ctx || ctx->failed)
    return;
  if (ctx->n_details == DETAILS)
    {
      ctx->n_more++;
      return;
    }
  char line[DETAIL] = "";
  fci_sink sink = FCI_SINK (line);
  va_list ap;
  va_start (ap, format);
  fci_sink_vformat (&sink, format, ap);
  va_end (ap);
  char *copy = fci_strndup (ctx, line, sink.len);
  if (copy && !grow_details (ctx))
    ctx->details[ctx->n_details++] = copy;
}

void
fci_detail_more (fmtconv_ctx *ctx, size_t n)
{
  if (ctx && !ctx->failed)
    ctx->n_more += n;
}

/* Unreported warnings are not errors under --strict: trials are not part of the conversion. */
static int
warn (fmtconv_ctx *ctx, int os_errno, const char *format, va_list ap)
{
  if (!ctx || ctx->failed)
    return 0;
  bool strict = (ctx->options.flags & FMTCONV_STRICT) && !ctx->muted && !fci_subject_now (ctx)->is_quiet;
  message m = { .level = FMTCONV_MSG_WARNING, .code = FMTCONV_E_STRICT, .os_errno = os_errno };
  if (!strict)
    return deliver_message (ctx, &m, format, ap);
  m.level = FMTCONV_MSG_ERROR;
  m.hint = strict_hint;
  return record (ctx, &m, format, ap);
}

int
fmtconv_warn (fmtconv_ctx *ctx, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  int code = warn (ctx, 0, format, ap);
  va_end (ap);
  return code;
}

int
fci_warn_system (fmtconv_ctx *ctx, int os_errno, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  int code = warn (ctx, os_errno, format, ap);
  va_end (ap);
  return code;
}

/* --strict does not revoke --allow-lossy. */
int
fmtconv_lossy (fmtconv_ctx *ctx, const char *format, ...)
{
  if (!ctx || ctx->failed)
    return 0;
  bool allowed = ctx->options.flags & FMTCONV_ALLOW_LOSSY;
  message m = { .level = FMTCONV_MSG_WARNING, .code = FMTCONV_E_LOSSY };
  va_list ap;
  va_start (ap, format);
  if (!allowed)
    {
      m.level = FMTCONV_MSG_ERROR;
      m.hint = lossy_hint;
    }
  int code = allowed ? deliver_message (ctx, &m, format, ap) : record (ctx, &m, format, ap);
  va_end (ap);
  return code;
}

int
fmtconv_note (fmtconv_ctx *ctx, const char *format, ...)
{
  if (!ctx || ctx->failed)
    return 0;
  message m = { .level = FMTCONV_MSG_NOTE };
  va_list ap;
  va_start (ap, format);
  deliver_message (ctx, &m, format, ap);
  va_end (ap);
  return 0;
}

int
fmtconv_ctx_failed (const fmtconv_ctx *ctx)
{
  return ctx ? ctx->failed : FMTCONV_E_NOMEM;
}

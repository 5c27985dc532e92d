/* cli/output.c: messages, JSON events and progress; each line is written at once.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Seconds between two updates of the progress line on a terminal, and between two lines elsewhere. */
#define REFRESH 0.2
#define REPEAT 1.0

enum
{
  SHOWN = 20 /* detail lines of a message without -v */
};

struct speaker *
speaker_of (const struct settings *s)
{
  static struct speaker the; /* there is one terminal */
  bool terminal = isatty (STDERR_FILENO);
  const char *no_color = getenv ("NO_COLOR"), *term = getenv ("TERM");
  bool plain = (no_color && *no_color) || (term && !strcmp (term, "dumb"));
  the.s = s;
  the.terminal = terminal;
  the.color = s->color >= 0 ? s->color : terminal && !plain;
  the.progress = s->progress >= 0 ? s->progress : terminal && s->verbosity >= PRINT_NOTES;
  return &the;
}

static const char *usage_of = "";

void
print_usage_of (const struct command *command)
{
  usage_of = command ? command->name : "";
}

void
print_usage (const char *format, ...)
{
  char text[SANITIZED_SIZE], sanitized[SANITIZED_SIZE];
  va_list ap;
  va_start (ap, format);
  vsnprintf (text, sizeof text, format, ap);
  fprintf (stderr, "fmtconv: %s", text_sanitized (sanitized, text));
  fprintf (stderr, "\nTry 'fmtconv %s%s--help'.\n", usage_of, *usage_of ? " " : "");
  va_end (ap);
}

void
put_event (const char *event, fmtconv_attr *node)
{
  const char *text = fmtconv_attr_json_text (node, 0);
  if (!text)
    return;
  const bool is_object = text[0] == '{' && text[1] != '}';
  printf (is_object ? "{\"event\":\"%s\"," : "{\"event\":\"%s\",\"value\":", event);
  put_json (stdout, text + is_object);
  puts (is_object ? "" : "}");
  fflush (stdout);
}

static const char *const level_name[] = { "error", "warning", "note" };

static void
put_string (const char *key, const char *value)
{
  printf (",\"%s\":\"", key);
  for (const char *p = value; *p; p++)
    if (*p == '"' || *p == '\\')
      printf ("\\%c", *p);
    else
      putchar (*p);
  putchar ('"');
}

/* Strings of a message are already escaped: in JSON only quotes and backslashes remain. */
static void
message_json (const fmtconv_message *m)
{
  printf ("{\"event\":\"message\",\"level\":\"%s\",\"code\":%d", level_name[m->level], m->code);
  put_string ("text", m->text);
  if (m->file)
    put_string ("file", m->file);
  if (m->plugin)
    put_string ("plugin", m->plugin);
  if (m->tensor)
    put_string ("tensor", m->tensor);
  if (m->hint)
    put_string ("hint", m->hint);
  if (m->offset != UINT64_MAX)
    printf (",\"offset\":%llu", (unsigned long long) m->offset);
  if (m->n_details)
    {
      printf (",\"details\":[");
      for (size_t i = 0; i < m->n_details; i++)
        {
          printf ("%s\"", i ? "," : "");
          for (const char *p = m->details[i]; *p; p++)
            printf (*p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
          putchar ('"');
        }
      printf ("],\"more\":%zu", m->n_more);
    }
  puts ("}");
  fflush (stdout);
}

static void
clear_progress (struct speaker *sp)
{
  if (sp->drawn)
    fputs ("\r\033[K", stderr);
  sp->drawn = false;
}

/* With -v, all that were kept. */
static void
list_details (const struct speaker *sp, const fmtconv_message *m)
{
  size_t sanitized = sp->s->verbosity >= PRINT_LISTS || m->n_details < SHOWN ? m->n_details : SHOWN;
  size_t more = m->n_details - sanitized + m->n_more;
  for (size_t i = 0; i < sanitized; i++)
    fprintf (stderr, "  %s\n", m->details[i]);
  if (more)
    fprintf (stderr, sanitized < m->n_details ? "  … and %zu more (-v lists them)\n" : "  … and %zu more\n",
             more);
}

void
put_message (void *speaker, const fmtconv_message *m)
{
  static const char *const color[] = { "\033[1;31m", "\033[1;33m", "\033[1m" };
  struct speaker *sp = speaker;
  if (sp->s->rank > 0) /* rank 0 prints the messages of all */
    return;
  if (sp->s->json)
    message_json (m);
  if (sp->s->json || sp->s->verbosity < PRINT_ERRORS + m->level)
    return;
  clear_progress (sp);
  fprintf (stderr, "fmtconv: %s", sp->color ? color[m->level] : "");
  if (m->level != FMTCONV_MSG_ERROR || sp->color)
    fprintf (stderr, "%s: ", level_name[m->level]);
  fprintf (stderr, "%s%s\n", sp->color ? "\033[0m" : "", m->text);
  list_details (sp, m);
}

void
put_progress (void *speaker, const fmtconv_progress *p)
{
  struct speaker *sp = speaker;
  char done[TEXT_SIZE], total[TEXT_SIZE], rate[TEXT_SIZE], left[TEXT_SIZE];
  double speed = p->seconds > 0 ? (double) p->done / p->seconds : 0;
  if (!sp->progress || !p->total || sp->s->rank > 0)
    return;
  if (p->done >= p->total)
    {
      clear_progress (sp);
      return;
    }
  if (p->seconds < sp->drawn_after + (sp->terminal ? REFRESH : REPEAT)) /* no progress for short runs */
    return;
  sp->drawn_after = p->seconds;
  fprintf (stderr, "%s%3.0f %%  %s of %s  %s/s  %s left%s", sp->terminal ? "\r" : "",
           100.0 * (double) p->done / (double) p->total, text_bytes (done, p->done),
           text_bytes (total, p->total), text_bytes (rate, (uint64_t) speed),
           text_seconds (left, speed > 0 ? (double) (p->total - p->done) / speed : 0),
           sp->terminal ? "\033[K" : "\n");
  fflush (stderr);
  sp->drawn = sp->terminal;
}

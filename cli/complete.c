/* cli/complete.c: the command that prints what can follow on a command line, for shells.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "complete.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum
{
  ANSWER = 256 * 1024, /* bytes of all candidates; the rest is dropped */
  HELP = 160,          /* bytes of a description */
  CPU_MS = 400,        /* time of the processor, and of the clock, after which the answer is what was found */
  CLOCK_MS = 2000
};

/* The answer.  A signal may end the program at any time, so it is in one piece of memory, of which `done` bytes are
 * whole lines. */
static struct
{
  char text[ANSWER];
  volatile size_t done;
  const char *word;
  size_t last; /* where the last candidate begins */
  char end[32];
} answer = { .end = ":none\n" };

void
offer_begin (const char *word)
{
  answer.word = word;
}

static bool
is_printable (const char *s)
{
  for (; *s; s++)
    if ((unsigned char) *s < ' ' || *s == 0x7f)
      return false;
  return true;
}

/* Returns whether the candidate at that place is that one. */
static bool
is_at (size_t at, const char *candidate, size_t len)
{
  return answer.done > at + len && !memcmp (answer.text + at, candidate, len)
         && answer.text[at + len] == '\t';
}

/* Returns whether the beginning of names was offered before, probably last. */
static bool
is_offered (const char *candidate, size_t len)
{
  bool found = is_at (answer.last, candidate, len);
  for (const char *at = answer.text, *line; !found && at < answer.text + answer.done; at = line + 1)
    {
      found = is_at ((size_t) (at - answer.text), candidate, len);
      line = memchr (at, '\n', answer.done - (size_t) (at - answer.text));
    }
  return found;
}

void
offer (size_t n, const char *value, const char *end, const char *help)
{
  char line[4096];
  const int len = snprintf (line, sizeof line, "%.*s%s%s", (int) n, answer.word, value, end);
  if (len < 0 || (size_t) len + HELP + 2 >= sizeof line || !is_printable (line)
      || strncmp (line, answer.word, strlen (answer.word))
      || (*end == '.' && is_offered (line, (size_t) len)))
    return;
  const int all = len + snprintf (line + len, HELP, "\t%s", help && is_printable (help) ? help : "");
  const size_t size = all < len + HELP ? (size_t) all : (size_t) len + HELP - 1, at = answer.done;
  if (at + size + 1 > sizeof answer.text)
    return;
  memcpy (answer.text + at, line, size);
  answer.text[at + size] = '\n';
  answer.last = at;
  answer.done = at + size + 1;
}

void
offer_files (size_t n)
{
  snprintf (answer.end, sizeof answer.end, ":files %zu\n", n);
}

void
offer_folders (size_t n)
{
  snprintf (answer.end, sizeof answer.end, ":folders %zu\n", n);
}

static void
write_all (const char *bytes, size_t n)
{
  for (ssize_t put; n > 0; bytes += put, n -= (size_t) put)
    if ((put = write (STDOUT_FILENO, bytes, n)) <= 0)
      _exit (CLI_FAILED);
}

/* Writes what was found so far.  Also called by the signal of a timer; a second one must not begin again. */
static void
finish (int number)
{
  (void) number;
  signal (SIGPROF, SIG_IGN);
  signal (SIGALRM, SIG_IGN);
  write_all (answer.text, answer.done);
  write_all (answer.end, strlen (answer.end));
  _exit (CLI_DONE);
}

/* A slow disk or a huge folder must not stop the user from typing. */
static void
limit_time (void)
{
  const struct itimerval cpu = { .it_value = { .tv_usec = CPU_MS * 1000 } },
                         clock = { .it_value = { .tv_sec = CLOCK_MS / 1000 } };
  signal (SIGPROF, finish);
  signal (SIGALRM, finish);
  setitimer (ITIMER_PROF, &cpu, NULL);
  setitimer (ITIMER_REAL, &clock, NULL);
}

fmtconv_ctx *
quiet_context (const struct words *w, unsigned flags)
{
  const fmtconv_options options = {
    .struct_size = sizeof options,
    .flags = flags,
    .threads = 1,
    .plugin_dirs = w->plugin_dirs,
    .n_plugin_dirs = w->n_plugin_dirs,
    .preset_dirs = w->preset_dirs,
    .n_preset_dirs = w->n_preset_dirs,
  };
  fmtconv_ctx *ctx = fmtconv_ctx_new (&options);
  if (context_is_fine (ctx))
    return ctx;
  fmtconv_ctx_free (ctx);
  return NULL;
}

static void
offer_list (size_t n, const char *const *values)
{
  for (; *values; values++)
    offer (n, *values, "", NULL);
}

/* Offers the long options, and the letters for a lone "-"; the first clause of a help text is enough. */
static void
offer_options (const struct words *w)
{
  const struct option_row *row = NULL;
  while ((row = options_next (w->command, row)))
    {
      char name[64], help[HELP];
      snprintf (name, sizeof name, "--%s", row->name);
      snprintf (help, sizeof help, "%.*s", (int) strcspn (row->help, ";"), row->help);
      offer (0, name, "", help);
      if (row->argument && *row->argument == '[')
        offer (0, name, "=", help);
      snprintf (name, sizeof name, "-%c", row->id);
      if (row->id < 256 && !strcmp (w->word, "-"))
        offer (0, name, "", help);
    }
}

static void
offer_commands (void)
{
  for (const struct command *c = commands; c->name; c++)
    if (!c->hidden)
      offer (0, c->name, "", c->summary);
}

/* Offers values for the argument of an option, by the word for it in the option's help. */
static void
offer_argument (const struct words *w)
{
  static const char *const dtypes[] = { "f32", "f16", "bf16", "f64", NULL },
                           *const when[] = { "always", "never", "auto", NULL },
                           *const sizes[] = { "64M", "256M", "1G", NULL };
  const char *argument = w->open->argument;
  if (!strcmp (argument, "READER") || !strcmp (argument, "WRITER"))
    offer_chain (w, *argument == 'R' ? 'r' : 'w');
  else if (!strcmp (argument, "TRANSFORM"))
    offer_chain (w, 't');
  else if (!strcmp (argument, "SPEC"))
    offer_presets (w);
  else if (!strcmp (argument, "NAME=VALUE"))
    offer_variables (w);
  else if (!strcmp (argument, "[=GLOB]"))
    offer_tensors (w, w->skip, "");
  else if (!strncmp (argument, "KEY", 3) || !strcmp (argument, "OLD=NEW"))
    return; /* names in a file, which may follow */
  else if (!strcmp (argument, "DIR"))
    offer_folders (w->skip);
  else if (strcmp (argument, "N") && strcmp (argument, "D") && strcmp (argument, "SIZE")
           && strcmp (argument, "WHEN"))
    offer_files (w->skip);
  else
    offer_list (w->skip, *argument == 'D'   ? dtypes
                         : *argument == 'W' ? when
                         : *argument == 'S' ? sizes
                                            : sizes + 3);
}

static void
offer_operand (const struct words *w)
{
  const unsigned bit = w->command->bit;
  if (!w->command_typed && w->n_operands == 0 && !w->only_operands)
    offer_commands ();
  if (bit == ON_HELP && w->n_operands == 0)
    offer_commands ();
  if ((bit == ON_HELP || bit == ON_PLUGINS) && w->n_operands == 0)
    {
      offer_plugins (w);
      offer_presets (w);
    }
  if (bit & (ON_CONVERT | ON_INSPECT | ON_DIFF | ON_VERIFY | ON_TEST | ON_EDIT))
    offer_files (0);
}

int
run_complete (const struct settings *s)
{
  struct words w;
  words_read (&w, s->arguments, s->n_arguments);
  offer_begin (w.word);
  limit_time ();
  if (w.open)
    offer_argument (&w);
  else if (*w.word == '-' && !w.only_operands)
    offer_options (&w);
  else
    offer_operand (&w);
  finish (0);
  return CLI_DONE;
}

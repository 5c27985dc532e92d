/* cli/context.c: the program's context: options from the settings, and signals that stop it cleanly.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <signal.h>

static fmtconv_ctx *volatile running; /* the context that a signal cancels */
static volatile sig_atomic_t caught;  /* the caught signal; 0: none */

static void
on_signal (int number)
{
  caught = number;
  if (running)
    fmtconv_ctx_cancel (running);
}

static void
catch_signals (void)
{
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
  sigemptyset (&action.sa_mask);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    {
      struct sigaction old;
      if (sigaction (numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction (numbers[i], &action, NULL);
    }
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN); /* a write beyond the file size limit fails with an error instead */
}

fmtconv_ctx *
context_new (const struct settings *s, struct speaker *sp)
{
  const fmtconv_options options = {
    .struct_size = sizeof options,
    .flags = s->flags,
    .threads = s->threads,
    .share = s->share,
    .shares = s->shares,
    .memory = s->memory,
    .parse_memory = s->parse_memory,
    .plugin_dirs = s->plugin_dirs,
    .n_plugin_dirs = s->n_plugin_dirs,
    .preset_dirs = s->preset_dirs,
    .n_preset_dirs = s->n_preset_dirs,
    .message = put_message,
    .progress = put_progress,
    .arg = sp,
    .ranks = s->ranks,
  };
  fmtconv_ctx *ctx = fmtconv_ctx_new (&options);
  if (!ctx)
    fputs ("fmtconv: out of memory\n", stderr);
  running = ctx;
  catch_signals ();
  return ctx;
}

bool
context_is_fine (const fmtconv_ctx *ctx)
{
  return ctx && !fmtconv_ctx_failed (ctx);
}

static bool complete;

void
context_complete (void)
{
  complete = true;
}

int
context_end (fmtconv_ctx *ctx, bool done)
{
  int code = ctx ? fmtconv_ctx_failed (ctx) : FMTCONV_E_NOMEM;
  if (complete && code)
    {
      fputs ("fmtconv: note: the output is complete; only the report failed\n", stderr);
      code = 0;
    }
  running = NULL;
  fmtconv_ctx_free (ctx);
  done = done && !code; /* a result that could not be printed is a failure */
  if (caught && !done)  /* ends with the signal, as shells expect */
    {
      signal (caught, SIG_DFL);
      raise (caught);
    }
  if (done)
    return CLI_DONE;
  return code == FMTCONV_E_USAGE ? CLI_USAGE : CLI_FAILED;
}

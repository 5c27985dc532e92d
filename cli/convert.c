/* cli/convert.c: the command that converts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include <sys/resource.h>

/* Of this process so far, in bytes. */
static uint64_t
peak_memory (void)
{
  struct rusage usage;
  return getrusage (RUSAGE_SELF, &usage) == 0 ? (uint64_t) usage.ru_maxrss * 1024 : 0;
}

int
run_convert (const struct settings *s)
{
  struct speaker *sp = speaker_of (s);
  if (s->n_arguments == 1)
    return say_usage ("'%s' alone is neither INPUT and OUTPUT nor a command (inspect, plugins, help)",
                      s->arguments[0]),
           CLI_USAGE;
  if (s->n_arguments != 2)
    return say_usage ("INPUT and OUTPUT are needed, %d arguments were given", s->n_arguments), CLI_USAGE;
  const fmtconv_job job = {
    .struct_size = sizeof job,
    .reader = s->reader,
    .transforms = s->transforms,
    .n_transforms = s->n_transforms,
    .writer = s->writer,
    .dtype = s->dtype,
    .input = s->arguments[0],
    .output = s->arguments[1],
  };
  fmtconv_ctx *ctx = context_new (s, sp);
  fmtconv_attr *report = ctx ? fmtconv_convert (ctx, &job) : NULL;
  if (report)
    {
      fmtconv_set_uint (fmtconv_get (report, "memory"), "peak", peak_memory ());
      if (s->json)
        say_event (sp, "result", report);
      else if (s->flags & FMTCONV_DRY_RUN)
        plan_print (s, report);
      else if (s->verbosity >= SAY_NOTES)
        summary_print (s, report);
    }
  return context_end (ctx, report != NULL);
}

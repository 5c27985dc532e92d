/* cli/edit.c: the command that changes names and metadata of a file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <string.h>

static bool
check_arguments (const struct settings *s)
{
  if (s->n_arguments != 1)
    print_usage ("edit takes one file, %d given", s->n_arguments);
  else if (!s->n_changes)
    print_usage ("edit needs a change: --set KEY=VALUE, --unset KEY or --rename OLD=NEW");
  return s->n_arguments == 1 && s->n_changes;
}

/* Prints what was done, in one line; the library has noted the changes. */
static void
print_report (fmtconv_attr *report)
{
  char path[SANITIZED_SIZE], written[TEXT_SIZE], bytes[TEXT_SIZE];
  const char *way = fmtconv_attr_get_string (report, "way", "");
  const bool is_dry = fmtconv_attr_get_int (report, "dry_run", 0);
  text_bytes (written, (uint64_t) fmtconv_attr_get_int (report, "written", 0));
  text_bytes (bytes, (uint64_t) fmtconv_attr_get_int (report, "bytes", 0));
  printf ("%s: ", text_sanitized (path, fmtconv_attr_get_string (report, "path", "")));
  if (!strcmp (way, "nothing"))
    puts ("nothing to do: the file has these names and values already");
  else if (!strcmp (way, "in-place"))
    printf ("%s in place, %s\n", is_dry ? "would be changed" : "changed", written);
  else
    printf ("%s by a new file of %s, all of it copied from the old one except %s\n",
            is_dry ? "would be replaced" : "replaced", bytes, written);
}

int
run_edit (const struct settings *s)
{
  struct speaker *sp = speaker_of (s);
  if (!check_arguments (s))
    return CLI_USAGE;
  fmtconv_ctx *ctx = context_new (s, sp);
  if (context_is_fine (ctx) && !s->no_sandbox)
    limit_writes (s, ctx, fmtconv_edit_folders (ctx, s->arguments[0]));
  fmtconv_attr *report =
      context_is_fine (ctx) ? fmtconv_edit (ctx, s->arguments[0], s->changes, s->n_changes) : NULL;
  if (report && !(s->flags & FMTCONV_DRY_RUN))
    context_complete ();
  if (report && report->first && s->json)
    put_event ("edit", report);
  else if (report && report->first && s->verbosity >= PRINT_NOTES)
    print_report (report);
  return context_end (ctx, report && fflush (stdout) == 0 && !ferror (stdout));
}

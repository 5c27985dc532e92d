/* cli/verify.c: the command that checks the output of a conversion.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <inttypes.h>

/* Exit status, as for diff(1). */
enum
{
  VERIFY_FINE = 0,
  VERIFY_DEFECTS = 1,
  VERIFY_TROUBLE = 2
};

enum
{
  MOST = 20 /* lines without -v */
};

static uint64_t
number (fmtconv_attr *node, const char *key)
{
  return (uint64_t) fmtconv_attr_get_int (node, key, 0);
}

/* Prints a defect in the form of messages.  Its texts are sanitized already. */
static void
print_defect (fmtconv_attr *defect)
{
  const char *file = fmtconv_attr_get_string (defect, "file", NULL),
             *tensor = fmtconv_attr_get_string (defect, "tensor", NULL),
             *hint = fmtconv_attr_get_string (defect, "hint", NULL);
  const fmtconv_attr *offset = fmtconv_attr_get (defect, "offset");
  if (file)
    printf ("%s: ", file);
  if (offset && offset->kind != FMTCONV_ATTR_NULL)
    printf ("at byte 0x%" PRIx64 ": ", number (defect, "offset"));
  if (tensor)
    printf ("tensor '%s': ", tensor);
  printf ("%s", fmtconv_attr_get_string (defect, "what", ""));
  if (hint)
    printf (" (hint: %s)", hint);
  putchar ('\n');
}

/* Prints the paths of the outputs. */
static void
print_paths (fmtconv_attr *report)
{
  const fmtconv_attr *list = fmtconv_attr_get (report, "outputs");
  char sanitized[SANITIZED_SIZE];
  if (!list)
    printf ("%s", text_sanitized (sanitized, fmtconv_attr_get_string (report, "path", "")));
  for (const fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    printf ("%s%s", a == list->first ? "" : ", ", text_sanitized (sanitized, a->v.s));
}

static void
print_manifests (fmtconv_attr *report)
{
  const fmtconv_attr *list = fmtconv_attr_get (report, "manifests");
  char sanitized[SANITIZED_SIZE], files[TEXT_SIZE];
  for (fmtconv_attr *m = list ? list->first : NULL; m; m = m->next)
    printf ("  manifest  %s: %s read\n", text_sanitized (sanitized, fmtconv_attr_get_string (m, "path", "")),
            text_count (files, number (m, "files"), "file"));
}

static void
print_all (const struct settings *s, fmtconv_attr *report)
{
  const fmtconv_attr *list = fmtconv_attr_get (report, "defects");
  char files[TEXT_SIZE], bytes[TEXT_SIZE], tensors[TEXT_SIZE], n[TEXT_SIZE];
  size_t printed = 0;
  for (fmtconv_attr *d = list ? list->first : NULL; d; d = d->next)
    if (s->verbosity >= PRINT_LISTS || printed < MOST)
      {
        print_defect (d);
        printed++;
      }
  if (list && list->len > printed)
    printf ("… and %s more (-v lists them)\n", text_number (n, list->len - printed));
  if (s->verbosity < PRINT_NOTES)
    return;
  print_paths (report);
  printf (": %s\n", list && list->len ? text_count (n, list->len, "defect") : "no defect");
  printf ("  %s  %s, %s, %s\n", fmtconv_attr_get_int (report, "against", 0) ? "compared" : "examined",
          text_count (files, number (report, "files"), "file"), text_bytes (bytes, number (report, "bytes")),
          text_count (tensors, number (report, "tensors"), "tensor"));
  print_manifests (report);
}

static bool
check_arguments (const struct settings *s)
{
  if (s->n_arguments == 1 || (s->spec && s->n_arguments == 0))
    return true;
  print_usage ("verify takes one file or folder, %d given", s->n_arguments);
  return false;
}

/* A conversion has options that the reading of its output has not. */
static bool
check_options (const struct settings *s)
{
  const char *option = s->n_transforms                 ? "-t"
                       : s->writer                     ? "-w"
                       : s->dtype                      ? "--dtype"
                       : s->flags & FMTCONV_PROVENANCE ? "--provenance"
                                                       : NULL;
  if (s->against || s->spec || !option)
    return true;
  print_usage ("%s is an option of the conversion: give its INPUT with --against", option);
  return false;
}

/* Returns the job to verify.  A spec takes its paths in the order of a conversion. */
static const fmtconv_job *
verified_job (const struct settings *s, fmtconv_ctx *ctx, fmtconv_job *own)
{
  const char *output = s->n_arguments > 0 ? s->arguments[0] : NULL;
  return s->spec && !s->against ? job_of (s, ctx, output, NULL, own)
                                : job_of (s, ctx, s->against, output, own);
}

int
run_verify (const struct settings *s)
{
  struct speaker *sp = speaker_of (s);
  if (!check_arguments (s) || !check_options (s))
    return VERIFY_TROUBLE;
  fmtconv_job own;
  fmtconv_ctx *ctx = context_new (s, sp);
  const fmtconv_job *job = context_is_fine (ctx) ? verified_job (s, ctx, &own) : NULL;
  fmtconv_attr *report = job ? fmtconv_verify (ctx, job) : NULL;
  const int status = fmtconv_attr_get_int (report, "fine", 0) ? VERIFY_FINE : VERIFY_DEFECTS;
  if (report && s->json)
    put_event ("verify", report);
  else if (report && s->verbosity >= PRINT_ERRORS)
    print_all (s, report);
  bool done = report && fflush (stdout) == 0 && !ferror (stdout);
  return context_end (ctx, done) == CLI_DONE ? status : VERIFY_TROUBLE;
}

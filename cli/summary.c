/* cli/summary.c: the closing summary of a conversion, and the table of a dry run.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <string.h>

static uint64_t
number (fmtconv_attr *node, const char *key)
{
  return (uint64_t) fmtconv_attr_get_int (node, key, 0);
}

/* Appends ", through a.yaml, b.yaml". */
static void
print_chain (FILE *to, fmtconv_attr *specs)
{
  char sanitized[SANITIZED_SIZE];
  for (fmtconv_attr *spec = specs ? specs->first : NULL; spec; spec = spec->next)
    fprintf (to, "%s%s", spec == specs->first ? ", through " : ", ", text_sanitized (sanitized, spec->v.s));
  fputc ('\n', to);
}

static void
print_input (FILE *to, fmtconv_attr *report)
{
  fmtconv_attr *list = fmtconv_attr_get (report, "inputs");
  char count[TEXT_SIZE], bytes[TEXT_SIZE], sanitized[SANITIZED_SIZE];
  for (fmtconv_attr *in = list ? list->first : NULL; in; in = in->next)
    {
      const char *component = fmtconv_attr_get_string (in, "component", NULL);
      fprintf (to, "  in        %s%s%s, %s (%s)", component ? text_sanitized (sanitized, component) : "",
               component ? ": " : "", text_count (count, number (in, "tensors"), "tensor"),
               text_bytes (bytes, number (in, "bytes")), fmtconv_attr_get_string (in, "reader", "?"));
      print_chain (to, fmtconv_attr_get (in, "through"));
    }
}

/* Prints "240 tensors: 240 renamed". */
static void
print_lineage (FILE *to, fmtconv_attr *report)
{
  static const char *const how[] = { "kept", "renamed", "split", "merged" };
  fmtconv_attr *account = fmtconv_attr_get (report, "account");
  const char *comma = ": ";
  char count[TEXT_SIZE];
  fprintf (to, "  out       %s", text_count (count, number (account, "out"), "tensor"));
  for (size_t i = 0; i < sizeof how / sizeof *how; i++)
    if (number (account, how[i]))
      {
        fprintf (to, "%s%s %s", comma, text_number (count, number (account, how[i])), how[i]);
        comma = ", ";
      }
  fputc ('\n', to);
}

static void
print_dropped (FILE *to, fmtconv_attr *report)
{
  fmtconv_attr *list = fmtconv_attr_get (report, "dropped");
  char count[TEXT_SIZE], bytes[TEXT_SIZE], sanitized[SANITIZED_SIZE];
  for (fmtconv_attr *d = list ? list->first : NULL; d; d = d->next)
    fprintf (to, "  dropped   %s, %s: %s\n", text_count (count, number (d, "tensors"), "tensor"),
             text_bytes (bytes, number (d, "bytes")),
             text_sanitized (sanitized, fmtconv_attr_get_string (d, "why", "")));
}

/* Prints the items that a reader skipped: their number, or a list with -v. */
static void
print_skipped_of (FILE *to, const struct settings *s, fmtconv_attr *list)
{
  char bytes[TEXT_SIZE], count[TEXT_SIZE], sanitized[SANITIZED_SIZE], why[SANITIZED_SIZE];
  if (!list || !list->len)
    return;
  if (s->verbosity < PRINT_LISTS)
    {
      uint64_t sum = 0;
      for (fmtconv_attr *a = list->first; a; a = a->next)
        sum += number (a, "bytes");
      fprintf (to, "  skipped   %s in the file, %s (-v lists them)\n",
               text_count (count, list->len, "other item"), text_bytes (bytes, sum));
      return;
    }
  for (fmtconv_attr *a = list->first; a; a = a->next)
    {
      uint64_t n = number (a, "bytes");
      fprintf (to, "  skipped   %s: %s%s%s\n",
               text_sanitized (sanitized, fmtconv_attr_get_string (a, "what", "")),
               text_sanitized (why, fmtconv_attr_get_string (a, "why", "")), n ? ", " : "",
               n ? text_bytes (bytes, n) : "");
    }
}

static void
print_skipped (FILE *to, const struct settings *s, fmtconv_attr *report)
{
  fmtconv_attr *list = fmtconv_attr_get (report, "inputs");
  for (fmtconv_attr *in = list ? list->first : NULL; in; in = in->next)
    print_skipped_of (to, s, fmtconv_attr_get (in, "skipped"));
}

/* Prints "15.0 KiB copied, 15.0 KiB converted, 28.4 KiB header and padding". */
static void
print_bytes (FILE *to, fmtconv_attr *report)
{
  static const struct
  {
    const char *key, *what;
  } kinds[] = { { "copied", "copied" },
                { "gathered", "reordered" },
                { "converted", "converted" },
                { "literal", "header and padding" } };
  fmtconv_attr *bytes = fmtconv_attr_get (report, "bytes");
  const char *comma = "  bytes     ";
  char buffer[TEXT_SIZE];
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (number (bytes, kinds[i].key))
      {
        fprintf (to, "%s%s %s", comma, text_bytes (buffer, number (bytes, kinds[i].key)), kinds[i].what);
        comma = ", ";
      }
  fputc ('\n', to);
}

static void
print_checks (FILE *to, fmtconv_attr *report)
{
  fmtconv_attr *checks = fmtconv_attr_get (report, "checks");
  uint64_t checked = number (checks, "crc_checked"), unchecked = number (checks, "crc_unchecked");
  uint64_t verified = number (checks, "verified");
  char buffer[TEXT_SIZE], bytes[TEXT_SIZE], files[TEXT_SIZE];
  if (checked)
    fprintf (to, "  checked   %s of the input, all correct\n", text_count (buffer, checked, "checksum"));
  if (unchecked)
    fprintf (to, "  unchecked %s of the input, because only parts were read\n",
             text_count (buffer, unchecked, "checksum"));
  if (number (checks, "equal"))
    fprintf (to, "  compared  %s with their duplicates in the input, all equal\n",
             text_count (buffer, number (checks, "equal"), "tensor"));
  if (verified)
    fprintf (to, "  verified  %s reread, equal to the input; %s in %s\n",
             text_count (buffer, verified, "tensor"), text_bytes (bytes, number (checks, "verified_bytes")),
             text_count (files, number (checks, "verified_files"), "file"));
}

static void
print_findings (FILE *to, const struct settings *s, fmtconv_attr *report)
{
  fmtconv_attr *list = fmtconv_attr_get (report, "findings");
  char sanitized[SANITIZED_SIZE];
  if (!list || s->verbosity < PRINT_LISTS)
    return;
  for (fmtconv_attr *f = list->first; f; f = f->next)
    fprintf (to, "  found     %s: %llu of %llu values: %s\n",
             text_sanitized (sanitized, fmtconv_attr_get_string (f, "tensor", "")),
             (unsigned long long) number (f, "count"), (unsigned long long) number (f, "of"),
             fmtconv_attr_get_string (f, "finding", ""));
}

static void
print_speed (FILE *to, fmtconv_attr *report)
{
  char seconds[TEXT_SIZE], rate[TEXT_SIZE], peak[TEXT_SIZE];
  double s = fmtconv_attr_get_float (report, "seconds", 0);
  uint64_t written = number (fmtconv_attr_get (report, "bytes"), "written");
  fprintf (to, "  %s, %s/s, peak memory %s\n", text_seconds (seconds, s),
           text_bytes (rate, s > 0 ? (uint64_t) ((double) written / s) : 0),
           text_bytes (peak, number (fmtconv_attr_get (report, "memory"), "peak")));
}

/* Returns the title that the last transform of the whole model gave; a transform of one component does not
 * name the others. */
static const char *
title_of (fmtconv_attr *report)
{
  const char *title = NULL;
  fmtconv_attr *list = fmtconv_attr_get (report, "transforms");
  for (fmtconv_attr *t = list ? list->first : NULL; t; t = t->next)
    if (!fmtconv_attr_get_string (t, "component", NULL))
      title = fmtconv_attr_get_string (t, "title", title);
  return title;
}

static void
print_files (FILE *to, fmtconv_attr *report, const char *title)
{
  fmtconv_attr *list = fmtconv_attr_get (report, "files");
  char bytes[TEXT_SIZE], sanitized[SANITIZED_SIZE], model[SANITIZED_SIZE];
  bool is_one = list && list->first && !list->first->next;
  for (fmtconv_attr *f = list ? list->first : NULL; f; f = f->next)
    fprintf (to, "%s: %s%s%s\n", text_sanitized (sanitized, fmtconv_attr_get_string (f, "path", "?")),
             text_bytes (bytes, number (f, "bytes")), title && is_one ? ", " : "",
             title && is_one ? text_sanitized (model, title) : "");
  if (title && !is_one)
    fprintf (to, "  model     %s\n", text_sanitized (sanitized, title));
}

/* Prints the number of tensors by outcome: of the only output, or of each of several and then of all. */
static void
print_outputs (FILE *to, fmtconv_attr *report)
{
  fmtconv_attr *list = fmtconv_attr_get (report, "outputs");
  char count[TEXT_SIZE];
  for (fmtconv_attr *o = list ? list->first : NULL; o; o = o->next)
    {
      const char *title = title_of (o);
      print_files (to, o, title ? title : title_of (report));
      print_lineage (to, o);
      print_dropped (to, o);
    }
  if (list)
    fprintf (to, "%s in one pass:\n", text_count (count, list->len, "output"));
  else
    print_files (to, report, title_of (report));
  print_input (to, report);
  if (list)
    return;
  print_lineage (to, report);
  print_dropped (to, report);
}

void
summary_print (const struct settings *s, fmtconv_attr *report)
{
  char read[TEXT_SIZE];
  print_outputs (stderr, report);
  print_skipped (stderr, s, report);
  print_bytes (stderr, report);
  if (fmtconv_attr_get (report, "outputs"))
    fprintf (stderr, "  read      %s of the input\n",
             text_bytes (read, number (fmtconv_attr_get (report, "bytes"), "fetched")));
  print_checks (stderr, report);
  print_findings (stderr, s, report);
  print_speed (stderr, report);
}

/* Prints the tensors of the only output, or of each of several after its path. */
static void
print_tensors (fmtconv_attr *report)
{
  fmtconv_attr *list = fmtconv_attr_get (report, "outputs");
  char sanitized[SANITIZED_SIZE];
  if (!list)
    table_print (stdout, fmtconv_attr_get (report, "tensors"), NULL);
  for (fmtconv_attr *o = list ? list->first : NULL; o; o = o->next)
    {
      printf ("%s%s:\n", o == list->first ? "" : "\n",
              text_sanitized (sanitized, fmtconv_attr_get_string (o, "path", "?")));
      table_print (stdout, fmtconv_attr_get (o, "tensors"), NULL);
    }
  fflush (stdout);
}

void
plan_print (const struct settings *s, fmtconv_attr *report)
{
  fmtconv_attr *bytes = fmtconv_attr_get (report, "bytes"), *memory = fmtconv_attr_get (report, "memory");
  char a[TEXT_SIZE], b[TEXT_SIZE], c[TEXT_SIZE];
  print_tensors (report);
  if (s->verbosity < PRINT_NOTES)
    return;
  fprintf (stderr, "Dry run: nothing was written.\n");
  print_outputs (stderr, report);
  print_skipped (stderr, s, report);
  print_bytes (stderr, report);
  fprintf (stderr, "  memory    at most %s of scratch, %s for the catalogue, at most %s for parsing\n",
           text_bytes (a, number (memory, "bound")), text_bytes (b, number (memory, "catalogue")),
           text_bytes (c, number (memory, "parse_limit")));
  if (number (bytes, "compared"))
    fprintf (stderr, "  compared  %s that must equal their duplicates\n",
             text_bytes (a, number (bytes, "compared")));
  if (number (bytes, "measured"))
    fprintf (stderr, "  measured  %s of the input are read first, for scales\n",
             text_bytes (a, number (bytes, "measured")));
  fprintf (stderr, "  read      %s of the input\n", text_bytes (a, number (bytes, "read")));
}

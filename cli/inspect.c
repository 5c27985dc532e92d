/* cli/inspect.c: the command that tells what a checkpoint holds.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include <fnmatch.h>
#include <string.h>

static void
print_table (fmtconv_attr *list, const char *title, const char *what)
{
  char count[TEXT_ROOM], bytes[TEXT_ROOM];
  const char *label = title;
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next, label = "")
    printf ("%-12s%10s tensors %12s  %s\n", label,
            text_number (count, (uint64_t) fmtconv_get_int (a, "tensors", 0)),
            text_bytes (bytes, (uint64_t) fmtconv_get_int (a, "bytes", 0)),
            fmtconv_get_string (a, what, "?"));
}

/* What has a size gets a line, the rest of what is in the file is only named. */
static void
print_skipped (fmtconv_attr *list)
{
  char bytes[TEXT_ROOM];
  const char *label = "besides", *comma = "";
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    {
      uint64_t n = (uint64_t) fmtconv_get_int (a, "bytes", 0);
      if (!n)
        continue;
      printf ("%-12s%s, %s: %s\n", label, fmtconv_get_string (a, "what", ""), text_bytes (bytes, n),
              fmtconv_get_string (a, "why", ""));
      label = "";
    }
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    if (!fmtconv_get_int (a, "bytes", 0))
      {
        const char *what = fmtconv_get_string (a, "what", "");
        printf (*comma ? "%s%.*s" : "%-12s%.*s", *comma ? comma : label, (int) strcspn (what, ":"), what);
        comma = ", ";
      }
  if (*comma)
    putchar ('\n');
}

static void
print_tensors (const struct settings *s, fmtconv_attr *list)
{
  char shape[256], bytes[TEXT_ROOM];
  for (fmtconv_attr *t = list ? list->first : NULL; t; t = t->next)
    {
      const char *name = fmtconv_get_string (t, "name", "");
      if (!s->glob || fnmatch (s->glob, name, 0) == 0)
        printf ("%s\t%s\t%s\t%s\n", name, fmtconv_get_string (t, "dtype", ""),
                text_shape (shape, sizeof shape, fmtconv_get (t, "shape")),
                text_bytes (bytes, (uint64_t) fmtconv_get_int (t, "bytes", 0)));
    }
}

static void
print_all (const struct settings *s, fmtconv_attr *r)
{
  fmtconv_attr *storages = fmtconv_get (r, "storages"), *convert = fmtconv_get (r, "convert");
  char count[TEXT_ROOM], bytes[TEXT_ROOM], elements[TEXT_ROOM];
  printf ("%-12s%s\n", "path", fmtconv_get_string (r, "path", ""));
  printf ("%-12s%s\n", "format", fmtconv_get_string (r, "format", ""));
  printf ("%-12s%s\n", "model", fmtconv_get_string (r, "title", ""));
  printf ("%-12s%s\n", "kind", fmtconv_get_string (r, "kind", "not recognised by any installed transform"));
  printf ("%-12s%s tensors, %s numbers, %s\n", "size",
          text_number (count, (uint64_t) fmtconv_get_int (r, "tensors", 0)),
          text_number (elements, (uint64_t) fmtconv_get_int (r, "parameters", 0)),
          text_bytes (bytes, (uint64_t) fmtconv_get_int (r, "bytes", 0)));
  print_table (fmtconv_get (r, "parts"), "parts", "part");
  print_table (fmtconv_get (r, "dtypes"), "data types", "dtype");
  if (fmtconv_get_int (storages, "shared", 0) || fmtconv_get_int (storages, "tied", 0))
    printf ("%-12s%lld of %lld hold several tensors; %lld tensors are tied\n", "storages",
            (long long) fmtconv_get_int (storages, "shared", 0),
            (long long) fmtconv_get_int (storages, "sources", 0),
            (long long) fmtconv_get_int (storages, "tied", 0));
  print_skipped (fmtconv_get (r, "skipped"));
  const char *label = "convert";
  for (fmtconv_attr *a = convert ? convert->first : NULL; a; a = a->next, label = "")
    printf ("%-12s%s\n", label, a->v.s);
  if (s->tensors)
    print_tensors (s, fmtconv_get (r, "list"));
}

int
run_inspect (const struct settings *s)
{
  struct speaker *sp = speaker_of (s);
  if (s->n_arguments != 1)
    return say_usage ("inspect takes one PATH, %d given", s->n_arguments), CLI_USAGE;
  fmtconv_ctx *ctx = context_new (s, sp);
  fmtconv_attr *report = ctx ? fmtconv_inspect (ctx, s->arguments[0], s->reader) : NULL;
  if (report && s->json)
    say_event (sp, "inspect", report);
  else if (report)
    print_all (s, report);
  return context_end (ctx, report != NULL);
}

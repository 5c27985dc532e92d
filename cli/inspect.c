/* cli/inspect.c: the command that shows the contents of a checkpoint.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <string.h>

enum
{
  LABEL = 12, /* columns of the label of a line */
  WIDTH = 100 /* maximum columns of a list before it is wrapped */
};

static void
print_table (fmtconv_attr *list, const char *title, const char *what)
{
  char count[TEXT_SIZE], bytes[TEXT_SIZE], sanitized[SANITIZED_SIZE];
  const char *label = title;
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next, label = "")
    {
      uint64_t n = (uint64_t) fmtconv_attr_get_int (a, "tensors", 0);
      printf ("%-*s%10s %-7s %12s  %s\n", LABEL, label, text_number (count, n), n == 1 ? "tensor" : "tensors",
              text_bytes (bytes, (uint64_t) fmtconv_attr_get_int (a, "bytes", 0)),
              text_sanitized (sanitized, fmtconv_attr_get_string (a, what, "?")));
    }
}

/* Prints "label       a, b, c", wrapped; of each text only the part before its colon. */
static void
print_names (const char *label, fmtconv_attr *list)
{
  char sanitized[SANITIZED_SIZE];
  size_t column = 0;
  for (fmtconv_attr *a = list->first; a; a = a->next)
    {
      const char *what = text_sanitized (sanitized, fmtconv_attr_get_string (a, "what", ""));
      size_t n = strcspn (what, ":");
      if (fmtconv_attr_get_int (a, "bytes", 0))
        continue;
      if (column && column + n + 2 > WIDTH)
        column = 0, printf (",\n"), label = "";
      if (column)
        column += n + 2, printf (", %.*s", (int) n, what);
      else
        column = LABEL + n, printf ("%-*s%.*s", LABEL, label, (int) n, what);
    }
  if (column)
    putchar ('\n');
}

/* Prints a line for each item with a size, and only the names of the other items. */
static void
print_skipped (fmtconv_attr *list)
{
  char bytes[TEXT_SIZE], sanitized[SANITIZED_SIZE], why[SANITIZED_SIZE];
  const char *label = "skipped";
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    {
      uint64_t n = (uint64_t) fmtconv_attr_get_int (a, "bytes", 0);
      if (!n)
        continue;
      printf ("%-*s%s, %s: %s\n", LABEL, label,
              text_sanitized (sanitized, fmtconv_attr_get_string (a, "what", "")), text_bytes (bytes, n),
              text_sanitized (why, fmtconv_attr_get_string (a, "why", "")));
      label = "";
    }
  if (list)
    print_names (label, list);
}

static void
print_scaled (fmtconv_attr *r)
{
  char count[TEXT_SIZE];
  const int64_t n = fmtconv_attr_get_int (r, "scaled", 0);
  if (n)
    printf ("%-12s%s with quantized values and scales (-t dequantize expands them)\n", "scaled",
            text_count (count, (uint64_t) n, "tensor"));
}

static void
print_all (const struct settings *s, fmtconv_attr *r)
{
  fmtconv_attr *storages = fmtconv_attr_get (r, "storages"), *convert = fmtconv_attr_get (r, "convert");
  char count[TEXT_SIZE], bytes[TEXT_SIZE], elements[TEXT_SIZE], sanitized[SANITIZED_SIZE], stats[STATS_SIZE];
  printf ("%-12s%s\n", "path", text_sanitized (sanitized, fmtconv_attr_get_string (r, "path", "")));
  printf ("%-12s%s\n", "format", fmtconv_attr_get_string (r, "format", ""));
  printf ("%-12s%s\n", "model", text_sanitized (sanitized, fmtconv_attr_get_string (r, "title", "")));
  printf ("%-12s%s\n", "kind",
          fmtconv_attr_get_string (r, "kind", "not recognized by any installed transform"));
  printf ("%-12s%s, %s, %s\n", "size",
          text_count (count, (uint64_t) fmtconv_attr_get_int (r, "tensors", 0), "tensor"),
          text_count (elements, (uint64_t) fmtconv_attr_get_int (r, "parameters", 0), "number"),
          text_bytes (bytes, (uint64_t) fmtconv_attr_get_int (r, "bytes", 0)));
  print_table (fmtconv_attr_get (r, "parts"), "parts", "part");
  print_table (fmtconv_attr_get (r, "dtypes"), "data types", "dtype");
  print_scaled (r);
  if (fmtconv_attr_get_int (storages, "sources", 0) > 1 || fmtconv_attr_get_int (storages, "tied", 0))
    printf ("%-12s%s, %s shared by several tensors; tied: %s\n", "storages",
            text_number (count, (uint64_t) fmtconv_attr_get_int (storages, "sources", 0)),
            text_number (elements, (uint64_t) fmtconv_attr_get_int (storages, "shared", 0)),
            text_count (bytes, (uint64_t) fmtconv_attr_get_int (storages, "tied", 0), "tensor"));
  if (fmtconv_attr_get (r, "stats"))
    printf ("%-12s%s\n", "values", text_stats (stats, fmtconv_attr_get (r, "stats")));
  print_skipped (fmtconv_attr_get (r, "skipped"));
  if (fmtconv_attr_get (r, "needs"))
    printf ("%-12s%s\n", "needs", text_sanitized (sanitized, fmtconv_attr_get_string (r, "needs", "")));
  const char *label = "convert";
  for (fmtconv_attr *a = convert ? convert->first : NULL; a; a = a->next, label = "")
    printf ("%-12s%s\n", label, a->v.s);
  if (s->tensors)
    putchar ('\n'), table_print (stdout, fmtconv_attr_get (r, "list"), s->glob);
}

int
run_inspect (const struct settings *s)
{
  struct speaker *sp = speaker_of (s);
  if (s->n_arguments != 1)
    {
      print_usage ("inspect takes one PATH, %d given", s->n_arguments);
      return CLI_USAGE;
    }
  fmtconv_ctx *ctx = context_new (s, sp);
  fmtconv_attr *report = context_is_fine (ctx) ? fmtconv_inspect (ctx, s->arguments[0], s->reader) : NULL;
  if (report && s->json)
    put_event ("inspect", report);
  else if (report)
    print_all (s, report);
  return context_end (ctx, report != NULL);
}

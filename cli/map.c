/* cli/map.c: the command that checks rules files, tests model files, and prints the rules of transforms.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"

/* Prints "NAME [2,3] <- NAME + NAME". */
static void
print_result (fmtconv_attr *result)
{
  char sanitized[SANITIZED_SIZE], shape[256];
  fmtconv_attr *from = fmtconv_attr_get (result, "from");
  printf ("%s %s", text_sanitized (sanitized, fmtconv_attr_get_string (result, "name", "")),
          text_shape (shape, sizeof shape, fmtconv_attr_get (result, "shape")));
  for (fmtconv_attr *a = from->first; a; a = a->next)
    printf ("%s%s", a == from->first ? " <- " : " + ", text_sanitized (sanitized, a->v.s));
  putchar ('\n');
}

static void
print_lists (fmtconv_attr *report)
{
  char sanitized[SANITIZED_SIZE], why[SANITIZED_SIZE];
  fmtconv_attr *list = fmtconv_attr_get (report, "results");
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    print_result (a);
  list = fmtconv_attr_get (report, "dropped");
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    printf ("dropped: %s: %s\n", text_sanitized (sanitized, fmtconv_attr_get_string (a, "name", "")),
            text_sanitized (why, fmtconv_attr_get_string (a, "why", "")));
  list = fmtconv_attr_get (report, "changed");
  for (fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    printf ("different name in reverse: %s\n", text_sanitized (sanitized, a->v.s));
}

static void
print_check (const struct settings *s, fmtconv_attr *report)
{
  char rules[TEXT_SIZE], names[TEXT_SIZE], results[TEXT_SIZE], sanitized[SANITIZED_SIZE];
  const char *one_way = fmtconv_attr_get_string (report, "one_way", NULL);
  fmtconv_attr *list = fmtconv_attr_get (report, "results");
  if (s->verbosity >= PRINT_LISTS)
    print_lists (report);
  printf ("%s: %s, well-formed, %s%s\n",
          text_sanitized (sanitized, fmtconv_attr_get_string (report, "path", "")),
          text_count (rules, (uint64_t) fmtconv_attr_get_int (report, "rules", 0), "rule"),
          one_way ? "one-way: " : "reversible", one_way ? one_way : "");
  if (!list)
    return;
  const uint64_t n = (uint64_t) fmtconv_attr_get_int (report, "names", 0);
  printf ("%s %s %s, %s dropped; every rule is used, no names collide", text_count (names, n, "name"),
          n == 1 ? "becomes" : "become", text_number (results, list->len),
          text_number (rules, fmtconv_attr_get (report, "dropped")->len));
  fmtconv_attr *changed = fmtconv_attr_get (report, "changed");
  if (changed && changed->len)
    printf (changed->len == 1 ? "; in reverse, %s gets a different name"
                              : "; in reverse, %s get different names",
            text_number (rules, changed->len));
  else if (changed)
    printf ("; the reverse restores all names");
  printf (s->verbosity >= PRINT_LISTS ? "\n" : " (-v lists them)\n");
}

static void
print_test (const struct settings *s, fmtconv_attr *report)
{
  char names[TEXT_SIZE], results[TEXT_SIZE], noticed[TEXT_SIZE], sanitized[SANITIZED_SIZE];
  const char *one_way = fmtconv_attr_get_string (report, "one_way", NULL);
  fmtconv_attr *models = fmtconv_attr_get (report, "models");
  for (fmtconv_attr *model = models ? models->first : NULL; model; model = model->next)
    {
      fmtconv_attr *attributes = fmtconv_attr_get (model, "attributes");
      const char *title = attributes ? fmtconv_attr_get_string (attributes, "title", NULL) : NULL;
      printf ("%s: %s %s %s%s%s, %s missed if absent\n",
              text_sanitized (sanitized, title ? title : fmtconv_attr_get_string (report, "path", "")),
              text_count (names, (uint64_t) fmtconv_attr_get_int (model, "names", 0), "tensor"),
              fmtconv_attr_get_int (model, "names", 0) == 1 ? "becomes" : "become",
              text_number (results, (uint64_t) fmtconv_attr_get_int (model, "results", 0)),
              one_way ? "; one-way: " : ", and equal ones again in reverse", one_way ? one_way : "",
              text_number (noticed, (uint64_t) fmtconv_attr_get_int (model, "noticed", 0)));
      fmtconv_attr *unnoticed = fmtconv_attr_get (model, "unnoticed");
      for (fmtconv_attr *a = unnoticed && s->verbosity >= PRINT_LISTS ? unnoticed->first : NULL; a;
           a = a->next)
        printf ("not missed: %s\n", text_sanitized (sanitized, a->v.s));
    }
}

/* Runs what was asked for, and prints its result. Returns whether it succeeded. */
static bool
run_one (const struct settings *s, fmtconv_ctx *ctx)
{
  if (s->print)
    {
      const char *text = fmtconv_rules_print (ctx, s->print);
      return text && fputs (text, stdout) >= 0;
    }
  fmtconv_attr *report =
      s->test ? fmtconv_rules_test (ctx, s->test) : fmtconv_rules_check (ctx, s->rules, s->against);
  if (report && s->json)
    put_event (s->test ? "test" : "rules", report);
  else if (report && s->verbosity >= PRINT_NOTES && s->test)
    print_test (s, report);
  else if (report && s->verbosity >= PRINT_NOTES)
    print_check (s, report);
  return report;
}

int
run_map (const struct settings *s)
{
  struct speaker *sp = speaker_of (s);
  if ((s->rules != NULL) + (s->print != NULL) + (s->test != NULL) != 1 || (s->against && !s->rules)
      || s->n_arguments)
    {
      print_usage ("map takes --check RULES, --print TRANSFORM or --test MODEL");
      return CLI_USAGE;
    }
  fmtconv_ctx *ctx = context_new (s, sp);
  return context_end (ctx, context_is_fine (ctx) && run_one (s, ctx));
}

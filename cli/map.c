/* cli/map.c: the command that checks rules files, and prints the rules of transforms.
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

int
run_map (const struct settings *s)
{
  struct speaker *sp = speaker_of (s);
  if ((s->rules != NULL) == (s->print != NULL) || s->n_arguments)
    {
      print_usage ("map takes --check RULES or --print TRANSFORM");
      return CLI_USAGE;
    }
  fmtconv_ctx *ctx = context_new (s, sp);
  const char *text = context_is_fine (ctx) && s->print ? fmtconv_rules_print (ctx, s->print) : NULL;
  fmtconv_attr *report =
      context_is_fine (ctx) && s->rules ? fmtconv_rules_check (ctx, s->rules, s->against) : NULL;
  if (text)
    fputs (text, stdout);
  else if (report && s->json)
    put_event ("rules", report);
  else if (report && s->verbosity >= PRINT_NOTES)
    print_check (s, report);
  return context_end (ctx, text || report);
}

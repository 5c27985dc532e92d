/* cli/presets.c: lists and explains the specs that -p finds by name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"

static bool
is (fmtconv_attr *node, const char *key)
{
  const fmtconv_attr *value = fmtconv_attr_get (node, key);
  return value && value->v.i;
}

static void
print_line (fmtconv_attr *preset)
{
  char name[SANITIZED_SIZE], text[SANITIZED_SIZE];
  const char *error = fmtconv_attr_get_string (preset, "error", NULL);
  printf ("%-22s %-16s %s\n", text_sanitized (name, fmtconv_attr_get_string (preset, "name", "?")),
          error ? "REFUSED" : "spec",
          text_sanitized (text, error ? error : fmtconv_attr_get_string (preset, "summary", "")));
}

/* Prints the command, and the values for its variables. */
static void
print_use (fmtconv_attr *preset, const char *name)
{
  char text[SANITIZED_SIZE];
  fmtconv_attr *list = fmtconv_attr_get (preset, "variables");
  printf ("  use     fmtconv -p %s", name);
  for (fmtconv_attr *v = list ? list->first : NULL; v; v = v->next)
    {
      bool needed = is (v, "required");
      printf (" %s-D %s=VALUE%s", needed ? "" : "[", fmtconv_attr_get_string (v, "name", "?"),
              needed ? "" : "]");
    }
  printf ("%s%s\n", is (preset, "input") ? " INPUT" : "", is (preset, "output") ? " OUTPUT" : "");
  if (list && list->first)
    puts ("\nVariables:");
  for (fmtconv_attr *v = list ? list->first : NULL; v; v = v->next)
    {
      const char *otherwise = fmtconv_attr_get_string (v, "default", NULL);
      printf ("  %-16s %s", fmtconv_attr_get_string (v, "name", "?"),
              text_sanitized (text, fmtconv_attr_get_string (v, "help", "")));
      if (otherwise)
        printf (" (default: %s)", text_sanitized (text, otherwise));
      putchar ('\n');
    }
}

static void
print_preset (fmtconv_attr *preset)
{
  char name[SANITIZED_SIZE], text[SANITIZED_SIZE];
  const char *error = fmtconv_attr_get_string (preset, "error", NULL);
  text_sanitized (name, fmtconv_attr_get_string (preset, "name", "?"));
  printf ("%s: %s\n", name, text_sanitized (text, fmtconv_attr_get_string (preset, "summary", "")));
  printf ("  file    %s\n",
          text_sanitized (text, fmtconv_attr_get_string (preset, "path", "built into fmtconv")));
  if (error)
    printf ("  refused %s\n", text_sanitized (text, error));
  else
    print_use (preset, name);
}

void
presets_print (const struct settings *s, fmtconv_attr *presets, bool below)
{
  bool all = !s->n_arguments;
  if (presets->first && below && !s->json)
    puts (all ? "\nSpecs, for -p:" : "");
  for (fmtconv_attr *preset = presets->first; preset; preset = preset->next)
    if (s->json)
      put_event ("preset", preset);
    else if (all)
      print_line (preset);
    else
      print_preset (preset);
}

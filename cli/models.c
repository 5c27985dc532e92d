/* cli/models.c: the command that lists the models: model files, and plugins that say whose names they convert.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"

static void
print_line (fmtconv_attr *model)
{
  char text[SANITIZED_SIZE], names[TEXT_SIZE] = "REFUSED";
  const char *error = fmtconv_attr_get_string (model, "error", NULL);
  fmtconv_attr *sides = fmtconv_attr_get (model, "sides");
  if (sides)
    snprintf (names, sizeof names, "%s, %s", sides->first->v.s, sides->last->v.s);
  printf ("%-22s %-22s %s\n", fmtconv_attr_get_string (model, "name", "?"), names,
          text_sanitized (text, error ? error : fmtconv_attr_get_string (model, "summary", "")));
}

int
run_models (const struct settings *s)
{
  struct speaker *sp = speaker_of (s);
  if (s->n_arguments)
    {
      print_usage ("models takes no NAME: 'fmtconv help %s' explains one", s->arguments[0]);
      return CLI_USAGE;
    }
  fmtconv_ctx *ctx = context_new (s, sp);
  fmtconv_attr *list = context_is_fine (ctx) ? fmtconv_plugin_list (ctx, NULL) : NULL;
  size_t n = 0;
  for (fmtconv_attr *p = list ? list->first : NULL; p; p = p->next)
    {
      if (!is_model (p) && !fmtconv_attr_get (p, "sides"))
        continue;
      n += is_model (p);
      if (s->json)
        put_event ("model", p);
      else
        print_line (p);
    }
  if (list && !n)
    fputs ("fmtconv: no model file is installed (hint: install them, or set FMTCONV_MODEL_PATH to their "
           "folder)\n",
           stderr);
  return context_end (ctx, list != NULL);
}

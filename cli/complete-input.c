/* cli/complete-input.c: completes from files on the command line: specs and their variables, components, tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "complete.h"
#include <fmtconv/checkpoint.h>
#include <string.h>

/* Offers the presets, and any file: a spec need not be installed. */
void
offer_presets (const struct words *w)
{
  fmtconv_ctx *ctx = quiet_context (w, 0);
  fmtconv_attr *all = ctx ? fmtconv_preset_list (ctx, NULL) : NULL;
  for (fmtconv_attr *p = all ? all->first : NULL; p; p = p->next)
    offer (w->skip, fmtconv_attr_get_string (p, "name", ""), "", fmtconv_attr_get_string (p, "summary", ""));
  fmtconv_ctx_free (ctx);
  if (w->open)
    offer_files (w->skip);
}

/* Offers NAME= for each variable of a preset. */
static void
offer_variables_of (const struct words *w, const char *preset)
{
  fmtconv_ctx *ctx = quiet_context (w, 0);
  fmtconv_attr *found = ctx ? fmtconv_preset_list (ctx, preset) : NULL;
  fmtconv_attr *list = found && found->first ? fmtconv_attr_get (found->first, "variables") : NULL;
  for (fmtconv_attr *v = list ? list->first : NULL; v; v = v->next)
    offer (w->skip, fmtconv_attr_get_string (v, "name", ""), "=", fmtconv_attr_get_string (v, "help", ""));
  fmtconv_ctx_free (ctx);
}

/* A file is the preset of its folder. */
static void
offer_variables_of_file (const struct words *w, const char *path)
{
  struct words beside = *w;
  char folder[4096], name[TEXT_SIZE];
  const char *slash = strrchr (path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr (base, '.');
  if (!dot || strcmp (dot, ".yaml") || (size_t) (base - path) >= sizeof folder)
    return;
  snprintf (folder, sizeof folder, "%.*s", slash ? (int) (base - path) : 1, slash ? path : ".");
  snprintf (name, sizeof name, "%.*s", (int) (dot - base), base);
  beside.preset_dirs[0] = folder;
  beside.n_preset_dirs = 1;
  offer_variables_of (&beside, name);
}

void
offer_variables (const struct words *w)
{
  const char *equals = strchr (w->word + w->skip, '=');
  if (equals)
    offer_files ((size_t) (equals - w->word) + 1);
  else if (w->spec && strchr (w->spec, '.'))
    offer_variables_of_file (w, w->spec);
  else if (w->spec)
    offer_variables_of (w, w->spec);
}

/* Returns the description of the first operand, of which only headers are read; NULL: it cannot be read. */
static fmtconv_attr *
inspect_operand (const struct words *w, fmtconv_ctx *ctx)
{
  return ctx && w->operand ? fmtconv_inspect (ctx, w->operand, w->reader) : NULL;
}

/* Returns whether a tensor's name begins with the component's. */
static bool
is_in (const char *tensor, const char *component, size_t n)
{
  return !strncmp (tensor, component, n) && tensor[n] == '/';
}

/* Returns whether a part is a component: of a folder of several, or one that a transform makes. */
static bool
is_component (fmtconv_attr *report, fmtconv_attr *part, size_t n)
{
  fmtconv_attr *list = fmtconv_attr_get (report, "list");
  if (fmtconv_attr_get (part, "command"))
    return true;
  for (fmtconv_attr *t = list ? list->first : NULL; t; t = t->next)
    if (is_in (fmtconv_attr_get_string (t, "name", ""), fmtconv_attr_get_string (part, "part", ""), n))
      return true;
  return false;
}

void
offer_components (const struct words *w)
{
  fmtconv_ctx *ctx = quiet_context (w, FMTCONV_LIST);
  fmtconv_attr *report = inspect_operand (w, ctx), *parts = fmtconv_attr_get (report, "parts");
  for (fmtconv_attr *p = parts ? parts->first : NULL; p; p = p->next)
    {
      char name[TEXT_SIZE];
      const char *part = fmtconv_attr_get_string (p, "part", "");
      const size_t n = strcspn (part, " ");
      snprintf (name, sizeof name, "%.*s", (int) n, part);
      if (n < sizeof name && is_component (report, p, n))
        offer (w->skip, name, "/", "only this component");
    }
  fmtconv_ctx_free (ctx);
}

/* Escapes what separates parameters, if there are any.  Returns false if the name is too long. */
static bool
escape (char *to, size_t size, const char *name, bool in_parameters)
{
  size_t n = 0;
  for (; *name && n + 3 < size; name++)
    {
      if (in_parameters && strchr (",=:\\", *name))
        to[n++] = '\\';
      to[n++] = *name;
    }
  to[n] = '\0';
  return !*name;
}

/* Opens the first operand, of which only headers are read, and nothing is recognized; NULL: it cannot be read. */
static fmtconv_checkpoint *
open_operand (const struct words *w, fmtconv_ctx *ctx)
{
  const fmtconv_open_options options = { .struct_size = sizeof options,
                                         .path = w->operand,
                                         .reader = w->reader };
  return ctx && w->operand ? fmtconv_checkpoint_open (ctx, &options) : NULL;
}

/* Offers a tensor, or what its name begins with up to the next dot.  Globs do not match the component. */
static void
offer_tensor (const struct words *w, size_t n, const char *end, const fmtconv_tensor_info *t)
{
  const bool is_glob = w->open->id == 't' || w->open->id == 'w'; /* of a parameter */
  const char *typed = w->word + n, *component = is_glob ? "" : t->component;
  char full[1024], name[1024];
  const int len = snprintf (full, sizeof full, "%s%s%s", component, *component ? "/" : "", t->name);
  if (len < 0 || (size_t) len >= sizeof full || !escape (name, sizeof name, full, is_glob)
      || strncmp (name, typed, strlen (typed)))
    return;
  char *dot = strchr (name + strlen (typed), '.');
  if (dot)
    *dot = '\0';
  offer (n, name, dot ? "." : end, dot ? "tensors" : t->dtype);
}

void
offer_tensors (const struct words *w, size_t n, const char *end)
{
  fmtconv_ctx *ctx = quiet_context (w, 0);
  const fmtconv_checkpoint *input = open_operand (w, ctx);
  fmtconv_tensor_info t = { .struct_size = sizeof t };
  const size_t count = input ? fmtconv_checkpoint_count (input) : 0;
  for (size_t i = 0; i < count && fmtconv_checkpoint_tensor (input, i, &t) == 0; i++)
    offer_tensor (w, n, end, &t);
  fmtconv_ctx_free (ctx);
}

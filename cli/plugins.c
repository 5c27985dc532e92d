/* cli/plugins.c: the command that lists the plugins, or describes one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <string.h>

/* Returns the roles: "reader, writer". */
static const char *
roles_of (fmtconv_attr *plugin, char *buffer, size_t size)
{
  fmtconv_attr *roles = fmtconv_attr_get (plugin, "roles");
  size_t at = 0;
  *buffer = 0;
  for (fmtconv_attr *r = roles ? roles->first : NULL; r && at < size; r = r->next)
    at += (size_t) snprintf (buffer + at, size - at, "%s%s", at ? ", " : "", r->v.s);
  return buffer;
}

static bool
is_installed (fmtconv_attr *plugin)
{
  return !(fmtconv_attr_get (plugin, "installed") && !fmtconv_attr_get (plugin, "installed")->v.i);
}

bool
is_model (fmtconv_attr *plugin)
{
  return fmtconv_attr_get (plugin, "model") != NULL;
}

/* Prints the line of a plugin that is known, but not installed. */
static void
print_absent (fmtconv_attr *plugin)
{
  char sanitized[SANITIZED_SIZE], of[SANITIZED_SIZE];
  const char *package = fmtconv_attr_get_string (plugin, "package", NULL);
  printf ("%-22s %-16s %s%s%s%s\n", fmtconv_attr_get_string (plugin, "name", "?"), "not installed",
          text_sanitized (sanitized, fmtconv_attr_get_string (plugin, "summary", "")),
          package ? " (package " : "", package ? text_sanitized (of, package) : "", package ? ")" : "");
}

/* Says of a plugin that is not installed how to install it. */
static void
print_package (fmtconv_attr *plugin)
{
  char roles[64], sanitized[SANITIZED_SIZE];
  const char *package = fmtconv_attr_get_string (plugin, "package", NULL);
  printf ("  roles   %s\n  file    not installed: install %s %s\n", roles_of (plugin, roles, sizeof roles),
          package ? "the package" : "the plugin",
          text_sanitized (sanitized, package ? package : fmtconv_attr_get_string (plugin, "name", "?")));
}

static void
print_line (fmtconv_attr *plugin)
{
  char roles[64], sanitized[SANITIZED_SIZE];
  const char *error = fmtconv_attr_get_string (plugin, "error", NULL);
  if (!is_installed (plugin))
    print_absent (plugin);
  else if (error)
    printf ("%-22s %-16s %s\n", fmtconv_attr_get_string (plugin, "name", "?"), "REFUSED",
            text_sanitized (sanitized, error));
  else
    printf ("%-22s %-16s %s\n", fmtconv_attr_get_string (plugin, "name", "?"),
            roles_of (plugin, roles, sizeof roles), fmtconv_attr_get_string (plugin, "summary", ""));
}

static void
print_parameters (fmtconv_attr *list)
{
  const char *role = "";
  int width = 0;
  for (fmtconv_attr *p = list ? list->first : NULL; p; p = p->next)
    {
      int n = (int) strlen (fmtconv_attr_get_string (p, "type", ""));
      width = n > width ? n : width;
    }
  for (fmtconv_attr *p = list ? list->first : NULL; p; p = p->next)
    {
      const char *its = fmtconv_attr_get_string (p, "role", ""),
                 *otherwise = fmtconv_attr_get_string (p, "default", NULL);
      if (strcmp (its, role))
        printf ("\nParameters of the %s:\n", its);
      role = its;
      printf ("  %-16s %-*s %s%s%s%s\n", fmtconv_attr_get_string (p, "key", ""), width,
              fmtconv_attr_get_string (p, "type", ""), fmtconv_attr_get_string (p, "help", ""),
              otherwise ? " (default: " : "", otherwise ? otherwise : "", otherwise ? ")" : "");
    }
}

/* Prints whether a transform runs in reverse. */
static void
print_direction (fmtconv_attr *plugin)
{
  const char *why = fmtconv_attr_get_string (plugin, "one_way", NULL);
  if (!fmtconv_attr_get (plugin, "reverse"))
    return;
  if (why)
    printf ("  reverse no: %s\n", why);
  else
    printf ("  reverse -t %s:reverse\n", fmtconv_attr_get_string (plugin, "name", "?"));
}

/* Prints "-t cast:TYPE" for each role with a main parameter. */
static void
print_short_forms (fmtconv_attr *plugin)
{
  const char *name = fmtconv_attr_get_string (plugin, "name", "?"), *label = "usage";
  fmtconv_attr *list = fmtconv_attr_get (plugin, "parameters");
  for (fmtconv_attr *p = list ? list->first : NULL; p; p = p->next)
    {
      const char *main = fmtconv_attr_get_string (p, "main", NULL),
                 *role = fmtconv_attr_get_string (p, "role", "?");
      if (!main)
        continue;
      const char *value = fmtconv_attr_get_string (p, "value", "VALUE");
      printf ("  %-7s -%c %s:%s, short for %s=%s\n", label, *role, name, value, main, value);
      label = "";
    }
}

/* Prints the values that can be changed, "a=x; b=", one a line as it is typed. */
static void
print_let (const char *let)
{
  const char *label = "values";
  for (const char *next = let; next; let = next + 2, label = "")
    {
      next = strstr (let, "; ");
      size_t n = next ? (size_t) (next - let) : strlen (let);
      bool is_absent = n && let[n - 1] == '=';
      printf ("  %-7s let.%.*s%s\n", label, (int) n, let, is_absent ? "VALUE, which has no default" : "");
    }
}

/* Prints the names of a model file: its sides, and the values that can be changed. */
static void
print_model (fmtconv_attr *plugin)
{
  char sanitized[SANITIZED_SIZE];
  fmtconv_attr *sides = fmtconv_attr_get (plugin, "sides");
  const char *let = fmtconv_attr_get_string (plugin, "let", NULL);
  if (sides)
    printf ("  names   of %s, to those of %s\n", sides->first->v.s, sides->last->v.s);
  if (let)
    print_let (text_sanitized (sanitized, let));
}

/* Prints the block types of a codec. */
static void
print_types (fmtconv_attr *plugin)
{
  fmtconv_attr *list = fmtconv_attr_get (plugin, "types");
  const char *label = "types";
  for (fmtconv_attr *type = list ? list->first : NULL; type; type = type->next, label = "")
    {
      const int64_t gguf = fmtconv_attr_get_int (type, "gguf", 0);
      printf ("  %-7s %s: %lld elements in %lld bytes", label, fmtconv_attr_get_string (type, "name", "?"),
              (long long) fmtconv_attr_get_int (type, "block", 0),
              (long long) fmtconv_attr_get_int (type, "block_bytes", 0));
      if (gguf)
        printf (", number %lld in GGUF files", (long long) gguf);
      puts (fmtconv_attr_get (type, "encode")->v.i ? "" : ", only read");
    }
}

static void
print_plugin (fmtconv_attr *plugin)
{
  char roles[64], sanitized[SANITIZED_SIZE];
  const char *error = fmtconv_attr_get_string (plugin, "error", NULL);
  fmtconv_attr *limits = fmtconv_attr_get (plugin, "limits");
  printf ("%s: %s\n", fmtconv_attr_get_string (plugin, "name", "?"),
          text_sanitized (sanitized, fmtconv_attr_get_string (plugin, "summary", "")));
  if (!is_installed (plugin))
    {
      print_package (plugin);
      return;
    }
  printf ("  roles   %s\n  file    %s\n", roles_of (plugin, roles, sizeof roles),
          text_sanitized (sanitized, fmtconv_attr_get_string (plugin, "path", "built into fmtconv")));
  print_model (plugin);
  print_types (plugin);
  print_short_forms (plugin);
  if (error)
    printf ("  refused %s\n", text_sanitized (sanitized, error));
  if (limits && limits->len)
    printf ("  limits  %s\n", fmtconv_attr_json_text (limits, 0));
  print_direction (plugin);
  print_parameters (fmtconv_attr_get (plugin, "parameters"));
}

/* Returns the plugins of that name, or all if the name is NULL.  A name that only a preset has is not an error. */
static fmtconv_attr *
plugins_of (fmtconv_ctx *ctx, const char *name, bool is_preset)
{
  fmtconv_attr *all = fmtconv_plugin_list (ctx, is_preset ? NULL : name);
  for (fmtconv_attr *p = is_preset && all ? all->first : NULL; p; p = p->next)
    if (!strcmp (fmtconv_attr_get_string (p, "name", ""), name))
      return fmtconv_plugin_list (ctx, name);
  return is_preset && all ? fmtconv_attr_literal (ctx, "[]") : all;
}

static void
print_plugins (const struct settings *s, fmtconv_attr *list, const char *name)
{
  for (fmtconv_attr *p = list->first; p; p = p->next)
    if (!name && is_model (p))
      continue;
    else if (s->json)
      put_event ("plugin", p);
    else if (name)
      print_plugin (p);
    else
      print_line (p);
}

/* Says how many plugins are part of the program or its library, as those of a program with plugins inside are. */
static void
print_built_in (const struct settings *s, fmtconv_attr *list)
{
  size_t n = 0, installed = 0, models = 0;
  for (fmtconv_attr *p = list->first; p; p = p->next)
    if (is_installed (p) && !is_model (p))
      {
        installed++;
        n += !fmtconv_attr_get_string (p, "path", NULL);
      }
  if (n == 1 && installed == 1)
    fputs ("fmtconv: no plugin is installed (hint: install the plugins, or set FMTCONV_PLUGIN_PATH to their "
           "folder)\n",
           stderr);
  else if (n > 1 && !s->json)
    printf ("\n%zu of these are built in.\n", n);
  for (fmtconv_attr *p = list->first; p; p = p->next)
    models += is_model (p);
  if (models && !s->json)
    puts ("\nModels are transforms, too: 'fmtconv models' lists them.");
}

int
run_plugins (const struct settings *s)
{
  struct speaker *sp = speaker_of (s);
  if (s->n_arguments > 1)
    {
      print_usage ("plugins takes at most one NAME");
      return CLI_USAGE;
    }
  const char *name = s->n_arguments ? s->arguments[0] : NULL;
  fmtconv_ctx *ctx = context_new (s, sp);
  fmtconv_attr *presets = context_is_fine (ctx) ? fmtconv_preset_list (ctx, name) : NULL;
  fmtconv_attr *list = presets ? plugins_of (ctx, name, name && presets->first) : NULL;
  if (list)
    {
      print_plugins (s, list, name);
      if (!name)
        print_built_in (s, list);
      presets_print (s, presets, list->first != NULL);
    }
  return context_end (ctx, list != NULL);
}

/* cli/options-values.c: parses the arguments of options.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include "options.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
options_threads (const char *text, unsigned *threads)
{
  char *end;
  unsigned long n = strtoul (text, &end, 10);
  if (*text < '0' || *text > '9' || *end || n == 0 || n > 1024)
    {
      print_usage ("--threads takes a number from 1 to 1024, not '%s'", text);
      return false;
    }
  *threads = (unsigned) n;
  return true;
}

bool
options_share (const char *text, struct settings *s)
{
  unsigned share, shares;
  int end = 0;
  if (strspn (text, "0123456789/") == strlen (text) && sscanf (text, "%6u/%6u%n", &share, &shares, &end) == 2
      && !text[end] && share >= 1 && share <= shares && shares <= MAX_SHARES)
    {
      s->share = share;
      s->shares = shares;
      return true;
    }
  print_usage ("--share takes I/N with I from 1 to N, and N up to %d, such as 3/8, not '%s'", MAX_SHARES,
               text);
  return false;
}

bool
options_memory (const char *option, const char *text, uint64_t *bytes)
{
  if (text_parse_size (text, bytes) && *bytes >= 1 << 20)
    return true;
  print_usage ("--%s takes a size of at least 1M, such as 64M or 1G, not '%s'", option, text);
  return false;
}

bool
options_color (const char *text, int *color)
{
  *color = !strcmp (text, "always") ? 1 : !strcmp (text, "never") ? 0 : -1;
  if (*color >= 0 || !strcmp (text, "auto"))
    return true;
  print_usage ("--color takes always, never or auto, not '%s'", text);
  return false;
}

bool
options_add (const char **list, size_t *n, int max, const char *option, const char *argument)
{
  if (*n == (size_t) max)
    {
      print_usage ("%s can be given %d times", option, max);
      return false;
    }
  list[(*n)++] = argument;
  return true;
}

bool
options_add_variable (struct settings *s, char *text)
{
  char *equals = strchr (text, '=');
  if (!equals || equals == text)
    {
      print_usage ("-D takes NAME=VALUE, not '%s'", text);
      return false;
    }
  if (s->n_variables == MAX_VARIABLES)
    {
      print_usage ("more than %d variables", MAX_VARIABLES);
      return false;
    }
  *equals = '\0';
  s->variables[s->n_variables++] = (fmtconv_spec_variable){ sizeof *s->variables, text, equals + 1 };
  return true;
}

bool
options_add_change (struct settings *s, int id, char *text)
{
  char *equals = id == OPT_UNSET ? NULL : strchr (text, '=');
  if (equals == text || !*text || (id != OPT_UNSET && !equals))
    {
      print_usage ("%s, not '%s'",
                   id == OPT_SET     ? "--set takes KEY=VALUE or KEY:TYPE=VALUE"
                   : id == OPT_UNSET ? "--unset takes a KEY"
                                     : "--rename takes OLD=NEW",
                   text);
      return false;
    }
  if (s->n_changes == MAX_CHANGES)
    {
      print_usage ("more than %d changes", MAX_CHANGES);
      return false;
    }
  if (equals)
    *equals = '\0';
  s->changes[s->n_changes++] = (fmtconv_change){ .struct_size = sizeof *s->changes,
                                                 .name = text,
                                                 .value = equals ? equals + 1 : NULL,
                                                 .kind = id == OPT_SET     ? FMTCONV_CHANGE_SET
                                                         : id == OPT_UNSET ? FMTCONV_CHANGE_UNSET
                                                                           : FMTCONV_CHANGE_RENAME };
  return true;
}

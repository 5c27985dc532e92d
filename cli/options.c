/* cli/options.c: finds the command and its options in the arguments of the program, with getopt.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include "options.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* Checks that options that a spec replaces are not given with it. */
static bool
check_spec (const struct settings *s)
{
  const char *other = s->reader         ? "-r"
                      : s->n_transforms ? "-t"
                      : s->writer       ? "-w"
                      : s->n_tees       ? "--tee"
                                        : NULL;
  if (s->spec && other)
    {
      print_usage ("-p and %s cannot be combined: edit a copy of the spec, which --print-spec prints", other);
      return false;
    }
  if (!s->spec && s->n_variables)
    {
      print_usage ("-D sets a variable of a spec: it needs -p");
      return false;
    }
  return true;
}

/* Prints a usage error for an option that getopt refused. optopt is an unknown letter, an option without
 * its argument, or 0. */
static void
refuse (const struct command *command, const char *typed)
{
  size_t n = strcspn (typed, "="), found = 0;
  bool is_long = !strncmp (typed, "--", 2);
  for (size_t i = 0; i < options_n_rows && is_long; i++)
    found += (options_rows[i].commands & command->bit) && !strncmp (options_rows[i].name, typed + 2, n - 2);
  const char *where = command == commands ? "there is" : command->name,
             *has = command == commands ? "" : " has";
  if (optopt && !is_long)
    print_usage ("%s%s no option '-%c'", where, has, optopt);
  else if (optopt)
    print_usage ("option '%.*s' takes no argument", (int) n, typed);
  else if (found)
    print_usage ("option '%.*s' is ambiguous", (int) n, typed);
  else
    print_usage ("%s%s no option '%.*s'", where, has, (int) n, typed);
}

/* The options of a command in the form that getopt takes. */
struct getopt_tables
{
  struct option longs[MAX_OPTIONS + 1];
  char shorts[2 * MAX_OPTIONS + 3];
};

/* first: the first character of getopt's string, "+" or "". */
static struct getopt_tables
make_tables (unsigned bits, const char *first)
{
  struct getopt_tables t = { 0 };
  size_t n = 0, n_short = (size_t) snprintf (t.shorts, sizeof t.shorts, "%s:", first);
  for (size_t i = 0; i < options_n_rows; i++)
    if (options_rows[i].commands & bits)
      {
        int has = !options_rows[i].argument          ? no_argument
                  : *options_rows[i].argument == '[' ? optional_argument
                                                     : required_argument;
        t.longs[n++] = (struct option){ options_rows[i].name, has, NULL, options_rows[i].id };
        if (options_rows[i].id < OPT_MEMORY)
          {
            t.shorts[n_short++] = (char) options_rows[i].id;
            if (has == required_argument)
              t.shorts[n_short++] = ':';
          }
      }
  return t;
}

const struct command *
options_find_command (int *argc, char **argv)
{
  const struct getopt_tables t = make_tables (ON_ALL, "+");
  while (getopt_long (*argc, argv, t.shorts, t.longs, NULL) != -1)
    ;
  int at = optind;
  optind = 0; /* restarts getopt */
  if (at >= *argc || !strcmp (argv[at - 1], "--"))
    return NULL;
  const struct command *command = command_find (argv[at]);
  if (command)
    {
      memmove (&argv[at], &argv[at + 1], (size_t) (*argc - at) * sizeof *argv); /* includes the NULL */
      --*argc;
    }
  return command;
}

bool
options_parse (const struct command *command, int argc, char **argv, struct settings *s)
{
  const struct getopt_tables t = make_tables (command->bit, "");
  const char *last = argv[argc - 1]; /* the only option that can lack its argument; musl moves it then */
  int id;
  while ((id = getopt_long (argc, argv, t.shorts, t.longs, NULL)) != -1)
    {
      if (id == ':')
        {
          print_usage ("option '%s' needs an argument", last);
          return false;
        }
      if (id == '?')
        {
          refuse (command, argv[optind - 1]);
          return false;
        }
      if (!options_take (s, id, optarg))
        return false;
    }
  s->arguments = argv + optind;
  s->n_arguments = argc - optind;
  return check_spec (s);
}

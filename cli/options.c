/* cli/options.c: the options of all commands, as one table that parses and prints them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  OPT_MEMORY = 256,
  OPT_PARSE_MEMORY,
  OPT_DTYPE,
  OPT_VERIFY,
  OPT_MANIFEST,
  OPT_PROVENANCE,
  OPT_RESUME,
  OPT_SHARE,
  OPT_PUBLISH,
  OPT_NO_MPI,
  OPT_VERIFY_MANIFEST,
  OPT_VERIFY_AGAINST,
  OPT_STRICT,
  OPT_LOSSY,
  OPT_PATHS,
  OPT_PROGRESS,
  OPT_NO_PROGRESS,
  OPT_COLOR,
  OPT_JSON,
  OPT_TENSORS,
  OPT_STATS,
  OPT_CHECK,
  OPT_AGAINST,
  OPT_PRINT,
  OPT_MAP_TEST,
  OPT_PLUGIN_DIR,
  OPT_PRESET_DIR,
  OPT_NO_SANDBOX,
  OPT_TEE,
  OPT_PRINT_SPEC,
  OPT_SAMPLE,
  OPT_BACK,
  OPT_SET,
  OPT_UNSET,
  OPT_RENAME,
  OPT_NEW_READER,
  OPT_NEW_TRANSFORM,
  OPT_NEW_WRITER,
  OPT_NEW_CODEC
};

static const struct option_row rows[] = {
  { 'r', "reader", "READER", ON_CONVERT | ON_INSPECT | ON_DIFF | ON_VERIFY,
    "read with this plugin; default: detected from INPUT" },
  { 't', "transform", "TRANSFORM", ON_CONVERT | ON_DIFF | ON_VERIFY,
    "transform with this plugin; repeat for several, in order; 'none': no transform; COMPONENT/TRANSFORM: "
    "only this component; default: detected from the tensor names" },
  { 'w', "writer", "WRITER", ON_CONVERT | ON_VERIFY,
    "write with this plugin; default: detected from the name of OUTPUT" },
  { 'p', "pipeline", "SPEC", ON_CONVERT | ON_VERIFY,
    "run this spec, a file or a name from 'fmtconv plugins'; replaces -r, -t and -w" },
  { 'D', "define", "NAME=VALUE", ON_CONVERT | ON_VERIFY, "set a variable of the spec" },
  { OPT_TEE, "tee", "OUTPUT", ON_CONVERT,
    "write this output, too, in the same pass; its name decides its type; repeat for several" },
  { OPT_PRINT_SPEC, "print-spec", NULL, ON_CONVERT,
    "print the spec of this conversion, including detected plugins; write nothing" },
  { OPT_DTYPE, "dtype", "D", ON_CONVERT | ON_VERIFY,
    "convert to this data type (f32, f16, bf16 …), except a VAE; same as a last -t cast:to=D,keep=yes" },
  { OPT_SET, "set", "KEY[:TYPE]=VALUE", ON_EDIT,
    "give a key a value, or add the key; in GGUF a new key needs a type (u32, f32, bool, str, [i32] …); "
    "repeat for "
    "several" },
  { OPT_UNSET, "unset", "KEY", ON_EDIT, "remove a key; repeat for several" },
  { OPT_RENAME, "rename", "OLD=NEW", ON_EDIT, "give the tensor or key OLD the name NEW; repeat for several" },
  { 'n', "dry-run", NULL, ON_CONVERT | ON_EDIT, "plan only: print what would be written, create nothing" },
  { 'f', "force", NULL, ON_CONVERT, "replace an existing OUTPUT" },
  { 'f', "force", NULL, ON_EDIT, "remove the manifest FILE.sha256, which would no longer be true" },
  { 'j', "threads", "N", ON_CONVERT | ON_INSPECT | ON_DIFF | ON_VERIFY | ON_EDIT,
    "use N threads; default: the cores available to this process" },
  { OPT_MEMORY, "memory", "SIZE", ON_CONVERT | ON_INSPECT | ON_DIFF | ON_VERIFY | ON_EDIT,
    "scratch memory for tensor data; default: 64M" },
  { OPT_PARSE_MEMORY, "parse-memory", "SIZE", ON_CONVERT | ON_INSPECT | ON_DIFF | ON_VERIFY | ON_EDIT,
    "memory for all else that is read and planned; default: 256M, less for a small input" },
  { OPT_VERIFY, "verify", NULL, ON_CONVERT,
    "reread the output and compare it with the input before publishing it" },
  { OPT_MANIFEST, "manifest", "[=NAME]", ON_CONVERT,
    "write the SHA-256 of all files of OUTPUT, as sha256sum -c reads them; default: SHA256SUMS in a folder, "
    "OUTPUT.sha256 next to a file" },
  { OPT_VERIFY_MANIFEST, "manifest", "[=NAME]", ON_VERIFY,
    "require a manifest, of this or the default name; one of the default name is always checked" },
  { OPT_VERIFY_AGAINST, "against", "INPUT", ON_VERIFY,
    "compare OUTPUT with what a conversion of INPUT with these options gives" },
  { OPT_PROVENANCE, "provenance", NULL, ON_CONVERT | ON_VERIFY,
    "write version, chain and the SHA-256 of the input files to the metadata of OUTPUT" },
  { OPT_RESUME, "resume", NULL, ON_CONVERT,
    "continue this conversion where it was interrupted; keep what is written if it is interrupted again" },
  { OPT_SHARE, "share", "I/N", ON_CONVERT,
    "do share I of N of this conversion, each in a separate process; --publish makes the output of them" },
  { OPT_PUBLISH, "publish", NULL, ON_CONVERT,
    "check that all shares of this conversion are written, and publish them" },
  { OPT_NO_MPI, "no-mpi", NULL, ON_CONVERT,
    "convert alone, although mpirun or srun started several processes" },
  { OPT_STRICT, "strict", NULL, ON_CONVERT | ON_INSPECT | ON_DIFF | ON_EDIT, "treat warnings as errors" },
  { OPT_LOSSY, "allow-lossy", NULL, ON_CONVERT | ON_VERIFY, "allow conversions that lose information" },
  { OPT_PATHS, "allow-paths", NULL, ON_CONVERT | ON_INSPECT | ON_DIFF | ON_VERIFY,
    "allow a spec to name paths outside of its folder" },
  { OPT_TENSORS, "tensors", "[=GLOB]", ON_INSPECT, "list all tensors, or those that match GLOB" },
  { OPT_STATS, "stats", NULL, ON_INSPECT,
    "read all data: minimum, maximum, mean, NaN, infinite, too large for f16" },
  { OPT_CHECK, "check", "RULES", ON_MAP, "the rules file to check" },
  { OPT_AGAINST, "against", "NAMES", ON_MAP,
    "check the rules against a checkpoint, or a text file of names and shapes" },
  { OPT_PRINT, "print", "TRANSFORM", ON_MAP, "print the rules of this transform as a rules file" },
  { OPT_MAP_TEST, "test", "MODEL", ON_MAP,
    "test this model file with the small models that it describes, in both directions" },
  { OPT_SAMPLE, "sample", "FILE", ON_TEST,
    "a file of the reader's format, or a model for the transform or writer; repeat for several" },
  { OPT_BACK, "reverse", "PARAMETERS", ON_TEST,
    "parameters with which the transform leads back, if 'reverse' alone does not" },
  { OPT_NEW_READER, "reader", NULL, ON_NEW, "make a reader" },
  { OPT_NEW_TRANSFORM, "transform", NULL, ON_NEW, "make a transform (the default)" },
  { OPT_NEW_WRITER, "writer", NULL, ON_NEW, "make a writer, and a reader of its format" },
  { OPT_NEW_CODEC, "codec", NULL, ON_NEW, "make a codec, which adds a block type" },
  { OPT_JSON, "json", NULL,
    ON_MAP | ON_CONVERT | ON_INSPECT | ON_DIFF | ON_VERIFY | ON_PLUGINS | ON_MODELS | ON_EDIT,
    "results and messages on stdout, one JSON object per line" },
  { 'q', "quiet", NULL, ON_ALL, "warnings and errors only; twice: errors only" },
  { 'v', "verbose", NULL, ON_ALL, "list dropped and skipped items, and print all lines of messages" },
  { OPT_PROGRESS, "progress", NULL, ON_CONVERT | ON_VERIFY | ON_EDIT,
    "show progress even if stderr is not a terminal" },
  { OPT_NO_PROGRESS, "no-progress", NULL, ON_CONVERT | ON_VERIFY | ON_EDIT, "never show progress" },
  { OPT_COLOR, "color", "WHEN", ON_ALL,
    "color messages: always, never, or auto (on a terminal; the default)" },
  { OPT_PLUGIN_DIR, "plugin-dir", "DIR", ON_ALL, "search this folder for plugins first; repeat for several" },
  { OPT_PRESET_DIR, "preset-dir", "DIR", ON_CONVERT | ON_VERIFY | ON_PLUGINS | ON_HELP,
    "search this folder for presets first; repeat for several" },
  { OPT_NO_SANDBOX, "no-sandbox", NULL, ON_SANDBOXED,
    "keep all rights; default: give up those to start programs, to use the network, and to change other "
    "files" },
  { 'h', "help", NULL, ON_ALL, "print this help" },
  { 'V', "version", NULL, ON_ALL, "print the version" },
};

enum
{
  N_ROWS = sizeof rows / sizeof *rows,
  HELP_AT = 31 /* column at which the description of an option begins */
};

static bool
parse_threads (const char *text, unsigned *threads)
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

/* Parses I/N. */
static bool
parse_share (const char *text, struct settings *s)
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

static bool
parse_memory (const char *option, const char *text, uint64_t *bytes)
{
  if (text_parse_size (text, bytes) && *bytes >= 1 << 20)
    return true;
  print_usage ("--%s takes a size of at least 1M, such as 64M or 1G, not '%s'", option, text);
  return false;
}

static bool
parse_color (const char *text, int *color)
{
  *color = !strcmp (text, "always") ? 1 : !strcmp (text, "never") ? 0 : -1;
  if (*color >= 0 || !strcmp (text, "auto"))
    return true;
  print_usage ("--color takes always, never or auto, not '%s'", text);
  return false;
}

/* Adds the argument of an option that can be given `max` times. */
static bool
add (const char **list, size_t *n, int max, const char *option, const char *argument)
{
  if (*n == (size_t) max)
    {
      print_usage ("%s can be given %d times", option, max);
      return false;
    }
  list[(*n)++] = argument;
  return true;
}

/* Parses NAME=VALUE.  Cuts the argument at '=', so that the name is a separate string. */
static bool
add_variable (struct settings *s, char *text)
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

/* Adds a change.  Cuts NAME=VALUE at '=', so that the name is a separate string. */
static bool
add_change (struct settings *s, int id, char *text)
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

/* Takes an option without an argument. */
static void
take_switch (struct settings *s, int id)
{
  switch (id)
    {
    case OPT_PRINT_SPEC:
      s->print_spec = true;
      break;
    case 'n':
      s->flags |= FMTCONV_DRY_RUN | FMTCONV_LIST;
      break;
    case 'f':
      s->flags |= FMTCONV_FORCE;
      break;
    case OPT_VERIFY:
      s->flags |= FMTCONV_VERIFY;
      break;
    case OPT_PROVENANCE:
      s->flags |= FMTCONV_PROVENANCE;
      break;
    case OPT_PUBLISH:
      s->flags |= FMTCONV_PUBLISH;
      break;
    case OPT_RESUME:
      s->flags |= FMTCONV_RESUME;
      break;
    case OPT_STRICT:
      s->flags |= FMTCONV_STRICT;
      break;
    case OPT_LOSSY:
      s->flags |= FMTCONV_ALLOW_LOSSY;
      break;
    case OPT_PATHS:
      s->flags |= FMTCONV_ALLOW_PATHS;
      break;
    case OPT_STATS:
      s->flags |= FMTCONV_STATS;
      break;
    case OPT_JSON:
      s->json = true;
      break;
    case 'q':
      s->verbosity -= s->verbosity > PRINT_ERRORS;
      break;
    case 'v':
      s->verbosity = PRINT_LISTS;
      break;
    case OPT_NO_SANDBOX:
      s->no_sandbox = true;
      break;
    case OPT_PROGRESS:
    case OPT_NO_PROGRESS:
      s->progress = id == OPT_PROGRESS;
      break;
    case OPT_NO_MPI:
      s->no_mpi = true;
      break;
    case 'h':
      s->help = true;
      break;
    default:
      s->version = true;
    }
}

/* Returns where the argument of an option goes that is kept as it was typed; NULL: another option. */
static const char **
text_of (struct settings *s, int id)
{
  switch (id)
    {
    case 'r':
      return &s->reader;
    case 'w':
      return &s->writer;
    case 'p':
      return &s->spec;
    case OPT_DTYPE:
      return &s->dtype;
    case OPT_MANIFEST:
    case OPT_VERIFY_MANIFEST:
      return &s->manifest;
    case OPT_CHECK:
      return &s->rules;
    case OPT_AGAINST:
    case OPT_VERIFY_AGAINST:
      return &s->against;
    case OPT_PRINT:
      return &s->print;
    case OPT_MAP_TEST:
      return &s->test;
    case OPT_BACK:
      return &s->back;
    default:
      return NULL;
    }
}

/* Takes one option that getopt found.  Returns false after printing a usage error. */
static bool
take (struct settings *s, int id, char *argument)
{
  const char **text = text_of (s, id);
  if (text)
    {
      *text = argument ? argument : "";
      return true;
    }
  switch (id)
    {
    case 't':
      return add (s->transforms, &s->n_transforms, MAX_TRANSFORMS, "-t", argument);
    case 'D':
      return add_variable (s, argument);
    case 'j':
      return parse_threads (argument, &s->threads);
    case OPT_MEMORY:
      return parse_memory ("memory", argument, &s->memory);
    case OPT_SHARE:
      return parse_share (argument, s);
    case OPT_PARSE_MEMORY:
      return parse_memory ("parse-memory", argument, &s->parse_memory);
    case OPT_COLOR:
      return parse_color (argument, &s->color);
    case OPT_PLUGIN_DIR:
      return add (s->plugin_dirs, &s->n_plugin_dirs, MAX_DIRS, "--plugin-dir", argument);
    case OPT_PRESET_DIR:
      return add (s->preset_dirs, &s->n_preset_dirs, MAX_DIRS, "--preset-dir", argument);
    case OPT_SAMPLE:
      return add (s->samples, &s->n_samples, MAX_SAMPLES, "--sample", argument);
    case OPT_TEE:
      return add (s->tees, &s->n_tees, MAX_TEES, "--tee", argument);
    case OPT_SET:
    case OPT_UNSET:
    case OPT_RENAME:
      return add_change (s, id, argument);
    case OPT_TENSORS:
      s->tensors = true;
      s->glob = argument;
      s->flags |= FMTCONV_LIST;
      break;
    case OPT_NEW_READER:
    case OPT_NEW_TRANSFORM:
    case OPT_NEW_WRITER:
    case OPT_NEW_CODEC:
      s->role = id == OPT_NEW_READER ? 'r' : id == OPT_NEW_WRITER ? 'w' : id == OPT_NEW_CODEC ? 'c' : 't';
      break;
    default:
      take_switch (s, id);
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
  for (size_t i = 0; i < N_ROWS && is_long; i++)
    found += (rows[i].commands & command->bit) && !strncmp (rows[i].name, typed + 2, n - 2);
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
  struct option longs[N_ROWS + 1];
  char shorts[2 * N_ROWS + 3];
};

/* first: the first character of getopt's string, "+" or "". */
static struct getopt_tables
make_tables (unsigned bits, const char *first)
{
  struct getopt_tables t = { 0 };
  size_t n = 0, n_short = (size_t) snprintf (t.shorts, sizeof t.shorts, "%s:", first);
  for (size_t i = 0; i < N_ROWS; i++)
    if (rows[i].commands & bits)
      {
        int has = !rows[i].argument          ? no_argument
                  : *rows[i].argument == '[' ? optional_argument
                                             : required_argument;
        t.longs[n++] = (struct option){ rows[i].name, has, NULL, rows[i].id };
        if (rows[i].id < OPT_MEMORY)
          {
            t.shorts[n_short++] = (char) rows[i].id;
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
      if (!take (s, id, optarg))
        return false;
    }
  s->arguments = argv + optind;
  s->n_arguments = argc - optind;
  return check_spec (s);
}

const struct option_row *
options_next (const struct command *command, const struct option_row *row)
{
  for (row = row ? row + 1 : rows; row < rows + N_ROWS; row++)
    if (row->commands & command->bit)
      return row;
  return NULL;
}

const struct option_row *
options_of_letter (const struct command *command, char letter)
{
  const struct option_row *row = NULL;
  while ((row = options_next (command, row)) && row->id != letter)
    ;
  return row;
}

const struct option_row *
options_of_name (const struct command *command, const char *name, size_t n)
{
  const struct option_row *row = NULL;
  while ((row = options_next (command, row)) && (strlen (row->name) != n || strncmp (row->name, name, n)))
    ;
  return row;
}

void
options_print (const struct command *command, FILE *to)
{
  char left[64];
  for (size_t i = 0; i < N_ROWS; i++)
    if (rows[i].commands & command->bit)
      {
        const char *argument = rows[i].argument ? rows[i].argument : "";
        const char *gap = *argument && *argument != '[' ? " " : "";
        if (rows[i].id < OPT_MEMORY)
          snprintf (left, sizeof left, "-%c, --%s%s%s", rows[i].id, rows[i].name, gap, argument);
        else
          snprintf (left, sizeof left, "    --%s%s%s", rows[i].name, gap, argument);
        fprintf (to, "  %-*s ", HELP_AT - 3, left);
        text_wrap (to, rows[i].help, HELP_AT);
      }
}

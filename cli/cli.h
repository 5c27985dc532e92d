/* cli/cli.h: declarations shared by the program's files: settings, output, commands.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_H
#define CLI_H

#include <fmtconv/fmtconv.h>
#include <stdbool.h>
#include <stdio.h>

/* Exit status. */
enum
{
  CLI_DONE = 0,
  CLI_FAILED = 1,
  CLI_USAGE = 2
};

/* Verbosity: -qq … -vv. */
enum
{
  PRINT_NOTHING,
  PRINT_ERRORS,
  PRINT_WARNINGS,
  PRINT_NOTES, /* the default: notes, the closing summary, progress on a terminal */
  PRINT_LISTS  /* every dropped group and skipped item */
};

enum
{
  MAX_TRANSFORMS = 32,
  MAX_VARIABLES = 64,
  MAX_SHARES = 100000,
  MAX_SAMPLES = 16,
  MAX_DIRS = 16,
  MAX_TEES = 16,
  MAX_CHANGES = 256
};

struct settings
{
  const char *reader;
  const char *transforms[MAX_TRANSFORMS];
  size_t n_transforms;
  const char *writer;
  const char *tees[MAX_TEES]; /* more outputs */
  size_t n_tees;
  const char *dtype;
  const char *manifest; /* convert --manifest=NAME; "": the default name; NULL: not given */
  const char *spec;     /* a pipeline spec; NULL: not given */
  fmtconv_spec_variable variables[MAX_VARIABLES];
  size_t n_variables;
  fmtconv_change changes[MAX_CHANGES]; /* edit --set, --unset, --rename, in order */
  size_t n_changes;
  const char *plugin_dirs[MAX_DIRS];
  size_t n_plugin_dirs;
  const char *preset_dirs[MAX_DIRS];
  size_t n_preset_dirs;
  const char *rules;                /* map --check; NULL: not given */
  const char *against;              /* map and verify --against; NULL: not given */
  const char *print;                /* map --print; NULL: not given */
  const char *test;                 /* map --test; NULL: not given */
  const char *samples[MAX_SAMPLES]; /* test-plugin --sample */
  size_t n_samples;
  const char *back;      /* test-plugin --reverse; NULL: not given */
  int role;              /* new-plugin: 'r', 't', 'w' or 'c'; 0: not given */
  const char *glob;      /* inspect --tensors=GLOB; NULL: all */
  unsigned flags;        /* FMTCONV_STRICT … */
  unsigned threads;      /* 0: all cores */
  unsigned share;        /* of … */
  unsigned shares;       /* … so many; 0: all of the conversion */
  fmtconv_ranks *ranks;  /* processes that convert together; NULL: this one alone */
  unsigned rank;         /* number of this one: only rank 0 prints */
  unsigned n_ranks;      /* how many they are */
  uint64_t memory;       /* 0: the library's default */
  uint64_t parse_memory; /* same */
  int verbosity;         /* PRINT_… */
  int progress;          /* -1: on a terminal */
  int color;             /* -1: on a terminal */
  bool json;
  bool tensors;    /* inspect --tensors */
  bool no_sandbox; /* keep all rights */
  bool no_mpi;     /* convert --no-mpi */
  bool print_spec; /* instead of converting */
  bool help;
  bool version;
  char **arguments; /* operands */
  int n_arguments;
};

/* An option of commands. */
struct option_row
{
  int id; /* a letter, or a number above 255 */
  const char *name;
  const char *argument; /* "N"; "[=GLOB]" if it is optional; NULL: none */
  unsigned commands;    /* ON_… */
  const char *help;
};

/* A command: name, summary, usage, and the function that runs it and returns the exit status. */
struct command
{
  const char *name;
  const char *summary;
  const char *usage;
  const char *text; /* text of its help, after the usage */
  unsigned bit;     /* in struct option_row.commands */
  const char *examples;
  bool hidden; /* not in the help of the program */
  int (*run) (const struct settings *s);
};

enum
{
  ON_CONVERT = 1,
  ON_INSPECT = 2,
  ON_PLUGINS = 4,
  ON_HELP = 8,
  ON_DIFF = 16,
  ON_MAP = 32,
  ON_COMPLETE = 64,
  ON_NEW = 128,
  ON_TEST = 256,
  ON_MODELS = 512,
  ON_VERIFY = 1024,
  ON_EDIT = 2048,
  ON_ALL = 4095,
  ON_SANDBOXED =
      ON_ALL & ~(ON_NEW | ON_TEST) /* those that read files of strangers; test-plugin starts processes */
};

/* ---- The table (commands.c) */
extern const struct command commands[]; /* ends with { 0 }; the first is "convert" */
const struct command *command_find (const char *name);

int run_convert (const struct settings *s);
int run_inspect (const struct settings *s);
int run_diff (const struct settings *s);
int run_verify (const struct settings *s);
int run_edit (const struct settings *s);
int run_map (const struct settings *s);
int run_plugins (const struct settings *s);
int run_models (const struct settings *s);
int run_new_plugin (const struct settings *s);
int run_test_plugin (const struct settings *s);
int run_help (const struct settings *s);
int run_complete (const struct settings *s);

/* Returns the job of the options, which `own` may hold, or of their spec; NULL: an error was reported (convert.c). */
const fmtconv_job *job_of (const struct settings *s, fmtconv_ctx *ctx, const char *input, const char *output,
                           fmtconv_job *own);

/* Returns whether paths and options fit each other, else prints a usage error (convert.c). */
bool check_convert (const struct settings *s);

/* Gives up the right to change files outside of these folders, unless --no-sandbox is given.  folders: an array of paths, or
 * NULL after an error (convert.c). */
void limit_writes (const struct settings *s, fmtconv_ctx *ctx, const fmtconv_attr *folders);

/* Returns whether it is a model file, in the list of plugins (plugins.c). */
bool is_model (fmtconv_attr *plugin);

/* Prints the presets (presets.c): one line each, details of the requested one, or events. below: after a
 * list of plugins. */
void presets_print (const struct settings *s, fmtconv_attr *presets, bool below);

/* Takes the command's name, the first argument that is not an option, out of argv.  Returns NULL if it is not a
 * command's name, or follows "--". */
const struct command *options_find_command (int *argc, char **argv);

/* Options of `command` from argv; false: usage error, already printed. */
bool options_parse (const struct command *command, int argc, char **argv, struct settings *s);

/* Returns the next option of a command, the first for NULL; NULL: none. */
const struct option_row *options_next (const struct command *command, const struct option_row *row);

/* Returns the option of that letter or long name, which has n bytes; NULL: the command has none. */
const struct option_row *options_of_letter (const struct command *command, char letter);
const struct option_row *options_of_name (const struct command *command, const char *name, size_t n);

/* Prints the options of `command` as a help table. */
void options_print (const struct command *command, FILE *to);

/* Prints name, version and license; with -v, libraries and folders.  Returns the exit status. */
int version_print (const struct settings *s);

void help_program (FILE *to);
void help_command (const struct command *command, FILE *to);

/* ---- Output (output.c): every line is printed here, so that --json and progress stay intact. */
struct speaker
{
  const struct settings *s;
  bool color;
  bool progress;
  bool terminal;      /* whether stderr is a terminal */
  bool drawn;         /* a progress line is on the terminal */
  double drawn_after; /* seconds from the start */
};

struct speaker *speaker_of (const struct settings *s);
void put_message (void *speaker, const fmtconv_message *message); /* fmtconv_options.message */
void put_progress (void *speaker, const fmtconv_progress *progress);

void put_event (const char *event, fmtconv_attr *node); /* one line of JSON */
void print_usage_of (const struct command *command); /* the command that print_usage refers to; NULL: none */
void print_usage (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

/* Returns a context for these settings that prints through `sp` and is canceled by INT, TERM and HUP.  It may have
 * failed already. */
fmtconv_ctx *context_new (const struct settings *s, struct speaker *sp);

/* Returns whether the context exists and has not failed. */
bool context_is_fine (const fmtconv_ctx *ctx);

/* Says that the outputs have their names: what fails from here on is missing in their report, but the run has not failed. */
void context_complete (void);

/* Frees the context and returns the exit status. Ends the process by a caught signal. */
int context_end (fmtconv_ctx *ctx, bool done);

/* Joins the processes that a launcher started with this one, if there are some and the command is for them; before rights
 * are given up.  Returns CLI_DONE, or the exit status after an error, which was printed (ranks.c). */
int ranks_join (const struct command *command, struct settings *s);

/* Tells them how this one ended, before its context does.  ctx: NULL: there is none. */
void ranks_leave (const struct settings *s, fmtconv_ctx *ctx);

/* Prepares the process, before anything is opened (startup.c). */
void startup (void);

/* ---- Text (text.c) */
enum
{
  TEXT_SIZE = 48,
  HELP_WIDTH = 79,
  SANITIZED_SIZE = 1024 /* a longer string is cut, and ends with an ellipsis */
};
/* Prints paragraphs, each of which ends with a newline or the text, in lines of HELP_WIDTH columns.  The first line
 * begins after `indent` columns, which are printed already; the others are indented. */
void text_wrap (FILE *to, const char *text, int indent);

const char *text_bytes (char buffer[TEXT_SIZE], uint64_t bytes);                    /* "1.5 GiB" */
const char *text_number (char buffer[TEXT_SIZE], uint64_t count);                   /* "1,234" */
const char *text_count (char buffer[TEXT_SIZE], uint64_t count, const char *thing); /* "1 tensor" */
const char *text_seconds (char buffer[TEXT_SIZE], double seconds);
bool text_parse_size (const char *text, uint64_t *bytes);

enum
{
  STATS_SIZE = 256
};

/* Returns an object of statistics as text, "-0.5 … 2, mean 0.1, 3 NaN"; "" for an empty object. */
const char *text_stats (char buffer[STATS_SIZE], fmtconv_attr *stats);

/* Returns an array of numbers as text: "[2,3]". */
const char *text_shape (char *buffer, size_t size, fmtconv_attr *shape);

/* Returns a string from a file in a form that can be printed (sanitize.c). */
const char *text_sanitized (char buffer[SANITIZED_SIZE], const char *s);

/* Returns JSON in which characters of strings that cannot be printed are \uXXXX (sanitize.c). */
void put_json (FILE *to, const char *text);

/* Prints the tensors whose names match, with their operations if the report has them (table.c). */
void table_print (FILE *to, fmtconv_attr *list, const char *glob);

/* Print the summary of a conversion, and the table of a dry run. */
void summary_print (const struct settings *s, fmtconv_attr *report);
void plan_print (const struct settings *s, fmtconv_attr *report);

#endif

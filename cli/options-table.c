/* cli/options-table.c: the options of all commands, as one table; finds and prints those of a command.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include "options.h"
#include <stdio.h>
#include <string.h>

const struct option_row options_rows[] = {
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
  N_ROWS = sizeof options_rows / sizeof *options_rows,
  HELP_AT = 31 /* column at which the description of an option begins */
};

_Static_assert(sizeof options_rows / sizeof *options_rows <= MAX_OPTIONS,
               "the tables for getopt have room for all options");

const size_t options_n_rows = N_ROWS;

const struct option_row *
options_next (const struct command *command, const struct option_row *row)
{
  for (row = row ? row + 1 : options_rows; row < options_rows + N_ROWS; row++)
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
    if (options_rows[i].commands & command->bit)
      {
        const char *argument = options_rows[i].argument ? options_rows[i].argument : "";
        const char *gap = *argument && *argument != '[' ? " " : "";
        if (options_rows[i].id < OPT_MEMORY)
          snprintf (left, sizeof left, "-%c, --%s%s%s", options_rows[i].id, options_rows[i].name, gap,
                    argument);
        else
          snprintf (left, sizeof left, "    --%s%s%s", options_rows[i].name, gap, argument);
        fprintf (to, "  %-*s ", HELP_AT - 3, left);
        text_wrap (to, options_rows[i].help, HELP_AT);
      }
}

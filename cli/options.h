/* cli/options.h: what the files that parse options share: the table, its numbers, and the arguments.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli.h"

/* Numbers of the options without a letter. */
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

enum
{
  MAX_OPTIONS = 128 /* capacity of the tables for getopt */
};

/* ---- The table (options-table.c) */
extern const struct option_row options_rows[];
extern const size_t options_n_rows;

/* Takes one option that getopt found.  Returns false after printing a usage error (options-take.c). */
bool options_take (struct settings *s, int id, char *argument);

/* ---- Arguments (options-values.c).  Each returns false after printing a usage error. */
bool options_threads (const char *text, unsigned *threads);
bool options_memory (const char *option, const char *text, uint64_t *bytes);
bool options_color (const char *text, int *color);

/* Parses I/N. */
bool options_share (const char *text, struct settings *s);

/* Adds the argument of an option that can be given `max` times. */
bool options_add (const char **list, size_t *n, int max, const char *option, const char *argument);

/* Parses NAME=VALUE.  Cuts the argument at '=', so that the name is a separate string. */
bool options_add_variable (struct settings *s, char *text);

/* Adds a change.  Cuts NAME=VALUE at '=', so that the name is a separate string. */
bool options_add_change (struct settings *s, int id, char *text);

#endif

/* cli/complete.h: completion of command lines: the words before the cursor, and the candidates.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include "cli.h"

/* A command line up to the cursor, as far as it can be understood. */
struct words
{
  const struct command *command; /* "convert" if none is typed */
  bool command_typed;
  bool only_operands;            /* after "--" */
  const struct option_row *open; /* the option whose argument is completed; NULL: none */
  const char *word;              /* that is completed, "" at least */
  size_t skip;                   /* bytes of the word before the argument: 6 of "--dtype=f" */
  const char *operand;           /* the first; NULL: none yet */
  int n_operands;                /* before the word */
  const char *reader;
  const char *spec;
  const char *plugin_dirs[MAX_DIRS];
  size_t n_plugin_dirs;
  const char *preset_dirs[MAX_DIRS];
  size_t n_preset_dirs;
};

/* Reads the words after the program's name; the last one is completed (complete-words.c). */
void words_read (struct words *w, char **typed, int n);

/* Starts the answer for a word; everything that is offered begins with that word. */
void offer_begin (const char *word);

/* Offers the first n bytes of the word, then the value, then `end`, which invites to type on: "", "=", ":", "/" or ".".
 * Drops what does not begin with the word, and a second one that ends with a dot.  help: NULL: none. */
void offer (size_t n, const char *value, const char *end, const char *help);

/* Lets the shell add files, or folders, after the first n bytes of the word. */
void offer_files (size_t n);
void offer_folders (size_t n);

/* Returns a context without messages, with the folders of the words; NULL: none can be had. */
fmtconv_ctx *quiet_context (const struct words *w, unsigned flags);

/* Offers plugins of a role, 'r', 't' or 'w', their parameters and values (complete-chain.c). */
void offer_chain (const struct words *w, char role);

/* Offers the names of all plugins. */
void offer_plugins (const struct words *w);

/* Offers presets, or the variables of the spec on the line (complete-input.c). */
void offer_presets (const struct words *w);
void offer_variables (const struct words *w);

/* Offers the names of tensors, up to the next dot, or of components, from the headers of the first operand. */
void offer_tensors (const struct words *w, size_t n, const char *end);
void offer_components (const struct words *w);

#endif

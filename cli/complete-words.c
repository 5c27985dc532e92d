/* cli/complete-words.c: understands the words before the cursor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "complete.h"
#include <string.h>

static bool
takes_argument (const struct option_row *row)
{
  return row && row->argument && *row->argument != '[';
}

/* Notes an argument that later candidates depend on. */
static void
note (struct words *w, const struct option_row *row, const char *argument)
{
  if (row->id == 'r')
    w->reader = argument;
  else if (row->id == 'p')
    w->spec = argument;
  else if (!strcmp (row->name, "plugin-dir") && w->n_plugin_dirs < MAX_DIRS)
    w->plugin_dirs[w->n_plugin_dirs++] = argument;
  else if (!strcmp (row->name, "preset-dir") && w->n_preset_dirs < MAX_DIRS)
    w->preset_dirs[w->n_preset_dirs++] = argument;
}

/* Returns the option of a word, and sets *argument to the rest of the word: "f16" of "--dtype=f16", "sat" of "-rsat",
 * "" of "-vrsat".  NULL: not an option of the command. */
static const struct option_row *
option_of (const struct words *w, const char *word, const char **argument)
{
  *argument = NULL;
  if (!strncmp (word, "--", 2))
    {
      const size_t n = strcspn (word + 2, "=");
      *argument = word[2 + n] ? word + n + 3 : NULL;
      return options_of_name (w->command, word + 2, n);
    }
  const struct option_row *row = NULL;
  for (const char *at = word + 1; *at && (row = options_of_letter (w->command, *at)); at++)
    if (takes_argument (row))
      {
        *argument = at[1] ? at + 1 : NULL;
        break;
      }
  return row;
}

/* Takes a word before the last one. */
static void
take (struct words *w, const char *word)
{
  const char *argument;
  if (w->open)
    {
      note (w, w->open, word);
      w->open = NULL;
    }
  else if (!w->only_operands && !strcmp (word, "--"))
    w->only_operands = true;
  else if (!w->only_operands && *word == '-' && word[1])
    {
      const struct option_row *row = option_of (w, word, &argument);
      if (argument && row)
        note (w, row, argument);
      w->open = !argument && takes_argument (row) ? row : NULL;
    }
  else if (w->n_operands++ == 0)
    w->operand = word;
}

/* Returns the first word that is not an option, which may be the name of a command; -1: none. */
static int
find_command (const struct words *all, char **typed, int n)
{
  struct words w = *all;
  for (int i = 0; i < n; i++)
    {
      take (&w, typed[i]);
      if (w.n_operands)
        return w.only_operands ? -1 : i;
    }
  return -1;
}

/* Finds the argument inside the last word. */
static void
open_last (struct words *w)
{
  const char *argument;
  if (w->open || w->only_operands || *w->word != '-')
    return;
  const struct option_row *row = option_of (w, w->word, &argument);
  if (!row || !row->argument || !argument)
    return;
  w->open = row;
  w->skip = (size_t) (argument - w->word);
}

void
words_read (struct words *w, char **typed, int n)
{
  static const struct command any = { .name = "", .bit = ON_ALL };
  *w = (struct words){ .command = &any, .word = n ? typed[n - 1] : "" };
  const int before = n ? n - 1 : 0, at = find_command (w, typed, before);
  const struct command *named = at >= 0 ? command_find (typed[at]) : NULL;
  w->command = named ? named : commands;
  w->command_typed = named != NULL;
  for (int i = 0; i < before; i++)
    if (!named || i != at)
      take (w, typed[i]);
  open_last (w);
}

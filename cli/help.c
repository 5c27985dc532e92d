/* cli/help.c: the texts of --help and 'fmtconv help'.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <string.h>

void
help_command (const struct command *command, FILE *to)
{
  fprintf (to, "Usage: %s\n\n%s\n", command->usage, command->summary);
  text_wrap (to, command->text, 0);
  fprintf (to, "\nOptions:\n");
  options_print (command, to);
  fprintf (to, "\nExamples:\n%s\nManual: fmtconv-%s(1)\n", command->examples, command->name);
}

void
help_program (FILE *to)
{
  fprintf (to,
           "fmtconv converts model checkpoints from one format to another.\n\n"
           "Usage: %s\n",
           commands->usage);
  for (const struct command *c = commands + 1; c->name; c++)
    if (!c->hidden)
      fprintf (to, "       %s\n", c->usage);
  fputc ('\n', to);
  text_wrap (to, commands->text, 0);
  fprintf (to, "\nCommands ('fmtconv COMMAND --help' explains one):\n");
  for (const struct command *c = commands; c->name; c++)
    if (!c->hidden)
      fprintf (to, "  %-11s %s\n", c->name, c->summary);
  fprintf (to, "\nOptions of convert:\n");
  options_print (commands, to);
  fputs ("\nExamples:\n"
         "  fmtconv inspect ckpts_2b_lora/\n"
         "  fmtconv ckpts_2b_lora/ pytorch_lora_weights.safetensors\n"
         "  fmtconv -t cogvideox-lora:alpha=64 ckpts_2b_lora/ lora.safetensors\n"
         "  fmtconv --dtype bf16 model.pt model.safetensors\n"
         "  fmtconv -p cogvideox-lora ckpts_2b_lora/ pytorch_lora_weights.safetensors\n\n"
         "Exit status: 0 success, 1 failure (no partial output is left), 2 usage error.\n"
         "Manuals: fmtconv(1), fmtconv-COMMAND(1), fmtconv-spec(5), and fmtconv-NAME(7)\n"
         "for each plugin.\n",
         to);
  if (*FC_BUG_ADDRESS)
    fputs ("Report bugs to: " FC_BUG_ADDRESS "\n", to);
  if (*FC_HOME_PAGE)
    fputs ("Home page: " FC_HOME_PAGE "\n", to);
}

int
run_help (const struct settings *s)
{
  const struct command *command = s->n_arguments ? command_find (s->arguments[0]) : NULL;
  if (s->n_arguments > 1)
    {
      print_usage ("help takes one COMMAND, PLUGIN or SPEC");
      return CLI_USAGE;
    }
  if (s->n_arguments == 0)
    help_program (stdout);
  else if (command)
    help_command (command, stdout);
  else
    return run_plugins (s);
  return CLI_DONE;
}

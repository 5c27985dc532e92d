/* cli/help.c: what --help and 'fmtconv help' print.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include <string.h>

void
help_command (const struct command *command, FILE *to)
{
  fprintf (to, "Usage: %s\n\n%s\n%s\nOptions:\n", command->usage, command->summary, command->text);
  options_print (command, to);
  fprintf (to, "\nExamples:\n%s", command->examples);
}

void
help_program (FILE *to)
{
  fprintf (to,
           "fmtconv converts model checkpoints from one format to another.\n\n"
           "Usage: %s\n",
           commands->usage);
  for (const struct command *c = commands + 1; c->name; c++)
    fprintf (to, "       %s\n", c->usage);
  fprintf (to, "\n%s\nOptions of convert ('fmtconv COMMAND --help' lists those of another command):\n",
           commands->text);
  options_print (commands, to);
  fprintf (
      to,
      "\nExamples:\n"
      "  fmtconv inspect ckpts_2b_lora/\n"
      "  fmtconv ckpts_2b_lora/ pytorch_lora_weights.safetensors\n"
      "  fmtconv -r sat -t cogvideox-lora:alpha=64 -w safetensors ckpts_2b_lora/ "
      "pytorch_lora_weights.safetensors\n"
      "  fmtconv --dtype bf16 model.pt model.safetensors\n"
      "  fmtconv -p cogvideox-lora ckpts_2b_lora/ pytorch_lora_weights.safetensors\n"
      "\nExit status: 0 done, 1 failed (nothing half-written is left), 2 the command line makes no sense.\n"
      "Manual: man fmtconv; of specs: man fmtconv-spec; of a plugin: man fmtconv-NAME.\n");
}

int
run_help (const struct settings *s)
{
  const struct command *command = s->n_arguments ? command_find (s->arguments[0]) : NULL;
  if (s->n_arguments > 1)
    return print_usage ("help takes one COMMAND, PLUGIN or SPEC"), CLI_USAGE;
  if (s->n_arguments == 0)
    help_program (stdout);
  else if (command)
    help_command (command, stdout);
  else
    return run_plugins (s);
  return CLI_DONE;
}

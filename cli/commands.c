/* cli/commands.c: the table of commands.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include <string.h>

const struct command commands[] = {
  { .name = "convert",
    .summary = "Convert a checkpoint (the command that needs no name).",
    .usage = "fmtconv [convert] [-r READER] [-t TRANSFORM]... [-w WRITER] [options] INPUT OUTPUT\n"
             "       fmtconv [convert] -p SPEC [-D NAME=VALUE]... [options] [INPUT [OUTPUT]]",
    .text = "Reads INPUT, a file or a folder, and writes OUTPUT.  What is not given is detected: the reader "
            "from what\n"
            "INPUT holds, the transform from the tensors' names, the writer from OUTPUT's name; the chain "
            "that was\n"
            "chosen is printed.  A plugin's parameters follow its name: -t "
            "cogvideox-lora:alpha=64,scale=metadata.\n"
            "'fmtconv plugins' lists what is installed, 'fmtconv help PLUGIN' tells its parameters.\n"
            "A spec (-p) keeps all that in a file, and can say more: several components become one output.\n"
            "With -r spec, INPUT is a spec, and what it makes is converted.\n"
            "Nothing appears under OUTPUT's name before it is complete.\n",
    .bit = ON_CONVERT,
    .examples = "  fmtconv ckpts_2b_lora/ pytorch_lora_weights.safetensors\n"
                "  fmtconv -t cast:bf16 model.pt model.safetensors\n",
    .run = run_convert },
  { .name = "inspect",
    .summary = "Tell what a checkpoint holds, and how to convert it.",
    .usage = "fmtconv inspect [-r READER] [--tensors[=GLOB]] [--stats] [options] PATH",
    .text = "Tells the format, the model and its kind, parts, data types and sizes, and the command that "
            "converts it.\n"
            "Only headers are read, whatever the size; with --stats all data, once and in bounded memory.\n",
    .bit = ON_INSPECT,
    .examples = "  fmtconv inspect ckpts_2b_lora/\n"
                "  fmtconv inspect --tensors='*.attn1.*' --stats transformer/\n",
    .run = run_inspect },
  { .name = "diff",
    .summary = "Tell how two checkpoints differ, whatever their formats.",
    .usage = "fmtconv diff [-r READER] [-t TRANSFORM]... [options] A B",
    .text =
        "Compares names, data types, shapes and values of all tensors, in bounded memory.  READER and the "
        "TRANSFORMs are\n"
        "those of A, for names that differ: fmtconv diff -t cogvideox-transformer ckpt/ transformer/\n"
        "'<' is only in A, '>' only in B, '!' differs.  Exit status: 0 equal, 1 different, 2 trouble.\n",
    .bit = ON_DIFF,
    .examples = "  fmtconv diff model.pt model.safetensors\n"
                "  fmtconv diff -t cogvideox-transformer ckpt/ transformer/\n",
    .run = run_diff },
  { .name = "map",
    .summary = "Prove a file of rules without data, or print the rules of a transform.",
    .usage = "fmtconv map --check RULES [--against NAMES] | --print TRANSFORM",
    .text =
        "--check tells whether the file is well-formed and can be reversed; with --against also whether its "
        "rules\n"
        "take all of NAMES, are all used, and never make two tensors one.  NAMES is a checkpoint, of which "
        "headers are\n"
        "read, or a file NAMES.txt of lines 'NAME [SHAPE]'.  'fmtconv -t map:rules=RULES' applies them.\n",
    .bit = ON_MAP,
    .examples = "  fmtconv map --check rules.yaml --against model.safetensors\n"
                "  fmtconv map --print cogvideox-lora\n",
    .run = run_map },
  { .name = "plugins",
    .summary = "List the readers, transforms and writers that are installed, and the specs.",
    .usage = "fmtconv plugins [options] [NAME]",
    .text = "Lists the plugins, or tells all about one: parameters with their defaults, limits, where it is; "
            "of one that\n"
            "was refused, why.  Folders are searched in this order: --plugin-dir, the absolute entries of\n"
            "FMTCONV_PLUGIN_PATH, the installed one.  Below are the specs that -p finds by their names: in "
            "the absolute\n"
            "entries of FMTCONV_PIPELINE_PATH, the installed folder, the user's own.\n",
    .bit = ON_PLUGINS,
    .examples = "  fmtconv plugins\n"
                "  fmtconv plugins quantize\n",
    .run = run_plugins },
  { .name = "help",
    .summary = "Explain a command, a plugin or a spec.",
    .usage = "fmtconv help [COMMAND | PLUGIN | SPEC]",
    .text = "",
    .bit = ON_HELP,
    .examples = "  fmtconv help convert\n"
                "  fmtconv help quantize\n",
    .run = run_help },
  { 0 },
};

const struct command *
command_find (const char *name)
{
  for (const struct command *c = commands; c->name; c++)
    if (!strcmp (c->name, name))
      return c;
  return NULL;
}

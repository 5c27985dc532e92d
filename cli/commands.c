/* cli/commands.c: the table of commands.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <string.h>

const struct command commands[] = {
  { .name = "convert",
    .summary = "Convert a checkpoint (the command that needs no name).",
    .usage = "fmtconv [convert] [-r READER] [-t TRANSFORM]... [-w WRITER] [options] INPUT OUTPUT\n"
             "       fmtconv [convert] -p SPEC [-D NAME=VALUE]... [options] [INPUT [OUTPUT]]",
    .text = "Reads INPUT, a file or a folder, and writes OUTPUT.  Plugins that are not given are detected: "
            "the reader\nfrom the contents of INPUT, the transform from the tensor names, the writer from "
            "the name of OUTPUT.  The\nchosen chain is printed.  Parameters follow the name of a plugin: -t "
            "cogvideox-lora:alpha=64,scale=metadata.\n'fmtconv plugins' lists the installed plugins, "
            "'fmtconv help PLUGIN' shows the parameters of one.\nA spec (-p) keeps all of this in a file, "
            "and can also combine several components into one output.\nWith -r spec, INPUT is a spec, and "
            "its result is converted.\nOUTPUT does not appear under its name until it is complete.\n",
    .bit = ON_CONVERT,
    .examples = "  fmtconv ckpts_2b_lora/ pytorch_lora_weights.safetensors\n"
                "  fmtconv -t cast:bf16 model.pt model.safetensors\n",
    .run = run_convert },
  { .name = "inspect",
    .summary = "Show the contents of a checkpoint, and how to convert it.",
    .usage = "fmtconv inspect [-r READER] [--tensors[=GLOB]] [--stats] [options] PATH",
    .text = "Shows the format, the model and its kind, parts, data types and sizes, and the command that "
            "converts it.\nReads only headers, whatever the size; --stats reads all data once, in bounded "
            "memory.\n",
    .bit = ON_INSPECT,
    .examples = "  fmtconv inspect ckpts_2b_lora/\n"
                "  fmtconv inspect --tensors='*.attn1.*' --stats transformer/\n",
    .run = run_inspect },
  { .name = "diff",
    .summary = "Compare two checkpoints of any formats.",
    .usage = "fmtconv diff [-r READER] [-t TRANSFORM]... [options] A B",
    .text = "Compares names, data types, shapes and values of all tensors, in bounded memory.  READER and "
            "the TRANSFORMs\napply to A, for names that differ: fmtconv diff -t cogvideox-transformer ckpt/ "
            "transformer/\n'<' is only in A, '>' only in B, '!' differs.  Exit status: 0 equal, 1 different, "
            "2 trouble.\n",
    .bit = ON_DIFF,
    .examples = "  fmtconv diff model.pt model.safetensors\n"
                "  fmtconv diff -t cogvideox-transformer ckpt/ transformer/\n",
    .run = run_diff },
  { .name = "map",
    .summary = "Check a rules file without data, or print the rules of a transform.",
    .usage = "fmtconv map --check RULES [--against NAMES] | --print TRANSFORM",
    .text = "--check shows whether the file is well-formed and can be reversed; --against also checks that "
            "the rules\nmatch all of NAMES, that each rule is used, and that no two results have one name.  "
            "NAMES is a checkpoint,\nonly the headers of which are read, or a file NAMES.txt with lines "
            "'NAME [SHAPE]'.\n'fmtconv -t map:rules=RULES' applies the rules.\n",
    .bit = ON_MAP,
    .examples = "  fmtconv map --check rules.yaml --against model.safetensors\n"
                "  fmtconv map --print cogvideox-lora\n",
    .run = run_map },
  { .name = "plugins",
    .summary = "List the installed readers, transforms, writers and specs.",
    .usage = "fmtconv plugins [options] [NAME]",
    .text = "Lists the plugins, or describes one: its parameters with defaults, limits and file, or why it "
            "was refused.\nPlugin folders are searched in this order: --plugin-dir, the absolute entries of "
            "FMTCONV_PLUGIN_PATH, the\ninstalled folder.  The specs that -p finds by name follow: from the "
            "absolute entries of\nFMTCONV_PIPELINE_PATH, the installed folder, the folder of the user.\n",
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

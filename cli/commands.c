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
    .text = "Reads INPUT, a file or a folder, and writes OUTPUT, which does not appear under its name until "
            "it is "
            "complete.\n"
            "Plugins that are not given are detected: the reader from the contents of INPUT, the transform "
            "from the "
            "tensor names, the writer from the name of OUTPUT.  The chosen chain is printed.\n"
            "Parameters follow the name of a plugin: -t cogvideox-lora:alpha=64,scale=metadata.  'fmtconv "
            "plugins' "
            "lists the installed plugins, 'fmtconv help PLUGIN' shows the parameters of one.\n"
            "A spec (-p) keeps all of this in a file, and can also combine several components into one "
            "output.  With "
            "-r spec, INPUT is a spec, and its result is converted.\n",
    .bit = ON_CONVERT,
    .examples = "  fmtconv ckpts_2b_lora/ pytorch_lora_weights.safetensors\n"
                "  fmtconv -t cast:bf16 model.pt model.safetensors\n",
    .run = run_convert },
  { .name = "inspect",
    .summary = "Show the contents of a checkpoint, and how to convert it.",
    .usage = "fmtconv inspect [-r READER] [--tensors[=GLOB]] [--stats] [options] PATH",
    .text = "Shows the format, the model and its kind, parts, data types and sizes, and the command that "
            "converts "
            "it.  Reads only headers, whatever the size; --stats reads all data once, in bounded memory.\n",
    .bit = ON_INSPECT,
    .examples = "  fmtconv inspect ckpts_2b_lora/\n"
                "  fmtconv inspect --tensors='*.attn1.*' --stats transformer/\n",
    .run = run_inspect },
  { .name = "diff",
    .summary = "Compare two checkpoints of any formats.",
    .usage = "fmtconv diff [-r READER] [-t TRANSFORM]... [options] A B",
    .text =
        "Compares names, data types, shapes and values of all tensors, in bounded memory.  READER and the "
        "TRANSFORMs apply to A, for names that differ.\n"
        "'<' is only in A, '>' only in B, '!' differs.  Exit status: 0 equal, 1 different, 2 trouble.\n",
    .bit = ON_DIFF,
    .examples = "  fmtconv diff model.pt model.safetensors\n"
                "  fmtconv diff -t cogvideox-transformer ckpt/ transformer/\n",
    .run = run_diff },
  { .name = "verify",
    .summary = "Check a file or folder, alone or against what it was converted from.",
    .usage = "fmtconv verify [-r READER] [options] OUTPUT\n"
             "       fmtconv verify --against INPUT [options of the conversion] OUTPUT\n"
             "       fmtconv verify -p SPEC [-D NAME=VALUE]... [--against INPUT] [OUTPUT]",
    .text = "Reads OUTPUT by the rules of its format: headers, indexes, padding, every member of archives "
            "with its "
            "checksum, every JSON file; and the digests of all files, if there is a manifest (convert "
            "--manifest).  "
            "Looks for what interrupted runs left.\n"
            "With --against or -p, makes the conversion again, without writing, and compares every byte.\n"
            "Each defect is a line: file, offset, tensor.  Exit status: 0 without defects, 1 with some, 2 "
            "after an error.\n",
    .bit = ON_VERIFY,
    .examples = "  fmtconv verify model.safetensors\n"
                "  fmtconv verify --against ckpt/ --dtype bf16 transformer/\n",
    .run = run_verify },
  { .name = "edit",
    .summary = "Change names and metadata of a safetensors or GGUF file.",
    .usage = "fmtconv edit [--set KEY=VALUE]... [--unset KEY]... [--rename OLD=NEW]... [options] FILE",
    .text = "Changes the entries of __metadata__ (safetensors) or the keys (GGUF) of FILE, and names of "
            "tensors.  "
            "All else stays as it is: the bytes, types and order of tensors, and all other keys.\n"
            "A key of GGUF keeps its type; a new one needs it: --set general.license:str=mit, --set "
            "'x.sizes:[u32]=[1,2]'.\n"
            "A small change is written into FILE; a larger one makes a new file that takes its place, and "
            "shares the "
            "bytes of the tensors with the old one if the file system can do that.  A run that is stopped "
            "leaves the "
            "old file or the new one.\n",
    .bit = ON_EDIT,
    .examples = "  fmtconv edit --set modelspec.title='My LoRA' --unset ss_dataset_dirs lora.safetensors\n"
                "  fmtconv edit --set tokenizer.ggml.eos_token_id=151645 model.gguf\n",
    .run = run_edit },
  { .name = "map",
    .summary = "Check a rules file without data, test a model file, or print the rules of a transform.",
    .usage = "fmtconv map [options] --check RULES [--against NAMES]\n"
             "       fmtconv map [options] --print TRANSFORM\n"
             "       fmtconv map [options] --test MODEL",
    .text = "--check shows whether the file is well-formed and can be reversed; --against also checks that "
            "the rules "
            "match all of NAMES, that each rule is used, and that no two results have one name.  NAMES is a "
            "checkpoint, only the headers of which are read, or a file NAMES.txt with lines 'NAME [SHAPE]'.\n"
            "RULES is a file of rules, a model file, or the name of a transform that has rules.\n"
            "--test makes the small models that the key 'test' of a model file describes, converts them in "
            "both directions, and compares every value; no file is read or written.\n"
            "'fmtconv -t map:rules=RULES' applies the rules.\n",
    .bit = ON_MAP,
    .examples = "  fmtconv map --check rules.yaml --against model.safetensors\n"
                "  fmtconv map --print cogvideox-lora\n",
    .run = run_map },
  { .name = "plugins",
    .summary = "List the installed readers, transforms, writers and specs.",
    .usage = "fmtconv plugins [options] [NAME]",
    .text =
        "Lists the plugins, or describes one: its parameters with defaults, limits and file, or why it was "
        "refused.\n"
        "Plugin folders are searched in this order: --plugin-dir, the absolute entries of "
        "FMTCONV_PLUGIN_PATH, "
        "the installed folder.  The specs that -p finds by name follow: from --preset-dir, the absolute "
        "entries "
        "of FMTCONV_PIPELINE_PATH, the installed folder, the folder of the user.\n",
    .bit = ON_PLUGINS,
    .examples = "  fmtconv plugins\n"
                "  fmtconv plugins quantize\n",
    .run = run_plugins },
  { .name = "models",
    .summary = "List the models whose names can be converted.",
    .usage = "fmtconv models [options]",
    .text =
        "Lists the model files, and the plugins that convert the names of models: the name for -t, what it "
        "converts, and the "
        "names of its two sides.  'fmtconv help NAME' says more of one.\n"
        "The files are searched in this order: the absolute entries of FMTCONV_MODEL_PATH, the folder of the "
        "user, "
        "the installed folder.\n",
    .bit = ON_MODELS,
    .examples = "  fmtconv models\n"
                "  fmtconv help flux\n",
    .run = run_models },
  { .name = "new-plugin",
    .summary = "Make a folder with the source of a new plugin.",
    .usage = "fmtconv new-plugin NAME [--reader | --transform | --writer | --codec]",
    .text = "Makes the folder NAME with a plugin that works: its source, a Makefile that builds it against "
            "the installed library (pkg-config fmtconv), a sample, and a test: make check runs 'fmtconv "
            "test-plugin'.  NAME consists of lower-case letters, digits and '-'.  Without a role, it is a "
            "transform.\n",
    .bit = ON_NEW,
    .examples = "  fmtconv new-plugin my-format --writer\n"
                "  cd my-format && make check\n",
    .run = run_new_plugin },
  { .name = "test-plugin",
    .summary = "Test a plugin: damaged input, lost tensors, threads, reverse.",
    .usage = "fmtconv test-plugin [--sample FILE]... PLUGIN.so [PARAMETERS]",
    .text =
        "Prints a line 'ok' or 'not ok' for each test (TAP), and a summary.  Each test runs in a separate "
        "process with bounded time and memory, so that a crash is a result.  A reader needs a sample "
        "of its format; it also reads truncated and damaged copies.  A transform takes the sample, or a "
        "small model.  A writer writes models of all kinds and the sample, which its reader reads again.  "
        "PARAMETERS, as "
        "in key=value, are given to the writer or the transform, or to the only reader.\nExit status: 0 all "
        "tests passed, 1 a test failed, 2 the "
        "command is wrong.\n",
    .bit = ON_TEST,
    .examples = "  fmtconv test-plugin ./my-format.so --sample sample.x\n"
                "  fmtconv test-plugin ./times.so by=3\n",
    .run = run_test_plugin },
  { .name = "help",
    .summary = "Explain a command, a plugin or a spec.",
    .usage = "fmtconv help [options] [COMMAND | PLUGIN | SPEC]",
    .text = "Without a name, the program is explained.\n",
    .bit = ON_HELP,
    .examples = "  fmtconv help convert\n"
                "  fmtconv help quantize\n",
    .run = run_help },
  { .name = "complete",
    .summary = "Print the words that can follow on a command line, for the completion of shells.",
    .usage = "fmtconv complete -- [WORD]...",
    .text = "The last WORD is the one to complete, and may be empty.  Each line of the output is a word that "
            "can stand "
            "in its place, a tab, and a description.  The last line says what the shell adds: ':files N' or "
            "':folders N' for file names after the first N bytes of the word, or ':none'.  Errors are not "
            "reported.\n",
    .bit = ON_COMPLETE,
    .examples = "  fmtconv complete -- convert -t quantize:to=\n",
    .hidden = true,
    .run = run_complete },
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

/* core/rules/file.h: files of rules, and model files, which say more about one model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_FILE_H
#define FCI_RULES_FILE_H

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <stdbool.h>

enum
{
  FCI_MAX_FOLDERS = 8 /* components of files that a pipeline may have */
};

/* What a pipeline says of the rules of a component. */
typedef struct fci_rules_part
{
  const char *model; /* the name of the model file that has them; NULL: the component has no tensors */
  fmtconv_pairs let; /* values of names of its `let` */
} fci_rules_part;

/* A file as read. */
typedef struct fci_rules_file
{
  const fmtconv_rules *rules;
  const char *name;    /* of the model, which is that of the file; NULL: a file of rules */
  const char *summary; /* one line for people */
  const char *kind;    /* the component that the model is: "transformer" */
  const char *writer;  /* the only writer that its names are for; NULL: all */
  bool is_for_comfy;   /* it says how ComfyUI-GGUF stores the first side */
  fci_rules_part *
      parts; /* of a pipeline, for each of rules->components, whose rules are still missing; NULL: it is none */
  fmtconv_attr *test;         /* sizes of small models, a list of objects; NULL: none */
  const char *path;           /* for messages */
  const struct fci_yaml *map; /* the nodes of the file, which have places */
} fci_rules_file;

/* Reads a file of rules or a model file. values: of names of its `let`; may be NULL. Returns 0 or the code of an error,
 * which has line and column. */
int fci_rules_file_read (fmtconv_input *in, const fmtconv_pairs *values, fci_rules_file *out);

/* Checks that the name of a model file, if it is one, is that of the file without ".yaml". Returns 0 or the code of an
 * error, which has line and column. */
int fci_rules_file_check_name (fmtconv_ctx *ctx, const fci_rules_file *file, const char *stem);

/* Returns rules with other values of names of .let. NULL: E_USAGE, a name that the rules do not have. */
const fmtconv_rules *fci_rules_with (fmtconv_ctx *ctx, const fmtconv_rules *rules,
                                     const fmtconv_pairs *values);

#endif

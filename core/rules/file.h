/* core/rules/file.h: files of rules, and model files, which say more about one model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_FILE_H
#define FCI_RULES_FILE_H

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

/* A file as read. */
typedef struct fci_rules_file
{
  const fmtconv_rules *rules;
  const char *name;    /* of the model, which is that of the file; NULL: a file of rules */
  const char *summary; /* one line for people */
  const char *kind;    /* the component that the model is: "transformer" */
  const char *writer;  /* the only writer that its names are for; NULL: all */
} fci_rules_file;

/* Reads a file of rules or a model file. values: of names of its `let`; may be NULL. Returns 0 or the code of an error,
 * which has line and column. */
int fci_rules_file_read (fmtconv_input *in, const fmtconv_pairs *values, fci_rules_file *out);

/* Returns rules with other values of names of .let. NULL: E_USAGE, a name that the rules do not have. */
const fmtconv_rules *fci_rules_with (fmtconv_ctx *ctx, const fmtconv_rules *rules,
                                     const fmtconv_pairs *values);

#endif

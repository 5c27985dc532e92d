/* core/rules/file-parts.h: reads the parts of a file of rules and of a model file.  Each function returns 0, or the code of
 * the error that it recorded at its place in the file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_FILE_PARTS_H
#define FCI_RULES_FILE_PARTS_H

#include "core/attr/yaml-check.h"
#include "core/rules/file.h"

/* A file that is being read. */
typedef struct fci_reading
{
  fci_yaml_file file;
  fmtconv_rules *table;
  fci_rules_file *about;
  const fmtconv_pairs *values; /* given by the user; may be NULL */
} fci_reading;

/* The keys of a model file besides those of the table. */
#define FCI_MODEL_KEYS                                                                         \
  "fmtconv-model", "name", "summary", "title", "kind", "sides", "partial", "library", "class", \
      "architecture", "config", "gguf", "tensors", "writer"

/* Reads a text; leaves *out unchanged if the key is absent. */
int fci_take_text (const fci_reading *r, const fci_yaml *map, const char *key, const char **out);

/* Reads `let`, with the values of the user; reads `when` and `unless`. */
int fci_take_lets (const fci_reading *r, const fci_yaml *map);
int fci_take_conditions (const fci_reading *r, const fci_yaml *map);

/* Reads what only a model file has. */
int fci_take_model (const fci_reading *r, const fci_yaml *map);

#endif

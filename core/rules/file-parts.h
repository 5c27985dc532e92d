/* core/rules/file-parts.h: reads the parts of a file of rules and of a model file.  Each function returns 0, or the code of
 * the error that it recorded at its place in the file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_FILE_PARTS_H
#define FCI_RULES_FILE_PARTS_H

#include "core/attr/yaml-check.h"
#include "core/rules/file.h"
#include "core/rules/rules.h"

/* A file that is being read. */
typedef struct fci_reading
{
  fci_yaml_file file;
  fmtconv_rules *table;
  fci_rules_file *about;
  const fmtconv_pairs *values; /* given by the user; may be NULL */
} fci_reading;

/* The keys of a model file besides those of the table. */
#define FCI_MODEL_KEYS                                                                                 \
  "fmtconv-model", "name", "summary", "title", "kind", "sides", "partial", "library", "class",         \
      "architecture", "config", "gguf", "tensors", "writer", "keep-dtype", "pipeline", "test", "note", \
      FCI_COMFY

/* Reads a text; leaves *out unchanged if the key is absent. */
int fci_take_text (const fci_reading *r, const fci_yaml *map, const char *key, const char **out);

/* Reads `let`, with the values of the user; reads `when` and `unless`. */
int fci_take_lets (const fci_reading *r, const fci_yaml *map);
int fci_take_conditions (const fci_reading *r, const fci_yaml *map);

/* Keeps where the attributes and values are, and reads `help`, which describes values. */
int fci_take_places (const fci_reading *r, const fci_yaml *map);

/* Reads what only a model file has. */
int fci_take_model (const fci_reading *r, const fci_yaml *map);

/* Returns the tree of a node; words without quotes may be numbers and truth values.  NULL: memory is exhausted. */
fmtconv_attr *fci_model_tree (const fci_reading *r, const fci_yaml *node);

/* Reads the components of a pipeline, and adds what the file says of them to the attributes. */
int fci_take_pipeline (const fci_reading *r, const fci_yaml *map, fmtconv_attr *to);

/* Adds to the n rules of a pipeline those that leave tensors to the components; nothing for other models. */
int fci_add_component_rules (const fci_reading *r, size_t n);

#endif
